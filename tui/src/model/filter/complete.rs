//! What may come next while a filter is typed.

use super::fields::{Field, SEVERITIES, Type};
use super::token::{What, tokens};

/// What may stand at the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The character from which on it replaces what was typed, counted from 0.
    pub from: usize,
    /// What may stand there, and what it means; the likeliest first.
    pub candidates: Vec<(String, &'static str)>,
}

/// Words that join conditions, and what they mean.
const WORDS: [(&str, &str); 5] = [
    ("and", "both hold"),
    ("or", "one holds"),
    ("not", "it does not hold"),
    ("under", "of the process or one of its ancestors"),
    ("within", "in a container"),
];

/// What may stand at the end of `text`. `classes` and `kinds` are the words of those fields.
pub fn complete(text: &str, classes: &[&str], kinds: &[&str]) -> Completion {
    let end = text.chars().count();
    let Ok(tokens) = tokens(text) else { return Completion { from: end, candidates: Vec::new() } };
    // The word that is being typed, and what stands before it.
    let (typed, from, before) = match tokens.split_last() {
        Some((last, before)) if last.at - 1 + last.width == end && is_word(&last.what) => {
            let word = text.chars().skip(last.at - 1).collect::<String>();
            (word, last.at - 1, before)
        }
        _ => (String::new(), end, tokens.as_slice()),
    };
    let field = match before {
        [.., field, op] if matches!(op.what, What::Op(_)) => match &field.what {
            What::Word(name) => Field::of(name),
            _ => None,
        },
        _ => None,
    };
    let afterwards = before.last().is_some_and(|token| matches!(token.what, What::Op(_)));
    let all: Vec<(String, &'static str)> = match field {
        Some(field) => values(field, classes, kinds),
        None if afterwards => Vec::new(),
        None => {
            let fields = Field::ALL.iter().map(|field| (field.name().to_owned(), field.doc()));
            fields.chain(WORDS.iter().map(|(word, doc)| ((*word).to_owned(), *doc))).collect()
        }
    };
    let candidates = all.into_iter().filter(|(word, _)| word.starts_with(&typed) && *word != typed).collect();
    Completion { from, candidates }
}

/// True where the end of `text` may still become the name of a field, or a word that joins conditions: whoever is typing
/// it means nothing by it yet.
pub fn unfinished(text: &str) -> bool {
    let Ok(tokens) = tokens(text) else { return false };
    let [before @ .., last] = tokens.as_slice() else { return false };
    let What::Word(word) = &last.what else { return false };
    if before.last().is_some_and(|token| matches!(token.what, What::Op(_))) {
        return false;
    }
    // After a space a word is whole.
    let typed = last.at - 1 + last.width == text.chars().count();
    let may_be = |name: &str| if typed { name.starts_with(word.as_str()) } else { name == word };
    Field::ALL.iter().any(|field| may_be(field.name())) || typed && WORDS.iter().any(|(name, _)| may_be(name))
}

fn is_word(what: &What) -> bool {
    matches!(what, What::Word(_) | What::And | What::Or | What::Not)
}

fn values(field: Field, classes: &[&str], kinds: &[&str]) -> Vec<(String, &'static str)> {
    let words = |words: &[&str]| words.iter().map(|word| ((*word).to_owned(), "")).collect();
    match (field, field.kind()) {
        (Field::Class, _) => words(classes),
        (Field::Kind, _) => words(kinds),
        (Field::Container, _) => words(&["host"]),
        (_, Type::Word(known)) => words(known),
        (_, Type::Severity) => words(&SEVERITIES),
        (_, Type::Flag) => words(&["yes", "no"]),
        _ => Vec::new(),
    }
}
