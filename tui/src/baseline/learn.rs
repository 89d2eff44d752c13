//! Learns what is normal from a stream.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::entry::Seen;
use super::fact::Fact;
use super::general::generalised;
use super::image::Reference;
use super::ledger::{Ledger, Tally};
use super::name::{is_passing, sandbox, workload_of};
use super::peer::{Destination, Peer, Port};
use super::resident::Residents;
use super::workload::{Workload, join};
use super::{Baseline, Learnt};
use crate::model::{ContainerNews, Event, GroupKey, Model, Names, ProcessEvent, ProcessId, Protocol, Text, Time, Told};

mod fold;

pub(super) use fold::{generalise, once};

/// What is learnt.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope {
    /// The services of the host, too.
    pub host: bool,
    /// What was brought into containers from outside, too.
    pub sessions: bool,
    /// Whatever was found to be suspicious, too.
    pub all: bool,
}

/// What was not learnt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Processes that something was found of, and those that they made.
    pub suspicious: u64,
    /// Processes that were brought in from outside (`kubectl exec`, `docker exec`, health checks), and those that they made.
    pub brought_in: u64,
    /// Containers that nobody told an image of.
    pub nameless: u64,
}

impl LeftOut {
    /// Adds what another one left out.
    pub fn add(&mut self, other: &LeftOut) {
        self.suspicious += other.suspicious;
        self.brought_in += other.brought_in;
        self.nameless += other.nameless;
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.suspicious, "processes that something of medium or worse was found of"),
            (self.brought_in, "processes that were brought in from outside"),
            (self.nameless, "containers whose image nobody told"),
        ];
        let parts: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        f.write_str(&if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") })
    }
}

/// A group as it was met.
#[derive(Debug)]
struct Met {
    first: Time,
    last: Time,
    name: Option<String>,
    image: Option<String>,
    namespace: Option<String>,
    labels: BTreeMap<String, String>,
}

/// Learns from events. [`Learner::suspect`] says whose are not to be learnt from.
#[derive(Debug)]
pub struct Learner {
    scope: Scope,
    residents: Residents,
    ledger: Ledger,
    met: BTreeMap<GroupKey, Met>,
    brought_in: BTreeSet<ProcessId>,
    started: bool,
    first: Option<Time>,
    last: Time,
    events: u64,
}

impl Learner {
    /// One that has seen nothing yet.
    pub fn new(scope: Scope) -> Learner {
        Learner {
            scope,
            residents: Residents::default(),
            ledger: Ledger::new(),
            met: BTreeMap::new(),
            brought_in: BTreeSet::new(),
            started: false,
            first: None,
            last: Time(0),
            events: 0,
        }
    }

    /// Learns from an event that `model` has taken in.
    pub fn observe(&mut self, event: &Event, model: &Model) {
        if event.time() > Time(0) {
            self.first = Some(self.first.map_or(event.time(), |first| first.min(event.time())));
            self.last = self.last.max(event.time());
        }
        if !std::mem::replace(&mut self.started, true) {
            self.begin(model);
        }
        match event {
            Event::Process(event) => {
                self.events += 1;
                self.of_process(event, model);
            }
            Event::Container(news) => {
                self.refresh(&GroupKey::Container(news.id.as_str().into()), model);
                // The labels of a pod are told of its sandbox.
                let pod =
                    |it: &ContainerNews| news.pod.is_some() && it.pod == news.pod && it.namespace == news.namespace;
                let same = model.groups().filter(|group| group.container.as_ref().is_some_and(|it| pod(&it.news)));
                for key in same.map(|group| group.key.clone()).collect::<Vec<_>>() {
                    self.refresh(&key, model);
                }
            }
            Event::Names(names) => self.of_names(names),
            Event::Boot(_) | Event::Loss(_) | Event::Status(_) | Event::Posture(_) => {}
        }
    }

    /// What a process, and whoever it makes, did from `since` on is not learnt, unless all is.
    pub fn suspect(&mut self, process: ProcessId, since: Time) {
        if !self.scope.all {
            self.ledger.suspect(process, since);
        }
    }

