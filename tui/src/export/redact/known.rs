//! What was found to be secret once is replaced wherever else it stands; and which ids stay.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::{AhoCorasick, MatchKind};

use super::pseudonym::Kind;
use super::seek::Span;

/// Values remembered.
const VALUES: usize = 20_000;
/// Ids remembered.
const IDS: usize = 50_000;
/// A secret shorter than this is replaced where it stands as one, and not wherever the same letters are.
const SECRET: usize = 6;
/// Likewise for names.
const NAME: usize = 3;

/// Values and ids that were seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    values: BTreeMap<String, Kind>,
    ids: BTreeSet<String>,
    /// Looks for all values at once; made anew when one was added.
    finder: Option<AhoCorasick>,
    fresh: bool,
}

impl Known {
    pub(super) fn add(&mut self, kind: Kind, value: &str) {
        let least = if kind == Kind::Secret { SECRET } else { NAME };
        let plain = kind == Kind::Secret || value.chars().any(char::is_alphabetic);
        if kind == Kind::Address || value.len() < least || !plain || value.contains('\0') || self.values.len() >= VALUES
        {
            return;
        }
        let kept = self.values.get(value).copied();
        if kept < Some(kind) {
            self.values.insert(value.to_owned(), kind);
            self.fresh = true;
        }
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The id of a container: it stays.
    pub(super) fn add_id(&mut self, id: &str) {
        if id.len() >= 12 && self.ids.len() < IDS && !self.ids.contains(id) {
            self.ids.insert(id.to_owned());
        }
    }

    /// True for such an id, and for the beginning of one.
    pub(super) fn is_id(&self, word: &str) -> bool {
        let begins = |id: &String| id.starts_with(word);
        word.len() >= 12 && self.ids.range(word.to_owned()..).next().is_some_and(begins)
    }

    /// To be called after [`Known::add`] and before [`Known::find`].
    pub(super) fn ready(&mut self) {
        if !self.fresh {
            return;
        }
        self.fresh = false;
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(self.values.keys());
        // What cannot be built (more than 4 GB of values) has been bounded above.
        self.finder = finder.ok();
    }

    /// Where the values stand: secrets anywhere, names where they are words.
    pub(super) fn find(&self, text: &str) -> Vec<Span> {
        let Some(finder) = &self.finder else { return Vec::new() };
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let spans = finder.find_iter(text).filter_map(|found| {
            let at = found.range();
            let kind = *self.values.get(&text[at.clone()])?;
            let inside = word(text[..at.start].chars().next_back()) || word(text[at.end..].chars().next());
            (kind == Kind::Secret || !inside).then_some(Span { kind, at })
        });
        spans.collect()
    }
}
