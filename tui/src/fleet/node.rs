//! A node: whether it still tells, what it lost, and how far its clock is off.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use super::line::Line;
use crate::detect::Severity;
use crate::jsonl::StatusLine;
use crate::model::{Health, Time};

/// A node that was not heard of for this long (ns) is quiet: its agent has nothing to tell, or is gone.
const QUIET: u64 = 5 * 60 * 1_000_000_000;
/// Two senders that tell in turn within this time (ns) run at once, and not one after the other.
const AT_ONCE: u64 = 2 * 60 * 1_000_000_000;
/// Topics of statuses that are kept of one node.
const TOPICS: usize = 32;
/// Moments from which it is told how far a clock is off.
const MOMENTS: usize = 32;
/// A clock that is off by less (ns) is right: a line needs some time to arrive.
const RIGHT: i64 = 2_000_000_000;

/// A node, by the names on the bus.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeName {
    /// Its cluster.
    pub cluster: Arc<str>,
    /// Its own name.
    pub node: Arc<str>,
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if &*self.cluster == "default" { f.write_str(&self.node) } else { write!(f, "{}/{}", self.cluster, self.node) }
    }
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Who it is.
    pub name: NodeName,
    /// When it was heard of last, by the bus's clock.
    pub last: Time,
    /// Lines that it told.
    pub lines: u64,
    /// Events among them.
    pub events: u64,
    /// Findings, from info to critical.
    pub findings: [u64; 5],
    /// The worst that was found, or that an incident is.
    pub worst: Option<Severity>,
    /// Lines whose numbers never came.
    pub missing: u64,
    /// Records that the node says it lost.
    pub lost: u64,
    /// Lines that came once more.
    pub again: u64,
    /// Two senders tell under this name.
    pub doubled: bool,
    /// How its parts are, by topic.
    pub statuses: BTreeMap<String, (Health, String)>,
    /// How far its clock is off.
    pub clock: Clock,
    senders: Vec<Sender>,
}

/// A run of an agent.
#[derive(Clone, Debug)]
struct Sender {
    boot: String,
    run: u64,
    number: u64,
    last: Time,
}

/// Topics of those who tell the names of containers: one of them is enough.
const RUNTIMES: [&str; 8] = ["docker", "podman", "containerd", "cri-o", "k3s", "microk8s", "cri", "bundles"];

/// Runs that are remembered of one node.
const SENDERS: usize = 8;

impl Node {
    pub(super) fn new(name: NodeName, kept: Time) -> Node {
        Node {
            name,
            last: kept,
            lines: 0,
            events: 0,
            findings: [0; 5],
            worst: None,
            missing: 0,
            lost: 0,
            again: 0,
            doubled: false,
            statuses: BTreeMap::new(),
            clock: Clock::default(),
            senders: Vec::new(),
        }
    }

    /// Whether a line is new; counts what lies between it and the one before.
    pub(super) fn takes(&mut self, line: &Line) -> bool {
        let same = |sender: &Sender| sender.boot == line.boot && sender.run == line.run;
        let at = self.senders.iter().position(same);
        match at.and_then(|at| self.senders.get_mut(at)) {
            Some(sender) if line.number <= sender.number => {
                self.again += 1;
                return false;
            }
            Some(sender) => {
                self.missing += line.number - sender.number - 1;
                (sender.number, sender.last) = (line.number, line.kept);
            }
            None => {
                // What came before the first line that was read is not missing.
                let Line { boot, run, number, kept, .. } = line;
                self.senders.push(Sender { boot: boot.clone(), run: *run, number: *number, last: *kept });
                if self.senders.len() > SENDERS {
                    self.senders.remove(0);
                }
            }
        }
        let current = self.senders.len() - 1;
        if let Some(at) = at.filter(|at| *at < current) {
            // An earlier run still tells, after a later one began.
            let other = self.senders.last().is_some_and(|other| line.kept.since(other.last) <= AT_ONCE);
            self.doubled |= other;
            let sender = self.senders.remove(at);
            self.senders.push(sender);
        }
        self.lines += 1;
        self.last = self.last.max(line.kept);
        true
    }

    pub(super) fn found(&mut self, severity: Severity) {
        self.findings[severity as usize] += 1;
        self.worst = self.worst.max(Some(severity));
    }

    pub(super) fn status(&mut self, status: StatusLine) {
        let health = status.health();
        if self.statuses.len() < TOPICS || self.statuses.contains_key(&status.topic) {
            self.statuses.insert(status.topic, (health, status.text));
        }
    }

    /// Nothing was heard of it for long.
    pub fn quiet(&self, now: Time) -> bool {
        now.since(self.last) > QUIET
    }

    /// What is to be said of it, worst first: nothing when all is well.
    pub fn troubles(&self) -> Vec<String> {
        let mut troubles = Vec::new();
        if self.doubled {
            troubles.push("two agents send under this name: give one another with --node".to_owned());
        }
        let named = RUNTIMES.iter().any(|it| self.statuses.get(*it).is_some_and(|(health, _)| *health == Health::Ok));
        // Who asks all runtimes for names finds most of them missing on every node.
        let wanted = |topic: &str, health: Health| match health {
            Health::Ok => false,
            Health::Missing if RUNTIMES.contains(&topic) => !named && topic == RUNTIMES[0],
            _ => true,
        };
        for (topic, (health, text)) in self.statuses.iter().filter(|(topic, (health, _))| wanted(topic, *health)) {
            troubles.push(format!("{topic} {}: {text}", health.name()));
        }
        if self.missing > 0 {
            troubles.push(format!("{} lines never came", self.missing));
        }
        if self.lost > 0 {
            troubles.push(format!("it lost {} records", self.lost));
        }
        troubles.extend(self.clock.words());
        troubles
    }
}

/// How far the clock of a node is from that of the bus, told from when lines were made and when they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Nanoseconds from the moment in a line to the moment when the bus took it.
    ways: VecDeque<i64>,
}

impl Clock {
    pub(super) fn note(&mut self, made: Time, kept: Time) {
        let way = i128::from(kept.0) - i128::from(made.0);
        let way = i64::try_from(way).unwrap_or(if way < 0 { i64::MIN } else { i64::MAX });
        self.ways.push_back(way);
        if self.ways.len() > MOMENTS {
            self.ways.pop_front();
        }
    }

    /// Nanoseconds that it is ahead of the bus's clock; 0 while it may be right. What comes late may wait in a spool, so
    /// a clock is taken for behind only where even the fastest of many lines came late.
    pub fn ahead(&self) -> i64 {
        let fastest = self.ways.iter().min().copied().unwrap_or(0);
        if fastest.abs() < RIGHT { 0 } else { fastest.saturating_neg() }
    }

    fn words(&self) -> Option<String> {
        let seconds = self.ahead() / 1_000_000_000;
        match seconds {
            0 => None,
            1.. => Some(format!("its clock is {} ahead of the bus's", span(seconds.unsigned_abs()))),
            _ => Some(format!(
                "its lines come {} late: its clock, or what waited in its spool",
                span(seconds.unsigned_abs())
            )),
        }
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}
