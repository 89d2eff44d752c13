//! What arguments and working directories say, where nothing better is known: of recordings without namespaces and
//! opened files.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::incident::name_of;
use super::kin::{administers, program};
use super::rule::Severity;
use crate::model::{Direction, Exec, GroupKey, Kind, Model, Net, NetOp, NsKind, ProcessId};

/// Directories that a kubelet takes pods from, without asking the API.
const STATIC_PODS: &[&str] =
    &["/etc/kubernetes/manifests", "/etc/kubelet.d", "/var/lib/rancher/k3s/agent/pod-manifests"];
/// Directories that anybody may write to, and that no image brings programs in.
const TEMPORARY: &[&[u8]] = &[b"/tmp/", b"/var/tmp/", b"/dev/shm/"];
/// What was told is remembered for so many.
const KEEP: usize = 16_384;

/// Reads between the lines.
#[derive(Debug, Default)]
pub(super) struct Hints {
    told: HashSet<(ProcessId, &'static str)>,
}

impl Behaviour for Hints {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        match &scene.event.kind {
            Kind::Exec(exec) => {
                self.enters(exec, scene, out);
                self.static_pods(exec, scene, out);
            }
            Kind::Net(net) if net.op == NetOp::Connect && net.direction == Direction::Outbound => {
                self.temporary(net, scene, out);
            }
            _ => {}
        }
    }

    fn forget(&mut self, gone: ProcessId, _: &Model) {
        self.told.retain(|(process, _)| *process != gone);
    }
}

impl Hints {
    fn once(&mut self, process: ProcessId, rule: &'static str) -> bool {
        if self.told.len() > KEEP {
            self.told.clear();
        }
        self.told.insert((process, rule))
    }

    /// A container's process asks, by its arguments, for the namespaces of the host's init. Where namespaces are known
    /// they tell it themselves.
    fn enters(&mut self, exec: &Exec, scene: &Scene<'_>, out: &mut Sink) {
        let inside = matches!(scene.process.group, GroupKey::Container(_));
        if !inside || exec.namespaces.get(NsKind::Mnt).is_some() || program(scene.process) != "nsenter" {
            return;
        }
        let args: Vec<String> = exec.image.argv.args.iter().map(|arg| arg.lossless()).collect();
        let of_init = args.windows(2).any(|pair| (pair[0] == "-t" || pair[0] == "--target") && pair[1] == "1")
            || args.iter().any(|arg| arg == "-t1" || arg == "--target=1");
        if !of_init || !self.once(scene.process.id, "enters_by_arguments") {
            return;
        }
        let Some(found) = out.raise("enters_by_arguments", scene) else { return };
        let place = name_of(&scene.process.group, scene.model);
        found
            .titled(format!("nsenter ({}) of {place} asks for the namespaces of the host's init", scene.process.id.pid))
            .because("its arguments say so; what it entered was not recorded", Fact::of(scene.event, args.join(" ")));
    }

    /// Somebody works where static pods are kept.
    fn static_pods(&mut self, exec: &Exec, scene: &Scene<'_>, out: &mut Sink) {
        let cwd = exec.image.cwd.bytes();
        let there = STATIC_PODS.iter().any(|place| cwd.strip_suffix(b"/").unwrap_or(cwd) == place.as_bytes());
        if !there || administers(scene.process, scene.model) {
            return;
        }
        if !self.once(scene.process.birth_parent.unwrap_or(scene.process.id), "static_pod_directory") {
            return;
        }
        let Some(found) = out.raise("static_pod_directory", scene) else { return };
        let place = name_of(&scene.process.group, scene.model);
        let who = program(scene.process);
        found
            .titled(format!("{who} ({}) of {place} works in the directory of static pods", scene.process.id.pid))
            .because(
                "a file that appears there becomes a pod, which the API is not asked for",
                Fact::of(scene.event, exec.image.cwd.lossless()),
            );
        if matches!(scene.process.group, GroupKey::Container(_)) {
            found.rated(Severity::High);
        }
    }

    /// A program out of a directory for temporary files calls out.
    fn temporary(&mut self, net: &Net, scene: &Scene<'_>, out: &mut Sink) {
        let Some(image) = scene.process.image().filter(|_| !scene.process.inherited) else { return };
        let loopback = net.remote.is_some_and(|remote| remote.ip().is_loopback());
        if loopback || !TEMPORARY.iter().any(|place| image.exe.bytes().starts_with(place)) {
            return;
        }
        if !self.once(scene.process.id, "temporary_program_connects") {
            return;
        }
        let Some(found) = out.raise("temporary_program_connects", scene) else { return };
        let place = name_of(&scene.process.group, scene.model);
        let (exe, remote) = (image.exe.lossless(), net.remote.map(|remote| remote.to_string()).unwrap_or_default());
        let run = Fact { time: image.time, process: scene.process.id, kind: "exec", text: exe.clone() };
        found
            .titled(format!("{exe} of {place} calls {remote}"))
            .because("its program lies where only temporary files do", run)
            .because("it opened a connection", Fact::of(scene.event, remote));
    }
}
