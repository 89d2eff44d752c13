//! A branch is stopped from the top down before anything else, so that nobody in it makes anybody who gets away.

use std::collections::HashSet;

use rustix::process::Signal;

use super::held::{Held, hold, stat};
use super::{Done, Fault};
use crate::app::{Allowed, Order, Verb};
use crate::model::{ProcessId, Ticks};

/// How often it is looked for those who were made meanwhile. Whoever is stopped makes nobody: it ends with the first look that
/// finds nobody, but for those who are stopped too late again and again.
const ROUNDS: usize = 64;

/// Stops all of a branch, and kills it then, if that was asked for.
pub(super) fn stop(order: &Order, allowed: &Allowed) -> Done {
    let mut done = Done::default();
    let mut held: Vec<Held> = Vec::new();
    for target in &order.targets {
        take(target.id, allowed, &mut held, &mut done);
    }
    for _ in 0..ROUNDS {
        let before = held.len();
        for child in children(&held) {
            take(child, allowed, &mut held, &mut done);
        }
        if held.len() == before {
            break;
        }
    }
    for one in &held {
        let sent = if order.verb == Verb::Kill { one.send(Signal::KILL) } else { Ok(()) };
        done.note(one.id.pid, sent);
    }
    done
}

fn take(id: ProcessId, allowed: &Allowed, held: &mut Vec<Held>, done: &mut Done) {
    let stopped = hold(id, allowed).and_then(|one| one.send(Signal::STOP).map(|()| one));
    match stopped {
        Ok(one) => held.push(one),
        Err(fault) if done.missed.iter().any(|(pid, _)| *pid == id.pid) => drop(fault),
        // Who ended by itself needs nothing more.
        Err(fault) => done.missed.push((id.pid, fault)),
    }
}

/// Those who are children of somebody who is held, and are not held themselves.
fn children(held: &[Held]) -> Vec<ProcessId> {
    let known: HashSet<u32> = held.iter().map(|one| one.id.pid).collect();
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| !known.contains(pid))
        .filter_map(|pid| {
            let stat = stat(pid)?;
            let made = u32::try_from(stat.ppid).is_ok_and(|parent| known.contains(&parent));
            (made && !matches!(stat.state, 'Z' | 'X')).then_some(ProcessId { pid, start: Ticks(stat.starttime) })
        })
        .collect()
}

impl Done {
    /// Whether somebody was missed who is still there.
    pub(super) fn is_short(&self) -> bool {
        self.missed.iter().any(|(_, fault)| *fault != Fault::Gone)
    }
}
