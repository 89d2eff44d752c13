//! The pieces that a filter is written in.

use super::{FilterError, Op};

/// A piece of the text, and where it stands: column and width, in characters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) what: What,
    pub(super) at: usize,
    pub(super) width: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// A bare word.
    Word(String),
    /// A quoted text.
    Quoted(String),
    Op(Op),
    Open,
    Close,
    Comma,
    And,
    Or,
    Not,
}

/// Splits the text.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        let next = chars.get(at + 1).copied();
        let what = match chars[at] {
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '(' => step(&mut at, 1, What::Open),
            ')' => step(&mut at, 1, What::Close),
            ',' => step(&mut at, 1, What::Comma),
            '&' if next == Some('&') => step(&mut at, 2, What::And),
            '|' if next == Some('|') => step(&mut at, 2, What::Or),
            '!' if next == Some('=') => step(&mut at, 2, What::Op(Op::Ne)),
            '!' if next == Some('~') => step(&mut at, 2, What::Op(Op::NoMatch)),
            '!' => step(&mut at, 1, What::Not),
            '<' if next == Some('=') => step(&mut at, 2, What::Op(Op::Le)),
            '>' if next == Some('=') => step(&mut at, 2, What::Op(Op::Ge)),
            '<' => step(&mut at, 1, What::Op(Op::Lt)),
            '>' => step(&mut at, 1, What::Op(Op::Gt)),
            '=' => step(&mut at, if next == Some('=') { 2 } else { 1 }, What::Op(Op::Eq)),
            '~' => step(&mut at, 1, What::Op(Op::Match)),
            '"' => What::Quoted(quoted(&chars, &mut at)?),
            _ => {
                while at < chars.len() && !chars[at].is_whitespace() && !"()=<>~,\"!".contains(chars[at]) {
                    at += 1;
                }
                let word: String = chars[start..at].iter().collect();
                match word.as_str() {
                    "and" | "AND" => What::And,
                    "or" | "OR" => What::Or,
                    "not" | "NOT" => What::Not,
                    _ => What::Word(word),
                }
            }
        };
        found.push(Token { what, at: start + 1, width: at - start });
    }
    Ok(found)
}

fn step(at: &mut usize, by: usize, what: What) -> What {
    *at += by;
    what
}

/// A text in quotes, from the opening one on.
fn quoted(chars: &[char], at: &mut usize) -> Result<String, FilterError> {
    let start = *at;
    let mut text = String::new();
    *at += 1;
    loop {
        match (chars.get(*at), chars.get(*at + 1)) {
            (None, _) => return Err(FilterError::new(start + 1, 1, "this quote is never closed")),
            (Some('"'), _) => {
                *at += 1;
                return Ok(text);
            }
            (Some('\\'), Some(&c)) if c == '"' || c == '\\' => {
                text.push(c);
                *at += 2;
            }
            // Every other escape stays as it is: `\x1b` is how such a byte is shown.
            (Some(&c), _) => {
                text.push(c);
                *at += 1;
            }
        }
    }
}
