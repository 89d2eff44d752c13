//! Search: what is looked for, and what holds it.

use std::collections::HashMap;

use super::node::NodeKey;
use crate::model::{Arg, Group, Process, ProcessId};

/// A search, while it is typed and after.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// What is looked for, as typed; empty when nothing is.
    pub query: String,
    /// True while it is typed: keys go into the query.
    pub typing: bool,
    /// Where the user was before, and what was folded then.
    pub(super) before: Option<(Option<NodeKey>, HashMap<NodeKey, bool>)>,
    needle: String,
    /// Verdicts, each good for one version of a process.
    seen: HashMap<ProcessId, (u32, bool)>,
}

/// Verdicts kept before all are forgotten: dead processes must not pile up.
const VERDICTS: usize = 65_536;

impl Search {
    /// True when something is looked for.
    pub fn active(&self) -> bool {
        !self.query.is_empty()
    }

    pub(super) fn set(&mut self, query: String) {
        self.needle = query.to_lowercase();
        self.query = query;
        self.seen.clear();
    }

    pub(super) fn finds_process(&mut self, process: &Process) -> bool {
        if self.needle.is_empty() {
            return false;
        }
        if let Some(&(version, verdict)) = self.seen.get(&process.id)
            && version == process.version
        {
            return verdict;
        }
        if self.seen.len() > VERDICTS {
            self.seen.clear();
        }
        let verdict = self.holds_process(process);
        self.seen.insert(process.id, (process.version, verdict));
        verdict
    }

    fn holds_process(&self, process: &Process) -> bool {
        process.id.pid.to_string().starts_with(&self.needle)
            || process.image().is_some_and(|image| {
                self.holds_text((&image.exe).into()) || image.argv.args.iter().any(|arg| self.holds_text(arg))
            })
            || process
                .connections
                .iter()
                .filter_map(|connection| connection.remote)
                .any(|remote| remote.to_string().contains(&self.needle))
    }

    pub(super) fn finds_group(&self, group: &Group) -> bool {
        use crate::model::GroupKey;
        if self.needle.is_empty() {
            return false;
        }
        let own = match &group.key {
            GroupKey::Host => false,
            GroupKey::Service(name) => self.holds(name),
            GroupKey::Container(id) => id.starts_with(&self.needle),
        };
        own || group.container.as_ref().is_some_and(|container| {
            let news = &container.news;
            [&news.name, &news.image, &news.pod, &news.namespace].into_iter().flatten().any(|text| self.holds(text))
        })
    }

    fn holds(&self, text: &str) -> bool {
        self.holds_text_bytes(text.as_bytes())
            || (!self.needle.is_ascii() && text.to_lowercase().contains(&self.needle))
    }

    fn holds_text(&self, text: Arg<'_>) -> bool {
        self.holds_text_bytes(text.bytes())
            || (!self.needle.is_ascii() && text.lossless().to_lowercase().contains(&self.needle))
            // What is shown escaped can be searched as it is shown.
            || (self.needle.contains('\\') && text.lossless().to_lowercase().contains(&self.needle))
    }

    fn holds_text_bytes(&self, bytes: &[u8]) -> bool {
        let needle = self.needle.as_bytes();
        bytes.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
    }
}
