//! What a process is allowed, as the kernel has it.

use procfs::process::{Process, Status};

use super::mounts::{self, Mount};
use super::process::{lossy, namespaces, status};
use super::users::stretches;
use crate::model::{Allowed, Namespaces, NsKind, ProcessId, Seccomp, Ticks};

/// The node, as far as a container is held against it.
pub(in crate::source) struct Node {
    namespaces: Namespaces,
    mounts: Vec<Mount>,
    /// Capabilities that the node itself has at most.
    bounding: Option<u64>,
}

impl Node {
    /// The node as its first process sees it, whose namespaces are `namespaces`; as this one does, where that may not be
    /// looked at.
    pub(in crate::source) fn read(namespaces: Namespaces) -> Node {
        let own = i32::try_from(std::process::id()).ok();
        let seen = [Some(1), own].into_iter().flatten().filter_map(|pid| Process::new(pid).ok());
        let found = seen.filter_map(|process| Some((mounts::read(&process)?, process))).next();
        let bounding = found.as_ref().and_then(|(_, process)| status(process)?.capbnd);
        Node { namespaces, mounts: found.map(|(mounts, _)| mounts).unwrap_or_default(), bounding }
    }
}

/// What a process is allowed; `None` when it is not there (any more). What cannot be read is left out.
pub(in crate::source) fn allowed(id: ProcessId, node: &Node) -> Option<Allowed> {
    // The directory is opened once: whatever is read through it is of this process, even if the pid is used again.
    let process = Process::new(i32::try_from(id.pid).ok()?).ok()?;
    if Ticks(process.stat().ok()?.starttime) != id.start {
        return None;
    }
    let status = status(&process)?;
    let mut allowed = Allowed {
        bounding: status.capbnd,
        effective: Some(status.capeff),
        permitted: Some(status.capprm),
        seccomp: status.seccomp.and_then(seccomp),
        no_new_privs: status.nonewprivs.map(|set| set != 0),
        ..Allowed::default()
    };
    users(&process, &status, &mut allowed);
    label(&process, &mut allowed);
    share(&namespaces(&process), &node.namespaces, &mut allowed);
    if let Some(own) = mounts::read(&process).filter(|_| !node.mounts.is_empty()) {
        mounts::judge(&own, &node.mounts, &mut allowed);
    }
    allowed.privileged = privileged(&allowed, node);
    process.is_alive().then_some(allowed)
}

/// `Seccomp` of /proc/PID/status.
fn seccomp(mode: u32) -> Option<Seccomp> {
    match mode {
        0 => Some(Seccomp::Disabled),
        1 => Some(Seccomp::Strict),
        2 => Some(Seccomp::Filter),
        _ => None,
    }
}

fn users(process: &Process, status: &Status, allowed: &mut Allowed) {
    let Some(map) = lossy(process, "uid_map").map(|map| stretches(&map)) else { return };
    let outside = |stretch: &&(u64, u64, u64)| {
        let (_, outside, count) = **stretch;
        (outside..outside.saturating_add(count)).contains(&u64::from(status.euid))
    };
    let own = map.iter().find(outside).map(|(inside, outside, _)| inside + (u64::from(status.euid) - outside));
    allowed.uid = own.and_then(|own| u32::try_from(own).ok());
    allowed.root_is =
        map.iter().find(|(inside, ..)| *inside == 0).and_then(|(_, outside, _)| (*outside).try_into().ok());
}

/// AppArmor and SELinux both tell in attr/current; an SELinux label has four parts.
fn label(process: &Process, allowed: &mut Allowed) {
    let read = |file| lossy(process, file).map(|text| text.trim_matches(['\0', '\n']).to_owned());
    let Some(label) = read("attr/apparmor/current").or_else(|| read("attr/current")).filter(|it| !it.is_empty()) else {
        return;
    };
    match label.splitn(4, ':').count() {
        4 => allowed.selinux = Some(label),
        _ => allowed.apparmor = Some(label),
    }
}

fn share(own: &Namespaces, node: &Namespaces, allowed: &mut Allowed) {
    for kind in NsKind::ALL {
        allowed.set_shared(kind, own.get(kind).zip(node.get(kind)).map(|(own, node)| own == node));
    }
}

/// Whoever has every right that the node itself has, unfiltered, is as good as privileged, whatever it was called.
fn privileged(allowed: &Allowed, node: &Node) -> Option<bool> {
    let all = node.bounding? & !allowed.bounding? == 0;
    Some(all && allowed.seccomp? == Seccomp::Disabled && allowed.root_is? == 0)
}
