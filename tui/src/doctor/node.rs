//! The node: its cgroups, its pid namespace, its /proc.

use procfs::process::{MountInfo, Process};

use super::Check;
use crate::model::Health;
use crate::source::host::{ALONE, Host, Place, in_initial_pid_namespace};
use crate::source::{Bases, cgroup_root};

fn mounts() -> Result<Vec<MountInfo>, String> {
    let mounts = Process::myself().and_then(|me| me.mountinfo());
    mounts.map(|mounts| mounts.into_iter().collect()).map_err(|error| format!("/proc/self/mountinfo: {error}"))
}

pub(super) fn standing() -> Check {
    let host = Host::here();
    let (health, text) = match (host.place, &host.root) {
        (Place::Node, _) => (Health::Ok, "this is the node itself".to_owned()),
        (Place::Container { node_pids: false }, _) => (Health::Degraded, ALONE.to_owned()),
        (Place::Container { node_pids: true }, Some(root)) => {
            (Health::Ok, format!("in a container with the node's processes; the node's root is at {}", root.display()))
        }
        (Place::Container { node_pids: true }, None) => {
            let text = "in a container that sees none of the node's files: users have no names, and containers only from \
                        sockets that are mounted here; mount the node's / at /host, or give CAP_SYS_PTRACE";
            (Health::Degraded, text.to_owned())
        }
    };
    Check::new("node", health, text)
}

pub(super) fn cgroups() -> Check {
    let mounts = match mounts() {
        Ok(mounts) => mounts,
        Err(error) => return Check::new("cgroups", Health::Missing, error),
    };
    let v2 = mounts.iter().any(|mount| mount.fs_type == "cgroup2");
    let v1 = mounts.iter().any(|mount| mount.fs_type == "cgroup");
    match (cgroup_root(), v1) {
        (Ok(at), false) => Check::new("cgroups", Health::Ok, format!("v2 at {}", at.display())),
        (Ok(at), true) => Check::new("cgroups", Health::Ok, format!("hybrid: v1, with v2 at {}", at.display())),
        (Err(why), _) if v2 || v1 => Check::new("cgroups", Health::Degraded, format!("no UDP connects: {why}")),
        (Err(why), _) => {
            let text =
                format!("containers are told from the kernel's names only, and there are no UDP connects: {why}");
            Check::new("cgroups", Health::Degraded, text)
        }
    }
}

pub(super) fn cgroup_namespace() -> Check {
    let (bases, topic) = (Bases::own(), "cgroup namespace");
    match bases.told() {
        _ if !bases.namespaced() => Check::new(topic, Health::Ok, "the initial one: paths in /proc are whole"),
        Some(at) => {
            Check::new(topic, Health::Ok, format!("one of its own, which is {at}; paths in /proc are told whole"))
        }
        None => {
            let text = "one of its own, and where that is cannot be seen: of what ran before the start some may stand under \
                        the host; mount the node's / at /host, or give CAP_SYS_PTRACE";
            Check::new(topic, Health::Degraded, text)
        }
    }
}

pub(super) fn pid_namespace() -> Check {
    if in_initial_pid_namespace() {
        return Check::new("pid namespace", Health::Ok, "the initial one: every process of the node is seen");
    }
    let text = "not the initial one: only its processes are seen; on a node, use hostPID or the host's namespace";
    Check::new("pid namespace", Health::Degraded, text)
}

pub(super) fn proc_mount() -> Check {
    let hidden = mounts().ok().and_then(|mounts| {
        // What was mounted last lies on top.
        let proc = mounts.into_iter().rfind(|mount| mount.mount_point.as_os_str() == "/proc")?;
        proc.super_options.get("hidepid").cloned().flatten().filter(|level| level != "0" && level != "off")
    });
    match hidden {
        Some(level) => {
            let text = format!("mounted with hidepid={level}: what ran before the start may be missing for non-root");
            Check::new("proc", Health::Degraded, text)
        }
        None => Check::new("proc", Health::Ok, "shows the processes that were there before the start"),
    }
}
