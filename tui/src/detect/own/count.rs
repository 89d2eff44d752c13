//! How often something happened within a window of time: what rules with `count` remember.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::super::behaviour::Scene;
use super::super::finding::Fact;
use super::super::joining::family;
use crate::model::filter::{Field, told};
use crate::model::{GroupKey, ProcessId, Time};

/// Most events that a rule may ask for.
pub(super) const MOST: usize = 1_000;
/// Events that a rule remembers; beyond that whoever was quiet longest is forgotten.
const HELD: usize = 16_384;

/// How a rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counting {
    /// So many events.
    pub(super) count: usize,
    /// Within so many nanoseconds.
    pub(super) window: u64,
    /// Of whom.
    pub(super) per: Per,
    /// Events are counted once for each value of this field.
    pub(super) unique: Option<Field>,
}

/// Whose events are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Per {
    /// Those of a process.
    Process,
    /// Those of a container, a service, or the rest of the host.
    Container,
    /// Those of all that has a maker in common, below what starts everything.
    Lineage,
    /// All of the node.
    Node,
}

impl Per {
    /// Every one, with its word.
    pub(super) const ALL: [(&'static str, Per); 4] =
        [("process", Per::Process), ("container", Per::Container), ("lineage", Per::Lineage), ("node", Per::Node)];

    fn scope(self, scene: &Scene<'_>) -> Scope {
        match self {
            Per::Process => Scope::Process(scene.process.id),
            Per::Container => Scope::Group(scene.process.group.clone()),
            Per::Lineage => Scope::Family(family(scene.process, scene.model)),
            Per::Node => Scope::Node,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Scope {
    Process(ProcessId),
    Family(ProcessId),
    Group(GroupKey),
    Node,
}

/// An event that counts.
#[derive(Clone, Debug)]
struct Hit {
    value: u64,
    fact: Fact,
}

/// What a rule remembers.
#[derive(Debug, Default)]
pub(super) struct Counts {
    scopes: HashMap<Scope, VecDeque<Hit>>,
    held: usize,
}

impl Counts {
    /// Counts an event; the first and the last of those that make it enough, which are forgotten then.
    pub(super) fn hit(&mut self, counting: &Counting, scene: &Scene<'_>, said: String) -> Option<(Fact, Fact)> {
        let value = match counting.unique {
            Some(field) => hash(told(field, scene.event, scene.model)?),
            None => 0,
        };
        let now = scene.event.time;
        let scope = counting.per.scope(scene);
        let hits = self.scopes.entry(scope.clone()).or_default();
        let before = hits.len();
        hits.retain(|hit| {
            now.since(hit.fact.time) <= counting.window && (counting.unique.is_none() || hit.value != value)
        });
        hits.push_back(Hit { value, fact: Fact::of(scene.event, said) });
        self.held = self.held + hits.len() - before;
        if hits.len() >= counting.count {
            let hits = self.scopes.remove(&scope).unwrap_or_default();
            self.held -= hits.len();
            return Some((hits.front()?.fact.clone(), hits.back()?.fact.clone()));
        }
        self.bound(now, counting.window);
        None
    }

    /// Forgets a process that ended.
    pub(super) fn forget(&mut self, process: ProcessId) {
        let gone = self.scopes.remove(&Scope::Process(process));
        self.held -= gone.map_or(0, |hits| hits.len());
    }

    fn bound(&mut self, now: Time, window: u64) {
        if self.held <= HELD {
            return;
        }
        let last = |hits: &VecDeque<Hit>| hits.back().map_or(Time(0), |hit| hit.fact.time);
        self.scopes.retain(|_, hits| now.since(last(hits)) <= window);
        let mut quiet: Vec<(Time, Scope)> =
            self.scopes.iter().map(|(scope, hits)| (last(hits), scope.clone())).collect();
        quiet.sort_by_key(|(time, _)| *time);
        self.held = self.scopes.values().map(VecDeque::len).sum();
        for (_, scope) in quiet {
            if self.held <= HELD / 2 {
                break;
            }
            self.held -= self.scopes.remove(&scope).map_or(0, |hits| hits.len());
        }
    }
}

fn hash(value: String) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
