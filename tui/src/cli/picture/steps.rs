//! What is done on the screen: `--keys`, and the lines of a `--tape`.

use std::time::Duration;

use crate::action::{Code, Key};

/// Longest wait: somebody is to look at it.
const LONGEST: Duration = Duration::from_secs(600);

/// Something that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A key is pressed.
    Key(Key),
    /// A text is typed, character by character.
    Type(Vec<Key>),
    /// Time passes.
    Wait(Duration),
}

/// Reads a tape: on each line `key` and keys, `type` and a text, or `wait` and a time like 1500ms; `#` begins a comment
/// at the start of a line.
///
/// # Errors
/// The line, and what is wrong with it.
pub(super) fn read(text: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let told = this(line).map_err(|why| format!("line {}: {why}", number + 1))?;
        steps.extend(told);
    }
    Ok(steps)
}

/// Reads keys with blanks between them.
///
/// # Errors
/// Which is none.
pub(super) fn keys(text: &str) -> Result<Vec<Step>, String> {
    let key = |key: &str| key.parse().map(Step::Key).map_err(|error: crate::action::BadKey| error.to_string());
    text.split_whitespace().map(key).collect()
}

fn this(line: &str) -> Result<Vec<Step>, String> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim_start();
    match word {
        _ if rest.is_empty() => Err(format!("`{word}` of what? key KEYS, type TEXT or wait TIME is wanted")),
        "key" => keys(rest),
        "type" => Ok(vec![Step::Type(rest.chars().map(|c| Key::from(Code::Char(c))).collect())]),
        "wait" => match humantime::parse_duration(rest) {
            Ok(time) if time <= LONGEST => Ok(vec![Step::Wait(time)]),
            Ok(_) => Err("that is longer than ten minutes".to_owned()),
            Err(error) => Err(format!("`{rest}` is no time: {error}")),
        },
        _ => Err(format!("`{word}` is none of key, type, wait")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_tape_is_keys_texts_and_waits() {
        let told = read("# a comment\nkey 2 Ctrl-d\n\n  type a b\nwait 1s 500ms\n").unwrap();
        let char = |c| Key::from(Code::Char(c));
        let wanted = [
            Step::Key(char('2')),
            Step::Key(Key { ctrl: true, ..char('d') }),
            Step::Type(vec![char('a'), char(' '), char('b')]),
            Step::Wait(Duration::from_millis(1_500)),
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (tape, says) in [
            ("key 1\nkey Entr", "line 2: `Entr` is no key"),
            ("pause 1s", "line 1: `pause` is none of"),
            ("wait", "line 1: `wait` of what?"),
            ("wait soon", "line 1: `soon` is no time"),
            ("wait 11m", "line 1: that is longer"),
        ] {
            let why = read(tape).unwrap_err();
            assert!(why.starts_with(says), "{why}");
        }
    }
}
