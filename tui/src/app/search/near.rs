//! What comes close to the words of a search that are nowhere as they were typed: `ngx` to `nginx`.

use std::collections::HashMap;
use std::fmt;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Needle, VERDICTS};
use crate::model::{Group, GroupKey, Process, ProcessId};

/// Letters from which on a word can come close: of two, any line has both.
const SHORTEST: usize = 3;
/// Least score for each letter; one that is found gives 16, more at the beginning of a word, less behind a gap. So the
/// letters must stand close together, not somewhere in a long line.
const LEAST: u16 = 18;
/// Bytes of a command line that are looked at.
const LOOKED_AT: usize = 400;

/// The words, each looked for on its own, and how close each process came.
#[derive(Clone)]
pub(super) struct Near {
    words: Vec<(Atom, u16)>,
    matcher: Box<Matcher>,
    seen: HashMap<ProcessId, (u32, u32)>,
}

impl fmt::Debug for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Near").field("words", &self.words).finish_non_exhaustive()
    }
}

impl Near {
    /// `None` when nothing can come close: there is no word, or one is too short.
    pub(super) fn of(words: &[Needle]) -> Option<Near> {
        let word = |needle: &Needle| {
            let letters = needle.lower().chars().count();
            let least = u16::try_from(letters).ok()?.checked_mul(LEAST)?;
            let (case, normal) = (CaseMatching::Ignore, Normalization::Smart);
            let atom = Atom::new(needle.lower(), case, normal, AtomKind::Fuzzy, false);
            (letters >= SHORTEST).then_some((atom, least))
        };
        let words: Vec<_> = words.iter().map(word).collect::<Option<_>>()?;
        let matcher = Box::new(Matcher::new(Config::DEFAULT));
        (!words.is_empty()).then_some(Near { words, matcher, seen: HashMap::new() })
    }

    pub(super) fn forget(&mut self) {
        self.seen.clear();
    }

    /// How close a process comes; 0 when it does not.
    pub(super) fn process(&mut self, process: &Process) -> u32 {
        if let Some((_, score)) = self.seen.get(&process.id).filter(|(version, _)| *version == process.version) {
            return *score;
        }
        let mut text = String::new();
        if let Some(image) = process.image() {
            text.push_str(&image.exe.file_name().lossless());
            for arg in image.argv.args.iter() {
                if text.len() > LOOKED_AT {
                    break;
                }
                text.push(' ');
                text.push_str(&arg.lossless());
            }
        }
        let score = self.score(&text);
        if self.seen.len() > VERDICTS {
            self.seen.clear();
        }
        self.seen.insert(process.id, (process.version, score));
        score
    }

    /// How close a group comes, by what it is called.
    pub(super) fn group(&mut self, group: &Group) -> u32 {
        let mut text = match &group.key {
            GroupKey::Service(name) => name.to_string(),
            GroupKey::Host | GroupKey::Container(_) => String::new(),
        };
        let news = group.container.as_ref().map(|container| &container.news);
        let told = news.map(|news| [&news.name, &news.image, &news.pod, &news.namespace]);
        for part in told.into_iter().flatten().flatten() {
            text.push(' ');
            text.push_str(part);
        }
        self.score(&text)
    }

    fn score(&mut self, text: &str) -> u32 {
        let mut letters = Vec::new();
        let text = Utf32Str::new(text, &mut letters);
        let mut sum = 0;
        for (atom, least) in &self.words {
            match atom.score(text, &mut self.matcher).filter(|score| score >= least) {
                Some(score) => sum += u32::from(score),
                None => return 0,
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::filter::{Anchor, Expr, Filter};

    fn score(word: &str, text: &str) -> u32 {
        let filter = Filter::parse(word, Anchor::default()).ok().flatten();
        let needle = match filter.as_ref().map(Filter::expr) {
            Some(Expr::Text(needle)) => vec![needle.clone()],
            _ => Vec::new(),
        };
        Near::of(&needle).map_or(0, |mut near| near.score(text))
    }

    #[test]
    fn letters_that_stand_together_come_close_and_scattered_ones_do_not() {
        for (word, text) in [
            ("ngx", "nginx: worker process"),
            ("pgres", "postgres -D /var/lib/postgresql/data"),
            ("ctrd", "/usr/bin/containerd --config /etc/containerd/config.toml"),
            ("kublet", "/usr/bin/kubelet --v=2"),
            ("pyhton", "python3 -m http.server"),
        ] {
            let found = score(word, text) > 0;
            assert_eq!(found, word != "pyhton", "{word} in {text}: letters in another order are not the same");
        }
        let line = "/usr/lib/systemd/systemd-networkd --with-a-long-line of arguments";
        assert_eq!([score("yku", line), score("sh", line), score("ngx", line)], [0, 0, 0]);
    }

    #[test]
    fn what_begins_with_it_comes_closer_than_what_holds_it_further_on() {
        assert!(score("ngx", "nginx -g") > score("ngx", "/srv/ungainx"));
    }
}
