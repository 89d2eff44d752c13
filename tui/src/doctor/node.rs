//! The node: its cgroups, its pid namespace, its /proc.

use procfs::process::{MountInfo, Process};

use super::Check;
use crate::model::Health;
use crate::source::live::in_initial_pid_namespace;

fn mounts() -> Result<Vec<MountInfo>, String> {
    let mounts = Process::myself().and_then(|me| me.mountinfo());
    mounts.map(|mounts| mounts.into_iter().collect()).map_err(|error| format!("/proc/self/mountinfo: {error}"))
}

pub(super) fn cgroups() -> Check {
    let mounts = match mounts() {
        Ok(mounts) => mounts,
        Err(error) => return Check::new("cgroups", Health::Missing, error),
    };
    let v2 = mounts.iter().find(|mount| mount.fs_type == "cgroup2");
    let v1 = mounts.iter().any(|mount| mount.fs_type == "cgroup");
    match (v2, v1) {
        (Some(at), false) => Check::new("cgroups", Health::Ok, format!("v2 at {}", at.mount_point.display())),
        (Some(at), true) => {
            Check::new("cgroups", Health::Ok, format!("hybrid: v1, with v2 at {}", at.mount_point.display()))
        }
        (None, true) => {
            let text = "v1 only: no UDP connects; mount v2 beside it: mount -t cgroup2 none /sys/fs/cgroup/unified";
            Check::new("cgroups", Health::Degraded, text)
        }
        (None, false) => {
            let text = "none mounted: containers are told from the kernel's names only, and there are no UDP connects";
            Check::new("cgroups", Health::Degraded, text)
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
        let proc = mounts.into_iter().find(|mount| mount.mount_point.as_os_str() == "/proc")?;
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
