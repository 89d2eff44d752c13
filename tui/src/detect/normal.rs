//! What a baseline does not have: programs, ports, destinations, files and capabilities that are new for a workload.

mod rate;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{HashSet, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;

use super::behaviour::{Scene, Sink};
use super::finding;
use super::incident::name_of;
use super::rule::Severity;
use crate::baseline::{Acceptance, Baseline, Fact, Match, Outside, Residents, image_of, workload_of};
use crate::model::{ContainerNews, GroupKey, Model, ProcessEvent, ProcessId, Time};

/// What was told already is remembered for so many things; beyond that it may be told again.
const KEEP: usize = 65_536;
/// Groups of which it is remembered what their workload is called: those where something was done last.
const NAMES: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();
/// Facts that wait for the name of their container.
const WAITING: usize = 4_096;
/// How long they wait (ns): runtimes that answer at all answer sooner.
const PATIENCE: u64 = 30_000_000_000;

/// Compares what workloads do with what is normal for them.
#[derive(Debug)]
pub(super) struct Normal {
    pub(super) baseline: Arc<Baseline>,
    residents: Residents,
    /// What was told of a group, and of workloads.
    told: HashSet<(GroupKey, Outside, String)>,
    workloads: HashSet<(String, &'static str)>,
    waiting: VecDeque<Waiting>,
    /// Whether services were learnt: only then are they compared.
    services: bool,
    names: LruCache<GroupKey, Arc<str>>,
}

/// Facts of a process whose container has no name yet.
#[derive(Debug)]
struct Waiting {
    group: GroupKey,
    event: ProcessEvent,
    facts: Vec<Fact>,
    brought_in: bool,
}

impl Normal {
    pub(super) fn new(baseline: Arc<Baseline>) -> Normal {
        Normal {
            services: baseline.workloads.keys().any(|name| name.starts_with("service ")),
            baseline,
            residents: Residents::default(),
            told: HashSet::new(),
            workloads: HashSet::new(),
            waiting: VecDeque::new(),
            names: LruCache::new(NAMES),
        }
    }

    /// Looks at an event that the model has taken in already.
    pub(super) fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        self.give_up(scene.event.time);
        let group = &scene.process.group;
        if !self.is_compared(group) {
            return;
        }
        let (brought_in, facts) = self.residents.facts(scene.event, scene.model, true);
        if facts.is_empty() {
            return;
        }
        match self.name(group, scene.model) {
            Some(name) => self.compare(&name, scene, &facts, brought_in, out),
            None => {
                if self.waiting.len() >= WAITING {
                    self.waiting.pop_front();
                }
                let (group, event) = (group.clone(), scene.event.clone());
                self.waiting.push_back(Waiting { group, event, facts, brought_in });
            }
        }
    }

    fn is_compared(&self, group: &GroupKey) -> bool {
        match group {
            GroupKey::Host => false,
            GroupKey::Service(_) => self.services,
            GroupKey::Container(_) => true,
        }
    }

    /// What the workload of a group is called. It is asked again until there is one; a name stays what it is.
    fn name(&mut self, group: &GroupKey, model: &Model) -> Option<Arc<str>> {
        if let Some(name) = self.names.get(group) {
            return Some(Arc::clone(name));
        }
        let name: Arc<str> = workload_of(group, model)?.into();
        self.names.put(group.clone(), Arc::clone(&name));
        Some(name)
    }

    /// Compares what waited for what a runtime has just told of a container.
    pub(super) fn hear(&mut self, news: &ContainerNews, model: &Model, out: &mut Sink) {
        let group = GroupKey::Container(news.id.as_str().into());
        if !self.waiting.iter().any(|waiting| waiting.group == group) {
            return;
        }
        let Some(name) = self.name(&group, model) else { return };
        let (named, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|it| it.group == group);
        self.waiting = waiting;
        let named: VecDeque<Waiting> = named;
        for waiting in named {
            if let Some(process) = model.process(waiting.event.process) {
                let scene = Scene { event: &waiting.event, process, model };
                self.compare(&name, &scene, &waiting.facts, waiting.brought_in, out);
            }
        }
    }

    /// Lets go of what has waited for too long.
    fn give_up(&mut self, now: Time) {
        while self.waiting.front().is_some_and(|oldest| now.since(oldest.event.time) >= PATIENCE) {
            self.waiting.pop_front();
        }
    }