    /// What was learnt of `recording`, at its end, and what was left out.
    pub fn finish(mut self, recording: &str, made_with: &str, model: &Model) -> (Baseline, LeftOut) {
        for (key, met) in &mut self.met {
            if model.group(key).is_some_and(|group| group.alive > 0) {
                met.last = met.last.max(self.last);
            }
        }
        let (told, suspicious) = self.ledger.settle();
        let mut left = LeftOut { suspicious, brought_in: self.brought_in.len() as u64, nameless: 0 };
        left.nameless = self.met.values().filter(|met| met.name.is_none()).count() as u64;
        let learnt = Learnt {
            recording: recording.to_owned(),
            first: seconds(self.first.unwrap_or_default()),
            last: seconds(self.last),
            events: self.events,
        };
        let workloads = fold::workloads(told, self.met);
        (Baseline { made_with: made_with.to_owned(), learnt_from: vec![learnt], workloads }, left)
    }

    /// What was there before the first event.
    fn begin(&mut self, model: &Model) {
        for process in model.processes() {
            if !self.is_wanted(&process.group) {
                continue;
            }
            let Some(facts) = self.residents.of_known(process, model) else { continue };
            let now = model.now();
            self.meet_group(&process.group, now, model);
            self.ledger.meet(process.id, process.birth_parent, process.born);
            facts.into_iter().for_each(|fact| self.ledger.note(Some(process.id), &process.group, fact, now));
        }
    }

    fn of_process(&mut self, event: &ProcessEvent, model: &Model) {
        let Some(process) = model.process(event.process) else { return };
        if !self.is_wanted(&process.group) {
            return;
        }
        self.meet_group(&process.group, event.time, model);
        self.ledger.meet(process.id, process.birth_parent, process.born);
        let (brought_in, facts) = self.residents.facts(event, model, self.scope.sessions);
        if brought_in && !self.scope.sessions {
            self.brought_in.insert(process.id);
        }
        for fact in facts {
            self.ledger.note(Some(process.id), &process.group, fact, event.time);
        }
    }

    /// Whoever was answered has asked.
    fn of_names(&mut self, names: &Names) {
        let (Some(group), Told::Answer(answer)) = (&names.group, &names.told) else { return };
        if self.is_wanted(group) && self.met.contains_key(group) {
            let peer = Peer::Address(answer.server.to_canonical());
            let fact = Fact::Dns(Destination { peer, port: Port::of(53, Protocol::Udp) });
            self.ledger.note(None, group, fact, names.time);
        }
    }

    fn is_wanted(&self, group: &GroupKey) -> bool {
        match group {
            GroupKey::Host => false,
            GroupKey::Service(_) => self.scope.host,
            GroupKey::Container(_) => true,
        }
    }

    fn meet_group(&mut self, key: &GroupKey, time: Time, model: &Model) {
        if let Some(met) = self.met.get_mut(key) {
            met.last = met.last.max(time);
            if met.name.is_some() {
                return;
            }
        } else {
            let met =
                Met { first: time, last: time, name: None, image: None, namespace: None, labels: BTreeMap::new() };
            self.met.insert(key.clone(), met);
        }
        self.refresh(key, model);
    }

    /// Takes over what is told of a group by now.
    fn refresh(&mut self, key: &GroupKey, model: &Model) {
        let Some(met) = self.met.get_mut(key) else { return };
        met.name = workload_of(key, model).or(met.name.take());
        let Some(news) = model.group(key).and_then(|group| group.container.as_ref()).map(|it| &it.news) else { return };
        met.image = news.image.clone().or(met.image.take());
        met.namespace = news.namespace.clone().or(met.namespace.take());
        let of_pod = sandbox(news, model).into_iter().flat_map(|it| &it.labels);
        let labels = news.labels.iter().chain(of_pod).filter(|(key, _)| !is_passing(key));
        met.labels = labels.map(|(key, value)| (key.clone(), value.clone())).collect();
    }
}

/// A moment without what is less than a second.
fn seconds(time: Time) -> Time {
    Time(time.0 - time.0 % 1_000_000_000)
}
