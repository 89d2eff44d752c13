//! Titles with fields in them: `{name} talks to {remote}`.

use crate::model::filter::{Field, told};
use crate::model::{Model, ProcessEvent};

/// Longest value, in characters.
const LONGEST: usize = 200;

/// A title, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Title {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

impl Title {
    /// Reads a title; `{{` stands for a brace.
    ///
    /// # Errors
    /// The byte from which on something is wrong, how many bytes that is, and what.
    pub(super) fn read(text: &str) -> Result<Title, (usize, usize, String)> {
        let (mut parts, mut plain, mut at) = (Vec::new(), String::new(), 0);
        while let Some(c) = text[at..].chars().next() {
            let rest = &text[at..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                plain.push(c);
                at += 2;
            } else if c == '{' {
                let end =
                    rest.find('}').ok_or_else(|| (at, 1, "this brace is never closed; `{{` is one".to_owned()))?;
                let name = &rest[1..end];
                let field = Field::of(name).ok_or_else(|| (at + 1, name.len().max(1), unknown(name)))?;
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(Part::Field(field));
                at += end + 1;
            } else {
                plain.push(c);
                at += c.len_utf8();
            }
        }
        parts.push(Part::Text(plain));
        Ok(Title { parts })
    }

    /// Its fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = Field> {
        self.parts.iter().filter_map(|part| match part {
            Part::Field(field) => Some(*field),
            Part::Text(_) => None,
        })
    }

    /// The title of an event that `model` has taken in; what the event does not have is told as `?`.
    pub(super) fn fill(&self, event: &ProcessEvent, model: &Model) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Field(field) => {
                    let value = told(*field, event, model).unwrap_or_else(|| "?".to_owned());
                    text.extend(value.chars().take(LONGEST));
                    text.push_str(if value.chars().nth(LONGEST).is_some() { "…" } else { "" });
                }
            }
        }
        text
    }
}

fn unknown(name: &str) -> String {
    match Field::nearest(name) {
        Some(near) => format!("there is no field `{name}`; did you mean `{near}`?"),
        None => format!("there is no field `{name}`; docs/FILTER.md lists them, and `{{{{` is a brace"),
    }
}
