//! What was said already: once for each process, and not again for its children.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::model::{Model, ProcessId};

/// How much is remembered; beyond that the oldest may be said again.
const KEEP: usize = 8_192;
/// How many makers are asked.
const UP: usize = 32;

type Key = (&'static str, ProcessId, u64);

/// What was said.
#[derive(Debug, Default)]
pub(super) struct Told {
    known: HashSet<Key>,
    order: VecDeque<Key>,
}

impl Told {
    /// True the first time that this is said of `process`.
    pub(super) fn once(&mut self, rule: &'static str, process: ProcessId, object: impl Hash) -> bool {
        let key = (rule, process, hash(object));
        if !self.known.insert(key) {
            return false;
        }
        if self.order.len() >= KEEP
            && let Some(old) = self.order.pop_front()
        {
            self.known.remove(&old);
        }
        self.order.push_back(key);
        true
    }

    /// As [`Told::once`], and false too when it was said of one of its makers: what a process has, its children inherit.
    pub(super) fn once_in_line(
        &mut self,
        rule: &'static str,
        model: &Model,
        process: ProcessId,
        object: impl Hash,
    ) -> bool {
        let object = hash(object);
        let mut next = model.process(process).and_then(|it| it.birth_parent);
        for _ in 0..UP {
            let Some(maker) = next else { break };
            if self.known.contains(&(rule, maker, hash(object))) {
                return false;
            }
            next = model.process(maker).and_then(|it| it.birth_parent);
        }
        self.once(rule, process, object)
    }
}

fn hash(object: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    object.hash(&mut hasher);
    hasher.finish()
}
