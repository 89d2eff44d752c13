//! Programs that are in no file system: in memory only, or deleted before they ran.

#[cfg(test)]
mod tests;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::image::interprets;
use super::incident::name_of;
use super::kin::is_runtime;
use super::rule::Severity;
use super::told::Told;
use crate::model::{Deed, GroupKey, Kind, Model, Opened, ProcessId};

use std::collections::HashMap;

/// Files in memory remembered.
const KEEP: usize = 4_096;

/// Watches what is run.
#[derive(Debug, Default)]
pub(super) struct Fileless {
    /// Who made a file in memory, and what shows it.
    made: HashMap<ProcessId, Fact>,
    told: Told,
}

impl Behaviour for Fileless {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        match &scene.event.kind {
            Kind::Act(act) => {
                if let (Deed::Memfd { .. }, None) = (&act.what, act.error) {
                    if self.made.len() > KEEP {
                        self.made.clear();
                    }
                    self.made.insert(scene.process.id, Fact::of(scene.event, act.to_string()));
                }
                if let (Deed::Open(opened), None) = (&act.what, act.error) {
                    self.loaded(opened, scene, out);
                }
            }
            Kind::Exec(exec) => {
                let in_memory = exec.file.as_ref().is_some_and(|file| file.in_memory);
                let shm = exec.image.exe.bytes().starts_with(b"/dev/shm/");
                if !in_memory && !exec.image.unlinked && !shm {
                    return;
                }
                // A runtime runs a sealed copy of itself, so that no container can change it.
                let own = matches!(scene.process.group, GroupKey::Container(_))
                    && scene.process.born_in.as_ref() == Some(&scene.process.group);
                let sealed = exec.image.exe.bytes().windows(12).any(|window| window == b"runc_cloned:");
                if sealed && !own || is_runtime(scene.process, scene.model) {
                    return;
                }
                self.raise(scene, in_memory, shm, out);
            }
            _ => {}
        }
    }

    fn forget(&mut self, gone: ProcessId, _: &Model) {
        self.made.remove(&gone);
    }
}

impl Fileless {
    /// A library, a program that the dynamic loader was given, or a script, that is only in memory.
    fn loaded(&mut self, opened: &Opened, scene: &Scene<'_>, out: &mut Sink) {
        let process = scene.process;
        let args = process.image().map(|image| &image.argv.args);
        let named = || args.is_some_and(|args| args.iter().skip(1).take(3).any(|arg| through_descriptor(arg.bytes())));
        let script = opened.in_memory && process.image().is_some_and(interprets) && named();
        // What compiles while it runs maps what it made itself, and has no libraries there.
        let own = opened.writer.is_none() || opened.writer == Some(process.id);
        let library = opened.mapped && opened.in_memory && process.image().is_some_and(interprets) && own;
        if !script && !library || !self.told.once("memory_exec", process.id, opened.inode) {
            return;
        }
        let made = self.made.get(&process.id).cloned();
        let Some(found) = out.raise("memory_exec", scene) else { return };
        let (place, what) = (name_of(&process.group, scene.model), opened.path.lossless());
        let kind = if script { "script" } else { "library" };
        found
            .titled(format!("A {kind} that is only in memory runs on {place}: {what} ({})", process.id.pid))
            .rated(Severity::Medium)
            .because(format!("the {kind} is in no file system"), Fact::of(scene.event, what));
        if let Some(made) = made {
            found.because("the file was made in memory", made);
        }
    }

    fn raise(&self, scene: &Scene<'_>, in_memory: bool, shm: bool, out: &mut Sink) {
        let Some(image) = scene.process.image() else { return };
        let rule = if in_memory { "memory_exec" } else { "deleted_exec" };
        let lineage = scene.model.lineage(scene.process.id);
        let family = || std::iter::once(scene.process).chain(lineage.clone().take(3));
        let remote = family().find_map(|it| it.connections.iter().rev().find_map(|c| Some((it, c.remote?))));
        let made = family().find_map(|it| self.made.get(&it.id)).filter(|_| in_memory);
        let Some(found) = out.raise(rule, scene) else { return };
        let place = name_of(&scene.process.group, scene.model);
        let what = image.exe.lossless();
        let how = if in_memory {
            "is only in memory"
        } else if shm {
            "lies in shared memory"
        } else {
            "was deleted before it ran"
        };
        found
            .titled(format!("A program that {how} runs on {place}: {what} ({})", scene.process.id.pid))
            .because(format!("the file of the program {how}"), Fact::of(scene.event, what));
        if let Some(made) = made {
            found.because("the file was made in memory", made.clone()).with(Some(made.process));
        }
        if let Some((who, remote)) = remote {
            let fact = Fact { time: who.born, process: who.id, kind: "connect".into(), text: remote.to_string() };
            found.because("it, or who started it, talks to the network", fact).with(Some(who.id));
            if in_memory {
                found.rated(Severity::Critical);
            }
        }
    }
}

/// `/proc/self/fd/3`, `/dev/fd/3`
fn through_descriptor(path: &[u8]) -> bool {
    path.starts_with(b"/dev/fd/") || path.starts_with(b"/proc/") && path.windows(4).any(|window| window == b"/fd/")
}
