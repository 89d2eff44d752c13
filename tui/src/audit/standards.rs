//! Checks of what only the Pod Security Standards name: ports of the node, settings of the kernel, labels, kinds of volumes.

use super::catalogue::Check;
use super::facts::{Facts, is_real, list};
use super::judge::{Verdict, decide, mounts, told};
use super::paths;
use crate::detect::Severity;
use crate::model::{HostMount, HostPort, Witness};

/// Settings that belong to a pod alone and disturb nobody else (Pod Security Standards of Kubernetes 1.32).
const SAFE: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

/// Types of processes that SELinux confines as a container's (likewise); the last is what `container_t` was called once.
const CONFINED: [&str; 5] =
    ["container_t", "container_init_t", "container_kvm_t", "container_engine_t", "svirt_lxc_net_t"];

/// Ports of the node: less bad where only the node itself reaches them.
pub(super) fn host_port(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    let votes = facts.ask_pod(|it| {
        let ports = it.asked.ports.as_ref()?;
        let none = "no port of the node leads to it".to_owned();
        Some((!ports.is_empty(), if ports.is_empty() { none } else { list(ports.iter().map(HostPort::to_string)) }))
    });
    let known = facts.pod.as_ref().unwrap_or(&facts.told).iter().filter_map(|(_, it)| it.asked.ports.as_ref());
    let local = |port: &HostPort| port.address.is_some_and(|address| address.is_loopback());
    let only_local = known.flatten().all(local);
    decide(check, votes, if only_local { Severity::Info } else { check.severity })
}

/// Settings of the kernel that are not known to concern the container alone.
pub(super) fn unsafe_sysctl(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    let votes = facts.ask_pod(|it| {
        let set = it.asked.sysctls.as_ref()?.iter();
        let others: Vec<_> = set.filter(|(name, _)| !SAFE.contains(&name.replace('/', ".").as_str())).collect();
        let none = "none, or safe ones".to_owned();
        let all = || list(others.iter().map(|(name, value)| format!("{name} = {value}")));
        Some((!others.is_empty(), if others.is_empty() { none } else { all() }))
    });
    decide(check, votes, check.severity)
}

/// Whether SELinux holds a container as one. That a process has no label is the kernel's word alone: runtimes leave it out.
pub(super) fn selinux(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    let votes = facts.ask_each(|witness, it| match (&it.selinux, witness) {
        (Some(label), _) => Some((!confines(label), format!("SELinux label {label}"))),
        (None, Witness::Proc) => Some((false, "no SELinux label: the node has no SELinux".to_owned())),
        (None, _) => None,
    });
    decide(check, votes, check.severity)
}

/// Of `user:role:type:level` the first three; what is empty was not asked for.
fn confines(label: &str) -> bool {
    let mut parts = label.split(':').map(str::trim);
    let mut is = |known: &[&str]| parts.next().is_none_or(|part| part.is_empty() || known.contains(&part));
    label.contains(':') && is(&["system_u"]) && is(&["system_r"]) && is(&CONFINED)
}

/// Paths of the node that are harmless by themselves, where restricted pods have volumes. Of a pod by the word of who asked for
/// it: the kernel knows file systems, not what they are a volume of.
pub(super) fn host_volume(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    let mut votes = facts.ask(|it| {
        let all = it.mounts.as_ref()?;
        let found = mounts(it, |mount| plain_path(mount) && !came_along(mount, all))?;
        let none = "no others".to_owned();
        Some((!found.is_empty(), if found.is_empty() { none } else { told(&found) }))
    });
    let asked = votes.bad.iter().chain(&votes.good).any(|word| !is_real(word.witness));
    if facts.pod.is_some() && asked {
        votes.bad.retain(|word| !is_real(word.witness));
        votes.good.retain(|word| !is_real(word.witness));
    }
    decide(check, votes, check.severity)
}

/// True for what is mounted below another path of the node: a mount brings along what is mounted in it.
fn came_along(mount: &HostMount, all: &[HostMount]) -> bool {
    let below = |other: &HostMount| {
        let rest = mount.target.bytes().strip_prefix(other.target.bytes());
        rest.is_some_and(|rest| rest.starts_with(b"/"))
    };
    all.iter().any(below)
}

/// True for what no other check tells of, and no runtime brings along by itself.
fn plain_path(mount: &HostMount) -> bool {
    let source = mount.source.lossless();
    let other =
        paths::rate(mount).is_some() || paths::is_runtime_socket(mount) || paths::rate_device(&source).is_some();
    !other && !paths::is_own(mount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_confines_by_its_type_and_what_was_not_asked_for_is_the_runtimes() {
        for good in ["system_u:system_r:container_t:s0:c1,c2", "::container_init_t:", ":::s0:c7"] {
            assert!(confines(good), "{good}");
        }
        for bad in ["system_u:system_r:spc_t:s0", "::spc_t:", "disable", "unconfined_u:unconfined_r:container_t:s0"] {
            assert!(!confines(bad), "{bad}");
        }
    }
}
