//! Programs of a container that are not of its image.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::image::interprets;
use super::incident::name_of;
use super::kin::{installs, is_runtime, program};
use super::rule::Severity;
use crate::model::{Deed, Direction, GroupKey, Kind, Model, Process, ProcessId};

/// Programs remembered; beyond that they may be told again.
const KEEP: usize = 16_384;

/// Magic number of tmpfs (`statfs(2)`).
const TMPFS: u32 = 0x0102_1994;

/// Watches what containers run.
#[derive(Debug, Default)]
pub(super) struct Drift {
    told: HashSet<(GroupKey, (u32, u64))>,
}

impl Behaviour for Drift {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        if !matches!(scene.process.group, GroupKey::Container(_)) {
            return;
        }
        match &scene.event.kind {
            Kind::Exec(exec) => {
                let Some(file) = exec.file.as_ref().filter(|file| !file.in_memory) else { return };
                let what = exec.image.exe.lossless();
                if file.upper {
                    self.raise(&what, "runs", (file.device, file.inode), file.writer, scene, out);
                } else if file.fs == TMPFS && !shared_memory(&what) && !is_runtime(scene.process, scene.model) {
                    // No image brings anything there.
                    self.raise(&what, "runs", (file.device, file.inode), file.writer, scene, out);
                }
            }
            Kind::Act(act) if act.error.is_none() => {
                let Deed::Open(opened) = &act.what else { return };
                let script = || {
                    let args = scene.process.image().map(|image| &image.argv.args);
                    scene.process.image().is_some_and(interprets)
                        && args.is_some_and(|args| {
                            args.iter().skip(1).take(3).any(|arg| arg.bytes() == opened.path.bytes())
                        })
                };
                if opened.upper && (opened.mapped || script()) {
                    let verb = if opened.mapped { "is loaded" } else { "runs" };
                    let what = opened.path.lossless();
                    self.raise(&what, verb, (opened.device, opened.inode), opened.writer, scene, out);
                }
            }
            _ => {}
        }
    }
}

impl Drift {
    fn raise(
        &mut self,
        what: &str,
        verb: &str,
        file: (u32, u64),
        writer: Option<ProcessId>,
        scene: &Scene<'_>,
        out: &mut Sink,
    ) {
        if self.told.len() > KEEP {
            self.told.clear();
        }
        if !self.told.insert((scene.process.group.clone(), file)) {
            return;
        }
        let writer = writer.and_then(|id| scene.model.process(id));
        let installed = installs(scene.process, scene.model) || writer.is_some_and(|it| installs(it, scene.model));
        let fetched = writer.and_then(|writer| fetched(writer, scene.model));
        let Some(found) = out.raise("drift_exec", scene) else { return };
        let place = name_of(&scene.process.group, scene.model);
        found.titled(format!("{what} {verb} in {place}, and is not of its image")).because(
            "the file lies where the container itself wrote, and not in its image",
            Fact::of(scene.event, what),
        );
        if let Some(writer) = writer {
            let text = format!("{} ({})", program(writer), writer.id.pid);
            let fact = Fact { time: writer.born, process: writer.id, kind: "open".into(), text };
            found.because("it was written there by", fact).with(Some(writer.id));
        }
        match (installed, fetched) {
            (true, _) => {
                found.rated(Severity::Low);
            }
            (false, Some((who, remote))) => {
                let fact = Fact { time: scene.event.time, process: who, kind: "connect".into(), text: remote };
                found.because("who wrote it had it from the network", fact).with(Some(who)).rated(Severity::High);
            }
            (false, None) => {}
        }
    }
}

/// What is run from there is told as that.
fn shared_memory(path: &str) -> bool {
    path.starts_with("/dev/shm/")
}

/// The connection that a writer opened, or somebody beside it whose output it was handed: a shell opens the file, and
/// has another program fill it.
fn fetched(writer: &Process, model: &Model) -> Option<(ProcessId, String)> {
    let maker = writer.birth_parent.into_iter().filter(|id| id.pid > 1);
    let beside = maker.flat_map(|id| model.born_of(id)).filter(|it| it.born >= writer.born).take(16);
    std::iter::once(writer).chain(model.born_of(writer.id).take(16)).chain(beside).find_map(|it| {
        let outward = it.connections.iter().find(|connection| connection.direction == Direction::Outbound)?;
        Some((it.id, outward.remote?.to_string()))
    })
}
