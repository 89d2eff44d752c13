//! Programs of a container that are not of its image.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::incident::name_of;
use super::kin::{installs, program};
use super::rule::Severity;
use crate::model::{Direction, GroupKey, Kind, Process, ProcessId};

/// Programs remembered; beyond that they may be told again.
const KEEP: usize = 16_384;

/// Watches what containers run.
#[derive(Debug, Default)]
pub(super) struct Drift {
    told: HashSet<(GroupKey, u64)>,
}

impl Behaviour for Drift {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        let Kind::Exec(exec) = &scene.event.kind else { return };
        let Some(file) = exec.file.as_ref().filter(|file| file.upper && !file.in_memory) else { return };
        if !matches!(scene.process.group, GroupKey::Container(_)) {
            return;
        }
        if self.told.len() > KEEP {
            self.told.clear();
        }
        if !self.told.insert((scene.process.group.clone(), file.inode)) {
            return;
        }
        let writer = file.writer.and_then(|id| scene.model.process(id));
        let installed = installs(scene.process, scene.model) || writer.is_some_and(|it| installs(it, scene.model));
        let fetched = writer.and_then(fetched);
        let Some(found) = out.raise("drift_exec", scene) else { return };
        let (what, place) = (exec.image.exe.lossless(), name_of(&scene.process.group, scene.model));
        found
            .titled(format!("{what} runs in {place}, and is not of its image"))
            .because("the file lies in the layer that the container itself wrote", Fact::of(scene.event, what));
        if let Some(writer) = writer {
            let text = format!("{} ({})", program(writer), writer.id.pid);
            let fact = Fact { time: writer.born, process: writer.id, kind: "open", text };
            found.because("it was written there by", fact).with(Some(writer.id));
        }
        match (installed, fetched) {
            (true, _) => {
                found.rated(Severity::Low);
            }
            (false, Some((who, remote))) => {
                let fact = Fact { time: scene.event.time, process: who, kind: "connect", text: remote };
                found.because("who wrote it had it from the network", fact).with(Some(who)).rated(Severity::High);
            }
            (false, None) => {}
        }
    }
}

/// The connection that a writer opened.
fn fetched(writer: &Process) -> Option<(ProcessId, String)> {
    let outward = writer.connections.iter().find(|connection| connection.direction == Direction::Outbound)?;
    Some((writer.id, outward.remote?.to_string()))
}
