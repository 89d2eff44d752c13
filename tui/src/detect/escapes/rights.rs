//! Rights that nobody gave: root out of nowhere, and containers that begin with too many.

use std::collections::HashMap;

use super::super::behaviour::{Scene, Sink};
use super::super::finding::Fact;
use super::super::rule::Severity;
use super::places::HOLDING;
use super::{View, who};
use crate::model::{Creds, Deed, Kind, Model, NsKind, ProcessId};

/// Processes without root that are remembered.
const KEEP: usize = 65_536;
/// Capabilities (`capabilities(7)`): CAP_SETUID, CAP_SYS_ADMIN, CAP_SYS_MODULE, CAP_SYS_PTRACE, CAP_SYS_RAWIO.
const SETUID: u64 = 1 << 7;
const SYS_ADMIN: u64 = 1 << 21;
pub(super) const STRONG: u64 = SYS_ADMIN | 1 << 16 | 1 << 19 | 1 << 17;
/// `st_mode`: set user id, set group id.
const SETIDS: u32 = 0o6000;

/// The ids that processes without root had last.
#[derive(Debug, Default)]
pub(super) struct Rights {
    humble: HashMap<ProcessId, Creds>,
}

impl Rights {
    pub(super) fn forget(&mut self, gone: ProcessId) {
        self.humble.remove(&gone);
    }

    /// Looks whether somebody became root without a way to.
    pub(super) fn note(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        let process = scene.process;
        match &scene.event.kind {
            Kind::Fork(fork) => {
                if is_root(&fork.creds)
                    && self.humble.contains_key(&fork.maker)
                    && same_user_ns(scene.model, fork.maker)
                {
                    self.humble.remove(&fork.maker);
                    raise(fork.maker, scene, out);
                }
                self.learn(process.id, &fork.creds, 0);
            }
            Kind::Exec(exec) => {
                let setuid = exec.file.as_ref().is_none_or(|file| file.mode & SETIDS != 0);
                let before = self.humble.contains_key(&process.id);
                if before && is_root(&exec.creds) && !setuid && same_user_ns(scene.model, process.id) {
                    raise(process.id, scene, out);
                }
                self.learn(process.id, &exec.creds, exec.caps.effective);
            }
            Kind::Act(act) if act.error.is_none() => match &act.what {
                // It asked, and the kernel allowed it: what it had was enough.
                Deed::Creds { creds, caps, .. } => self.learn(process.id, creds, caps.effective),
                // In a user namespace of its own it may become root of that.
                Deed::Namespaces { .. } => self.forget(process.id),
                _ => {}
            },
            Kind::Seen(seen) => self.learn(process.id, &seen.creds, seen.caps.effective),
            _ => {}
        }
    }

    fn learn(&mut self, process: ProcessId, creds: &Creds, effective: u64) {
        if is_root(creds) || creds.uid == 0 || effective & (SETUID | SYS_ADMIN) != 0 {
            self.humble.remove(&process);
        } else {
            if self.humble.len() >= KEEP {
                self.humble.clear();
            }
            self.humble.insert(process, *creds);
        }
    }
}

fn is_root(creds: &Creds) -> bool {
    creds.euid == 0
}

/// True when the process is in the host's user namespace, or nothing is known of it.
fn same_user_ns(model: &Model, id: ProcessId) -> bool {
    let host = model.boot().namespaces.get(NsKind::User);
    model.process(id).and_then(|process| process.namespaces.get(NsKind::User)).is_none_or(|own| Some(own) == host)
}

fn raise(process: ProcessId, scene: &Scene<'_>, out: &mut Sink) {
    let name = scene.model.process(process).map_or_else(|| process.pid.to_string(), who);
    let Some(found) = out.raise_for("root_from_nowhere", process, scene.event.time) else { return };
    let fact =
        Fact { time: scene.event.time, process, kind: scene.event.kind.name().into(), text: "euid 0".to_owned() };
    found
        .titled(format!("{name} is root, and nothing made it so"))
        .rated(Severity::Critical)
        .because("it was not root, had no right to become it, and ran no setuid program; now it is", fact);
}

/// What a container may do from its start, told once when its first program runs.
pub(super) fn start(view: &View<'_>, out: &mut Sink) {
    let first = view.baseline.is_some_and(|it| it.first == view.scene.process.id);
    let (Kind::Exec(exec), true, true) = (&view.scene.event.kind, view.main, first) else { return };
    if view.scene.process.images.len() > 2 {
        return;
    }
    let shared: Vec<&str> = HOLDING.into_iter().filter(|&kind| view.shares(kind)).map(NsKind::name).collect();
    let shared: Vec<&str> = shared.into_iter().filter(|name| *name != "cgroup").collect();
    if exec.caps.effective & STRONG != 0 {
        let Some(found) = out.raise("privileged_container", view.scene) else { return };
        found.titled(format!("{} runs with rights over the host", view.of())).because(
            "its first program has capabilities beyond a container's",
            view.fact(format!("{:#x}", exec.caps.effective)),
        );
        if !shared.is_empty() {
            found.because("it shares namespaces with the host", view.fact(shared.join(", ")));
        }
    } else if !shared.is_empty() {
        let Some(found) = out.raise("host_namespaces_shared", view.scene) else { return };
        found
            .titled(format!("{} shares the host's {}", view.of(), shared.join(", ")))
            .because("it was started in namespaces of the host", view.fact(shared.join(", ")));
    }
}
