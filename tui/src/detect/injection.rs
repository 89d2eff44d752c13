//! Reaching into the memory of others on the same side of every border: how code is run in another's name.

#[cfg(test)]
mod tests;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::incident::name_of;
use super::kin::program;
use super::rule::Severity;
use super::told::Told;
use crate::model::{Deed, GroupKey, Kind, Opened, Process, ProcessId, ReachCall};

/// Magic number of proc (`statfs(2)`).
const PROC: u32 = 0x9fa0;

/// Watches who writes into whom.
#[derive(Debug, Default)]
pub(super) struct Injection {
    told: Told,
}

impl Behaviour for Injection {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        let Kind::Act(act) = &scene.event.kind else { return };
        let memory = |opened: &Opened| opened.fs == PROC && opened.inside.bytes().ends_with(b"/mem");
        let (target, severity, rule) = match &act.what {
            Deed::Reach { how: ReachCall::Attach, target } => (*target, Severity::Low, "process_injected"),
            Deed::Reach { how: ReachCall::Poke | ReachCall::WriteMemory, target } => {
                (*target, Severity::Medium, "process_injected")
            }
            Deed::Reach { how: ReachCall::ReadMemory, target } => (*target, Severity::Medium, "memory_read"),
            Deed::Open(opened) if memory(opened) && opened.write && !opened.read => {
                (opened.subject, Severity::Medium, "process_injected")
            }
            // Debuggers open it for both, and read.
            Deed::Open(opened) if memory(opened) => (opened.subject, Severity::Medium, "memory_read"),
            _ => return,
        };
        let Some(target) = target.and_then(|id| scene.model.process(id)) else { return };
        // A debugger has what it started; and what crosses a border is told as an escape.
        if family(scene.process, target, scene) || crosses(scene.process, target) {
            return;
        }
        if !self.told.once(rule, scene.process.id, (target.id, severity)) {
            return;
        }
        let Some(found) = out.raise(rule, scene) else { return };
        let (who, whom) = (program(scene.process), program(target));
        let place = name_of(&scene.process.group, scene.model);
        let verb = match (severity, act.error.is_some()) {
            (_, true) => "tried to reach into",
            (Severity::Low, _) => "attached to",
            _ if rule == "memory_read" => "reads the memory of",
            _ => "writes into the memory of",
        };
        found
            .titled(format!("{who} ({}) of {place} {verb} {whom} ({})", scene.process.id.pid, target.id.pid))
            .rated(if act.error.is_some() { Severity::Low } else { severity })
            .refused(act.error.is_some())
            .with(Some(target.id))
            .because("it did not start whom it reached into", Fact::of(scene.event, act.to_string()));
    }
}

/// One of both made the other.
fn family(process: &Process, target: &Process, scene: &Scene<'_>) -> bool {
    let made = |maker: ProcessId, of: ProcessId| scene.model.lineage(of).any(|ancestor| ancestor.id == maker);
    process.id == target.id || made(process.id, target.id) || made(target.id, process.id)
}

fn crosses(process: &Process, target: &Process) -> bool {
    matches!(process.group, GroupKey::Container(_)) && process.group != target.group
}
