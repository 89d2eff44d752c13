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
        let args: Vec<String> = exec.image.argv.args.iter().map(|arg| arg.lossless()).collect();
        let of_init = match (program(scene.process).as_str(), args.get(1).map(String::as_str)) {
            ("nsenter", _) => targets_init(args.get(1..).unwrap_or_default()),
            ("busybox" | "toybox", Some("nsenter")) => targets_init(args.get(2..).unwrap_or_default()),
            _ => false,
        };
        if !inside || exec.namespaces.get(NsKind::Mnt).is_some() {
            return;
        }
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
        let Some(image) = scene.process.image() else { return };
        // Looking up a name is no call.
        let aside = net.remote.is_some_and(|remote| remote.ip().is_loopback() || remote.port() == 53);
        if aside || !TEMPORARY.iter().any(|place| image.exe.bytes().starts_with(place)) {
            return;
        }
        if !self.once(scene.process.id, "temporary_program_connects") {
            return;
        }
        let Some(found) = out.raise("temporary_program_connects", scene) else { return };
        let place = name_of(&scene.process.group, scene.model);
        let (exe, remote) = (image.exe.lossless(), net.remote.map(|remote| remote.to_string()).unwrap_or_default());
        let run = Fact { time: image.time, process: scene.process.id, kind: "exec".into(), text: exe.clone() };
        found
            .titled(format!("{exe} of {place} calls {remote}"))
            .because("its program lies where only temporary files do", run)
            .because("it opened a connection", Fact::of(scene.event, remote));
    }
}

/// Whether the options of nsenter(1), up to the command, name the host's init.
fn targets_init(args: &[String]) -> bool {
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        if let Some(long) = arg.strip_prefix("--") {
            match long.split_once('=') {
                Some((_, value)) if value == "1" || value.starts_with("/proc/1/") => return true,
                None if long == "target" => return args.next() == Some("1"),
                _ if long.is_empty() => return false,
                _ => continue,
            }
        }
        let Some(letters) = arg.strip_prefix('-') else { return false };
        if let Some(at) = letters.find(['t', 'S', 'G', 'r', 'w'].as_slice()) {
            let value = &letters[at + 1..];
            let value = if value.is_empty() { args.next().unwrap_or_default() } else { value };
            if letters[at..].starts_with('t') {
                return value == "1";
            }
        }
        if letters.contains("/proc/1/") {
            return true;
        }
    }
    false
}
