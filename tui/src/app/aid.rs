//! What helps to type the filter language: what may come next, and what was typed before.

use std::collections::VecDeque;

use crate::detect::Class;
use crate::model::KINDS;
use crate::model::filter::{Completion, complete};

/// Lines kept.
const KEPT: usize = 100;

/// Help for the line that is typed, of the search or of the filter: both speak one language, and have one history.
#[derive(Clone, Debug, Default)]
pub struct Aid {
    /// What may stand at the end of the line.
    pub offers: Completion,
    /// Which of them stands there, while they are walked through.
    pub chosen: Option<usize>,
    /// What was typed in this run, the oldest first, each once.
    past: VecDeque<String>,
    /// How many lines back the user is; 0 where the line is new.
    back: usize,
    /// The new line, while the user is back.
    draft: String,
}

impl Aid {
    /// A line is begun.
    pub(super) fn begin(&mut self, text: &str) {
        self.back = 0;
        self.look(text);
    }

    /// Looks for what may come after `text`.
    pub(super) fn look(&mut self, text: &str) {
        let classes: Vec<&str> = Class::ALL.iter().map(|class| class.name()).collect();
        (self.offers, self.chosen) = (complete(text, &classes, &KINDS), None);
    }

    /// Keeps a line that was typed to its end.
    pub(super) fn remember(&mut self, text: &str) {
        let text = text.trim();
        self.past.retain(|line| line != text);
        if !text.is_empty() {
            self.past.push_back(text.to_owned());
        }
        if self.past.len() > KEPT {
            self.past.pop_front();
        }
    }

    /// The line with what may stand at its end: as much of it as all offers have in common, and then one after the
    /// other, or the one before with `back`. `None` without an offer.
    pub(super) fn complete(&mut self, text: &str, back: bool) -> Option<String> {
        let words: Vec<&str> = self.offers.candidates.iter().map(|(word, _)| word.as_str()).collect();
        let typed = text.chars().count().saturating_sub(self.offers.from);
        let stem: String = text.chars().take(self.offers.from).collect();
        let line = match (words.as_slice(), self.chosen) {
            ([], _) => return None,
            ([only], None) => return Some(format!("{stem}{only} ")),
            (all, None) => {
                let common = common(all);
                if common.chars().count() > typed {
                    return Some(format!("{stem}{common}"));
                }
                if back { all.len() - 1 } else { 0 }
            }
            (all, Some(at)) => (at + if back { all.len() - 1 } else { 1 }) % all.len(),
        };
        let text = format!("{stem}{}", words[line]);
        self.chosen = Some(line);
        Some(text)
    }

    /// The line before, or after, in the history; `None` at its ends.
    pub(super) fn recall(&mut self, text: &str, older: bool) -> Option<String> {
        let back = if older { self.back + 1 } else { self.back.checked_sub(1)? };
        let line = match back {
            0 => std::mem::take(&mut self.draft),
            _ => self.past.get(self.past.len().checked_sub(back)?)?.clone(),
        };
        if self.back == 0 {
            text.clone_into(&mut self.draft);
        }
        self.back = back;
        Some(line)
    }
}

/// What all words begin with.
fn common<'a>(words: &[&'a str]) -> &'a str {
    let Some((first, rest)) = words.split_first() else { return "" };
    let same =
        |word: &&str| first.chars().zip(word.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let length = rest.iter().map(same).min().unwrap_or(first.len());
    &first[..length]
}
