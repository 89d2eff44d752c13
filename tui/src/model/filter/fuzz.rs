//! The filter language: what is read is what is meant, and what is wrong has a place.
#![cfg(any(test, fuzzing))]

use std::fmt::Write as _;

use super::{Anchor, Expr, Filter, Judge, Type, Value, complete, unfinished};
use crate::fuzz::{FEW, harmless};
use crate::model::{Model, Time};
use crate::store;

/// Monday noon, where local time is an hour ahead.
const ANCHOR: Anchor = Anchor { now: Time(1_764_590_400_000_000_000), offset: 3_600 };

/// Tries text as a filter: completes it, reads it, writes it and reads that again, and asks it of some processes.
pub(crate) fn filter(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let length = text.chars().count();
    let completed = complete(&text, &["reverse_shell"], &["exec"]);
    assert!(completed.from <= length);
    let _ = unfinished(&text);
    match Filter::parse(&text, ANCHOR) {
        Ok(None) => assert!(text.trim().is_empty()),
        Ok(Some(filter)) => read(&filter),
        Err(error) => {
            assert!((1..=length + 1).contains(&error.column), "column {} of {length}", error.column);
            assert!(!error.message.is_empty());
            harmless(&error.to_string());
            let _ = error.pointed(&text);
        }
    }
}

fn read(filter: &Filter) {
    let mut text = String::new();
    write(filter.expr(), &mut text);
    // One that was as long as it may be is longer when each of its parts is in parentheses.
    match Filter::parse(&text, ANCHOR) {
        Ok(again) => {
            let mut same = String::new();
            write(again.expect("what is written asks for something").expr(), &mut same);
            assert_eq!(same, text, "of {}", filter.text());
        }
        Err(error) => assert!(text.len() > 4_096 || error.message.contains("nested"), "{text}: {error}"),
    }
    let mut model = Model::default();
    let mut judge = Judge::new(filter.clone());
    for event in store::fuzz::known_events().iter().take(FEW) {
        model.apply(event);
        if let crate::model::Event::Process(event) = event {
            assert_eq!(judge.event(event, &model), filter.event(event, &model), "{}", filter.text());
        }
    }
    for process in model.processes() {
        assert_eq!(judge.process(process, &model), filter.process(process, &model), "{}", filter.text());
    }
}

/// Writes an expression as it can be read.
fn write(expr: &Expr, out: &mut String) {
    match expr {
        Expr::And(all) | Expr::Or(all) if all.len() == 1 => write(&all[0], out),
        Expr::And(all) | Expr::Or(all) => {
            let word = if matches!(expr, Expr::And(_)) { " and " } else { " or " };
            out.push('(');
            for (at, part) in all.iter().enumerate() {
                out.push_str(if at > 0 { word } else { "" });
                write(part, out);
            }
            out.push(')');
        }
        Expr::Not(inner) => within("not (", inner, out),
        Expr::Under(inner) => within("under (", inner, out),
        Expr::Within(inner) => within("within (", inner, out),
        Expr::Text(needle) => quote(&needle.text, out),
        Expr::Is(compare) => {
            let _ = write!(out, "{}{}", compare.field.name(), compare.op.sign());
            value(&compare.value, compare.field.kind(), out);
        }
    }
}

fn within(word: &str, inner: &Expr, out: &mut String) {
    out.push_str(word);
    write(inner, out);
    out.push(')');
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    out.push_str(&text.replace('\\', "\\\\").replace('"', "\\\""));
    out.push('"');
}

fn value(value: &Value, kind: Type, out: &mut String) {
    let _ = match value {
        Value::Text(text) => return quote(text, out),
        Value::Regex(regex) => return quote(regex.as_str(), out),
        Value::Flag(flag) => write!(out, "{flag}"),
        Value::Network(address, bits) => write!(out, "{address}/{bits}"),
        Value::Numbers(place, _) if kind == Type::Severity => {
            write!(out, "{}", super::SEVERITIES[usize::try_from(*place).unwrap_or(usize::MAX)])
        }
        Value::Numbers(from, to) if kind == Type::Time => write!(out, "{}..{}", moment(*from), moment(*to)),
        Value::Numbers(from, to) if from == to => write!(out, "{from}"),
        Value::Numbers(from, to) => write!(out, "{from}..{to}"),
    };
}

/// A moment to the nanosecond.
fn moment(time: u64) -> String {
    const SECOND: u64 = 1_000_000_000;
    let parts = (i64::try_from(time / SECOND), u32::try_from(time % SECOND));
    let (Ok(seconds), Ok(fraction)) = parts else { unreachable!("both are small") };
    let time = chrono::DateTime::from_timestamp(seconds, fraction).expect("a moment before the year 2555");
    time.to_rfc3339_opts(chrono::SecondsFormat::Nanos, true)
}
