//! Somebody asks the same place over and over, and in between does something new each time: commands that are fetched.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::incident::name_of;
use super::kin::{installs, program};
use super::rule::Severity;
use super::told::Told;
use crate::model::{Direction, Kind, Model, Net, NetOp, Process, ProcessId};

/// Rounds with commands that were not seen before.
const ROUNDS: usize = 2;
/// From so many on a loop of commands that fetch is no coincidence.
const SURE: usize = 3;
/// Loops remembered.
const KEEP: usize = 4_096;
/// Commands remembered of each.
const COMMANDS: usize = 256;

/// Watches who asks again and again.
#[derive(Debug, Default)]
pub(super) struct Beacons {
    loops: HashMap<ProcessId, Loop>,
    told: Told,
}

/// Somebody who asks.
#[derive(Debug, Default)]
struct Loop {
    /// Where it asks.
    remote: Option<SocketAddr>,
    /// With which commands, and how often.
    asks: HashMap<u64, usize>,
    known: HashSet<u64>,
    /// What is new since it asked last.
    news: Vec<Fact>,
    /// Rounds that brought something new, and what.
    rounds: Vec<Fact>,
}

impl Behaviour for Beacons {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        match &scene.event.kind {
            Kind::Net(net) if net.op == NetOp::Established && net.direction == Direction::Outbound => {
                self.asks(net, scene, out);
            }
            Kind::Exec(_) => self.runs(scene),
            _ => {}
        }
    }

    fn forget(&mut self, gone: ProcessId, _: &Model) {
        self.loops.remove(&gone);
    }
}

impl Beacons {
    /// A connection counts for whoever made it, and for the two who had it made.
    fn asks(&mut self, net: &Net, scene: &Scene<'_>, out: &mut Sink) {
        let Some(remote) = net.remote else { return };
        let how = command(scene.process);
        let itself = scene.process.id;
        // Whoever connects again and again does it for itself.
        let again = self.loops.get(&itself).is_some_and(|entry| entry.remote.is_some());
        let makers = scene.model.lineage(itself).take(2).filter(|it| it.id.pid > 1 && !again);
        let all: Vec<ProcessId> = std::iter::once(scene.process).chain(makers).map(|it| it.id).collect();
        for id in all {
            if self.loops.len() > KEEP {
                self.loops.clear();
            }
            let entry = self.loops.entry(id).or_default();
            // Somewhere else it begins anew.
            if entry.remote != Some(remote) {
                *entry = Loop { remote: Some(remote), ..Loop::default() };
            }
            if entry.asks.len() >= COMMANDS {
                continue;
            }
            let asked = entry.asks.entry(how).or_default();
            *asked += 1;
            // Sending an answer, which is another each time, is part of a round.
            if *asked < 2 {
                continue;
            }
            if let Some(first) = entry.news.first().cloned() {
                entry.rounds.push(first);
                entry.news.clear();
            }
            // The first round brings everything that the loop does each time.
            if entry.rounds.len() > ROUNDS {
                // Whoever it was started by does the same only through it.
                return self.judge(id, remote, scene, out);
            }
        }
    }

    /// A program that was run, for those who had it run.
    fn runs(&mut self, scene: &Scene<'_>) {
        if self.loops.is_empty() {
            return;
        }
        let what = command(scene.process);
        for maker in scene.model.lineage(scene.process.id).take(3) {
            let Some(entry) = self.loops.get_mut(&maker.id) else { continue };
            if !entry.asks.contains_key(&what) && entry.known.len() < COMMANDS && entry.known.insert(what) {
                entry.news.push(Fact::of(scene.event, words(scene.process)));
            }
        }
    }

    fn judge(&mut self, id: ProcessId, remote: SocketAddr, scene: &Scene<'_>, out: &mut Sink) {
        let Some(entry) = self.loops.get(&id) else { return };
        let Some(process) = scene.model.process(id).filter(|it| !installs(it, scene.model)) else { return };
        // Who connects by itself may be an agent that is given work; a loop of commands that fetch is something else.
        let sure = id != scene.process.id && entry.rounds.len() > SURE;
        let severity = if sure { Severity::High } else { Severity::Medium };
        if !self.told.once_in_line("fetched_commands", scene.model, id, severity) {
            return;
        }
        let (asked, rounds) = (entry.asks.values().copied().max().unwrap_or(0), entry.rounds.clone());
        let Some(found) = out.raise_for("fetched_commands", id, scene.event.time) else { return };
        let (who, place) = (program(process), name_of(&process.group, scene.model));
        found
            .titled(format!(
                "{who} ({}) of {place} asks {remote} again and again, and runs something new each time",
                id.pid
            ))
            .rated(severity)
            .with(Some(scene.process.id))
            .because("it asks the same place", Fact::of(scene.event, format!("{remote}, {asked} times")));
        for fact in rounds.into_iter().skip(1).take(4) {
            found.with(Some(fact.process));
            found.because("and ran, in between, what it had not run before", fact);
        }
    }
}

/// What stands for a command: its program and arguments.
fn command(process: &Process) -> u64 {
    let mut hasher = DefaultHasher::new();
    words(process).hash(&mut hasher);
    hasher.finish()
}

fn words(process: &Process) -> String {
    let args = process.image().into_iter().flat_map(|image| image.argv.args.iter());
    args.map(|arg| arg.lossless()).collect::<Vec<_>>().join(" ")
}
