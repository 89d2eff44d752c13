//! Exceptions in the file: `[[exception]]`, each with a reason.

use std::ops::Range;

use toml::de::DeTable;
use toml::{Table, Value};

use super::read::expected;
use crate::detect::{Class, Exception};
use crate::theme::nearest;

const KEYS: &[&str] = &["rule", "class", "image", "container", "namespace", "exe", "lineage", "where", "because"];

/// Reads the list; the error goes on after the name of the key.
pub(super) fn exceptions(value: &Value) -> Result<Vec<Exception>, String> {
    const WHAT: &str = "a list of tables, each after a line `[[exception]]`";
    let list = value.as_array().ok_or_else(|| expected(WHAT, value))?;
    let one = |(at, item): (usize, &Value)| {
        let table = item.as_table().ok_or_else(|| expected(WHAT, item))?;
        exception(table).map_err(|why| format!("number {} {why}", at + 1))
    };
    list.iter().enumerate().map(one).collect()
}

/// Where in the file the `where` stands that is wrong, if that is why its list was refused.
pub(super) fn place(text: &str, list: &Value) -> Option<Range<usize>> {
    let refused = |item: &Value| item.as_table().is_none_or(|table| exception(table).is_err());
    let at = list.as_array()?.iter().position(refused)?;
    let file = DeTable::parse(text).ok()?;
    let table = file.get_ref().get("exception")?.get_ref().as_array()?.get(at)?;
    let filter = table.get_ref().as_table()?.get("where")?;
    let wrong = Exception::default().only_where(filter.get_ref().as_str()?).is_err();
    wrong.then(|| filter.span())
}

fn exception(table: &Table) -> Result<Exception, String> {
    let mut exception = Exception::default();
    for (key, value) in table {
        let text = value.as_str().filter(|text| !text.is_empty());
        let text = text
            .ok_or_else(|| format!("has a `{key}` that {}", expected("a text, with `*` for any characters", value)))?;
        let field = match key.as_str() {
            "rule" => &mut exception.rule,
            "class" => &mut exception.class,
            "image" => &mut exception.image,
            "container" => &mut exception.container,
            "namespace" => &mut exception.namespace,
            "exe" => &mut exception.exe,
            "lineage" => &mut exception.lineage,
            "because" => {
                text.clone_into(&mut exception.because);
                continue;
            }
            "where" => {
                exception.only_where(text).map_err(|error| {
                    let there: String = text.chars().skip(error.column - 1).take(error.width).collect();
                    let there = if there.is_empty() { "its end".to_owned() } else { format!("`{there}`") };
                    format!("has a `where` that is wrong at {there}, {error}")
                })?;
                continue;
            }
            _ => return Err(unknown("key", key, KEYS)),
        };
        *field = Some(text.to_owned());
    }
    if exception.because.is_empty() {
        return Err("has no `because`: say why it is innocent, for whoever reads this later".to_owned());
    }
    if !exception.says_something() {
        return Err(format!("would mute everything: say one of {}", KEYS[..KEYS.len() - 1].join(", ")));
    }
    known(&exception)?;
    Ok(exception)
}

/// A class that does not exist would mute nothing, in silence. A rule may be one of one's own, and is asked for when
/// those are known.
fn known(exception: &Exception) -> Result<(), String> {
    let plain = |text: &Option<String>| text.clone().filter(|text| !text.contains('*'));
    let classes: Vec<&str> = Class::ALL.iter().map(|class| class.name()).collect();
    match plain(&exception.class) {
        Some(class) if !classes.contains(&class.as_str()) => Err(unknown("class", &class, &classes)),
        _ => Ok(()),
    }
}

fn unknown(what: &str, name: &str, all: &[&'static str]) -> String {
    match nearest(name, all.iter().copied()) {
        Some(near) => format!("names an unknown {what} `{name}`; did you mean `{near}`?"),
        None => format!("names an unknown {what} `{name}`; there are {}", all.join(", ")),
    }
}
