//! Documents that are written against what is read of them.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn read(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

#[test]
fn what_is_nested_is_read_as_that() {
    let mut yaml = Yaml::default();
    yaml.comment("Why it is there.");
    yaml.text("kind", "Pod");
    yaml.map("spec", |yaml| {
        yaml.word("hostPID", false);
        yaml.map("list", |yaml| {
            yaml.item(|yaml| {
                yaml.text("name", "no");
                yaml.map("values", |yaml| {
                    yaml.entry("1.10");
                    yaml.entry_because("a # b", "seen 3 times");
                });
            });
            yaml.item(|yaml| yaml.word("number", 3));
        });
        yaml.block("expression", "has(a) &&\n  b == 'c: d'");
    });
    let text = yaml.finish();
    let expected = json!({"kind": "Pod", "spec": {
        "hostPID": false,
        "list": [{"name": "no", "values": ["1.10", "a # b"]}, {"number": 3}],
        "expression": "has(a) && b == 'c: d'",
    }});
    assert_eq!(read(&text), expected, "{text}");
}

#[test]
fn a_long_comment_goes_on_in_the_next_line() {
    let mut yaml = Yaml::default();
    yaml.comment(&"word ".repeat(60));
    yaml.text("a", "b");
    let text = yaml.finish();
    assert!(text.lines().all(|line| line.len() <= WIDE + 8 && (line.starts_with('#') || line == "a: \"b\"")), "{text}");
}

proptest! {
    /// Whatever somebody called a file, the document stays what it was, and the name comes back.
    #[test]
    fn no_text_breaks_out(value in any::<String>(), key in any::<String>(), said in any::<String>()) {
        prop_assume!(!key.is_empty());
        let mut yaml = Yaml::default();
        yaml.comment(&said);
        yaml.text(&key, &value);
        yaml.map("list", |yaml| {
            yaml.comment(&said);
            yaml.entry_because(&value, &said);
            yaml.item(|yaml| yaml.text("in", &value));
        });
        prop_assume!(key != "list");
        let text = yaml.finish();
        let mut expected = json!({"list": [value, {"in": value}]});
        expected[&key] = json!(value);
        prop_assert_eq!(read(&text), expected);
    }
}
