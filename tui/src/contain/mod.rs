//! Doing what was asked for on the screen to what runs: by pidfd, or through the cgroup of a container. The one room that
//! changes anything on the node, and only where that was allowed at the start.

mod branch;
mod cgroup;
mod held;
mod words;

use rustix::process::Signal;

use crate::app::{Allowed, Order, Verb, Whom};
pub use held::own_line;

use held::{Fault, Held, hold};

/// What became of an order.
#[derive(Debug, Default)]
pub struct Done {
    /// Pids that it was done to.
    pub reached: Vec<u32>,
    /// Pids that it was not done to, and why.
    pub missed: Vec<(u32, Fault)>,
    /// What was done to a container, or why nothing.
    pub container: Option<Result<String, String>>,
}

impl Done {
    /// In a line: what was done to whom, what the kernel answered, and who asked.
    pub fn told(&self, order: &Order, who: &str) -> String {
        words::told(self, order, who)
    }
}

/// Does it. Each process is held by a pidfd first, and compared with the one that is meant: a pid that somebody else has by now
/// is never hit.
pub fn perform(order: &Order, allowed: &Allowed) -> Done {
    match order.verb {
        Verb::Freeze => cgroup::set(order, allowed, true),
        Verb::Thaw => cgroup::set(order, allowed, false),
        Verb::Continue => each(order, allowed, Signal::CONT),
        Verb::Stop | Verb::Kill if matches!(order.whom, Whom::Branch(_) | Whom::Incident(_)) => {
            branch::stop(order, allowed)
        }
        Verb::Stop => each(order, allowed, Signal::STOP),
        Verb::Kill => each(order, allowed, Signal::KILL),
    }
}

fn each(order: &Order, allowed: &Allowed, signal: Signal) -> Done {
    let mut done = Done::default();
    for target in &order.targets {
        let sent = hold(target.id, allowed).and_then(|held: Held| held.send(signal));
        done.note(target.id.pid, sent);
    }
    done
}

impl Done {
    fn note(&mut self, pid: u32, sent: Result<(), Fault>) {
        match sent {
            Ok(()) => self.reached.push(pid),
            Err(fault) => self.missed.push((pid, fault)),
        }
    }
}

#[cfg(test)]
mod tests;
