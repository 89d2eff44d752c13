//! What policies would have stopped of a recording: of the incident, and of normal work.

use std::collections::{BTreeMap, HashMap};

use super::Policy;
use super::guard::Guard;
use crate::baseline::{Line, Residents, Suspects, workload_of};
use crate::model::{Event, Model, ProcessId, Time};

/// Hits that are kept; more are counted.
const KEPT: usize = 100_000;

/// Puts what happens before policies.
#[derive(Debug)]
pub struct Explainer<'a> {
    guards: HashMap<&'a str, &'a Guard>,
    residents: Residents,
    hits: Vec<Met>,
    judged: u64,
    over: u64,
}

/// Something that a policy would have stopped.
#[derive(Debug)]
struct Met {
    workload: String,
    what: String,
    time: Time,
    /// Who did it.
    line: Line,
}

/// What policies would have done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    /// What they would have stopped of what belongs to something that was found.
    pub stopped: Vec<Hit>,
    /// What they would have stopped of all else: normal work.
    pub broken: Vec<Hit>,
    /// Facts that were put before them.
    pub judged: u64,
    /// Stopped, but not kept: there were too many.
    pub over: u64,
}

/// Something that was stopped, as often as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The workload.
    pub workload: String,
    /// What: `runs /usr/bin/nc`.
    pub what: String,
    /// How often.
    pub count: u64,
    /// For the first time.
    pub first: Time,
    /// Who did it then.
    pub process: ProcessId,
}

impl<'a> Explainer<'a> {
    /// One for these policies.
    pub fn new(policies: impl Iterator<Item = &'a Policy>) -> Explainer<'a> {
        let guards = policies.flat_map(|policy| policy.workloads.iter().map(|name| (name.as_str(), &policy.guard)));
        Explainer { guards: guards.collect(), residents: Residents::default(), hits: Vec::new(), judged: 0, over: 0 }
    }

    /// Looks at an event that `model` has taken in.
    pub fn observe(&mut self, event: &Event, model: &Model) {
        let Event::Process(event) = event else { return };
        let (_, facts) = self.residents.facts(event, model, true);
        let Some(process) = model.process(event.process).filter(|_| !facts.is_empty()) else { return };
        let Some(workload) = workload_of(&process.group, model) else { return };
        let Some(guard) = self.guards.get(workload.as_str()) else { return };
        self.judged += facts.len() as u64;
        for what in facts.iter().filter_map(|fact| guard.refuses(fact)) {
            if self.hits.len() >= KEPT {
                self.over += 1;
                continue;
            }
            let line = Line::of(event.process, model);
            self.hits.push(Met { workload: workload.clone(), what, time: event.time, line });
        }
    }

    /// What was stopped of whom.
    pub fn finish(self, suspects: &Suspects) -> Explained {
        let (stopped, broken): (Vec<Met>, Vec<Met>) =
            self.hits.into_iter().partition(|met| suspects.did(&met.line, met.time));
        Explained { stopped: joined(stopped), broken: joined(broken), judged: self.judged, over: self.over }
    }
}

/// The same things of a workload, once, in the order in which they happened first.
fn joined(all: Vec<Met>) -> Vec<Hit> {
    let mut hits: BTreeMap<(String, String), Hit> = BTreeMap::new();
    for met in all {
        let (workload, what, process) = (met.workload.clone(), met.what.clone(), met.line.process());
        let new = Hit { workload, what, count: 0, first: met.time, process };
        hits.entry((met.workload, met.what)).or_insert(new).count += 1;
    }
    let mut hits: Vec<Hit> = hits.into_values().collect();
    hits.sort_by(|one, other| (one.first, &one.workload, &one.what).cmp(&(other.first, &other.workload, &other.what)));
    hits
}
