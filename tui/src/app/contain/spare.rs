//! Whom nothing is done to: without them the node, or this program, does not go on.

use super::Allowed;
use crate::model::{GroupKey, Process};

/// Programs that run containers, or make the node a part of a cluster.
const RUNTIMES: [&str; 12] = [
    "dockerd",
    "containerd",
    "containerd-shim",
    "containerd-shim-runc-v1",
    "containerd-shim-runc-v2",
    "runc",
    "crun",
    "youki",
    "crio",
    "conmon",
    "conmonrs",
    "kubelet",
];

/// Why a process is left alone; `None` for one that need not be. Names alone protect nobody within a container, nor who is
/// not root.
pub(super) fn spared(process: &Process, allowed: &Allowed) -> Option<&'static str> {
    let kernel = process.id.pid == 2 || process.birth_parent.is_some_and(|parent| parent.pid == 2);
    match process.id.pid {
        1 => Some("the first process of the node"),
        _ if kernel => Some("a kernel thread"),
        pid if allowed.own.contains(&pid) => Some("ktrace-tui itself, or a maker of it"),
        _ if is_runtime(process) => Some("the container runtime: use its own commands"),
        _ => None,
    }
}

fn is_runtime(process: &Process) -> bool {
    let inside = matches!(process.group, GroupKey::Container(_));
    let name = process.image().map(|image| image.exe.file_name());
    let named = name.is_some_and(|name| RUNTIMES.iter().any(|runtime| runtime.as_bytes() == name.bytes()));
    !inside && process.creds.uid == 0 && named
}
