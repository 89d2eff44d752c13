//! Rules that nobody would write, and what `sigma-rust` says of them: it must be the same. A `?` right after a `*` is left
//! out: there `sigma-rust` 0.7 does not go on to look (`*?` holds of nothing but one character).

use proptest::prelude::*;

use super::{holds, process};

/// Where a value stands, how it is compared, and values that often fit.
fn item() -> impl Strategy<Value = String> {
    let field = prop::sample::select(vec!["Image", "CommandLine", "ParentImage"]);
    let modifiers = prop::sample::select(vec![
        "",
        "|contains",
        "|startswith",
        "|endswith",
        "|contains|all",
        "|endswith|cased",
        "|contains|cased",
        "|re",
    ]);
    let value = prop::sample::select(vec![
        "/bin/a", "/bin/A", "a", "B", "b", "/", "*a", "a*", "*", "/b?n/*", "a b", "A ", "/bin/sh", "^/bin", "[ab]$",
    ]);
    (field, modifiers, prop::collection::vec(value, 1..4)).prop_map(|(field, modifiers, values)| {
        // As regular expressions some of them are none.
        let fits = |value: &&&str| modifiers != "|re" || !value.starts_with(['*', '?']);
        let values: Vec<String> = values.iter().filter(fits).map(|value| format!("\n    - '{value}'")).collect();
        let values = if values.is_empty() { "\n    - 'a'".to_owned() } else { values.concat() };
        format!("  {field}{modifiers}:{values}\n")
    })
}

fn detection() -> impl Strategy<Value = String> {
    let condition = prop::sample::select(vec![
        "s_1",
        "s_1 and s_2",
        "s_1 or s_2 and f",
        "(s_1 or s_2) and not f",
        "not s_1",
        "1 of s_*",
        "all of s_*",
        "all of s_* and not f",
        "1 of them",
        "all of them",
        "not 1 of s_* and f",
    ]);
    (item(), item(), item(), condition)
        .prop_map(|(one, two, filter, condition)| format!("s_1:\n{one}s_2:\n{two}f:\n{filter}condition: {condition}"))
}

proptest! {
    #[test]
    fn rules_say_the_same_as_elsewhere(detection in detection(), program in "/bin/[abA]{1,2}", args in "[abAB/]{0,3}( [ab ?*]{0,3})?") {
        let command = format!("{program} {args}").trim_end().to_owned();
        let theirs = sigma_rust::rule_from_yaml(&process(&detection));
        let theirs = theirs.map_err(|error| TestCaseError::fail(format!("{detection}: {error}")))?;
        let fields = [("Image", program.as_str()), ("CommandLine", command.as_str()), ("ParentImage", "/bin/sh")];
        prop_assert_eq!(holds(&detection, &command), theirs.is_match(&sigma_rust::Event::from(fields)), "{}", command);
    }
}