    fn compare(&mut self, name: &str, scene: &Scene<'_>, facts: &[Fact], brought_in: bool, out: &mut Sink) {
        let baseline = Arc::clone(&self.baseline);
        let image = image_of(&scene.process.group, scene.model);
        let Some(known) = baseline.find(name, image.as_ref()) else { return self.unknown(name, scene, out) };
        let now = image.map(|image| image.short());
        if let (Some(from), Some(now)) = (known.other_version, &now) {
            self.version((name, known.name), from, now, scene, out);
        }
        for fact in facts {
            let Some(outside) = known.workload.outside(fact) else { continue };
            // Whoever is brought in has the rights of who brought it, and nobody within who started it.
            if brought_in && matches!(outside, Outside::Held | Outside::Used | Outside::Parent | Outside::Reader) {
                continue;
            }
            let what = words::what(fact, outside, known.workload);
            if self.told.len() >= KEEP {
                self.told.clear();
            }
            if self.told.insert((scene.process.group.clone(), outside, what.clone())) {
                raise(&News { known, now: now.as_deref(), fact, outside, what, brought_in }, scene, out);
            }
        }
    }

    fn unknown(&mut self, name: &str, scene: &Scene<'_>, out: &mut Sink) {
        if !self.workloads.insert((name.to_owned(), "unknown")) {
            return;
        }
        let Some(found) = out.raise("baseline_unknown_workload", scene) else { return };
        found
            .titled(format!("{name} is not in the baseline: it is compared with nothing"))
            .because("no workload of the baseline has this name or image", finding::Fact::of(scene.event, name));
    }

    fn version(&mut self, (name, known): (&str, &str), from: &str, now: &str, scene: &Scene<'_>, out: &mut Sink) {
        if !self.workloads.insert((format!("{name} {now}"), "version")) {
            return;
        }
        let Some(found) = out.raise("baseline_other_version", scene) else { return };
        found
            .titled(format!("{name} is compared with another version: learnt from {from}, this is {now}"))
            .because("its image is not one that the baseline was learnt from", finding::Fact::of(scene.event, now));
        let (workload, image) = (known.to_owned(), Some(now.to_owned()));
        out.accept_last(Acceptance { workload, fact: None, image, time: scene.event.time });
    }

    /// Another baseline from now on: of what was told before, nothing is told again.
    pub(super) fn exchange(&mut self, baseline: Arc<Baseline>) {
        self.baseline = baseline;
    }
}

/// Something that is new for a workload.
struct News<'a> {
    known: Match<'a>,
    /// The image that it has now.
    now: Option<&'a str>,
    fact: &'a Fact,
    outside: Outside,
    /// What is new, in words.
    what: String,
    brought_in: bool,
}

fn raise(news: &News<'_>, scene: &Scene<'_>, out: &mut Sink) {
    let rule = match news.outside {
        Outside::Program | Outside::Applet | Outside::Content | Outside::Parent => "baseline_program",
        Outside::Port => "baseline_port",
        Outside::Destination | Outside::NameServer => "baseline_connection",
        Outside::File | Outside::Written | Outside::Reader if is_write(news.fact) => "baseline_written",
        Outside::File | Outside::Written | Outside::Reader => "baseline_file",
        Outside::Held | Outside::Used => "baseline_capability",
    };
    let rating = rate::rate(news, scene);
    let Some(found) = out.raise(rule, scene) else { return };
    let place = name_of(&scene.process.group, scene.model);
    let evidence = finding::Fact::of(scene.event, news.what.clone());
    found
        .titled(words::title(news, scene, &place))
        .rated(rating.severity)
        .because(words::normal(news), evidence.clone());
    for reason in rating.reasons {
        found.because(reason, evidence.clone());
    }
    if let Some(server) = rating.server {
        found.with(Some(server));
    }
    let (workload, image) = (news.known.name.to_owned(), news.now.map(str::to_owned));
    let fact = Some(news.fact.clone());
    out.accept_last(Acceptance { workload, fact, image, time: scene.event.time });
}

fn is_write(fact: &Fact) -> bool {
    matches!(fact, Fact::File { write: true, .. })
}

/// How bad it is, and why.
struct Rating {
    severity: Severity,
    reasons: Vec<String>,
    /// Who serves somebody right now, above it.
    server: Option<ProcessId>,
}
