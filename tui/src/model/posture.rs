//! What a container is allowed, as somebody tells it: the kernel by /proc, or a runtime by what it was asked for.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::process::{NsKind, ProcessId, Time};
use super::text::Text;

/// Capabilities by bit, without `CAP_` (`linux/capability.h` of 6.12; unchanged since 5.9).
pub const CAPABILITIES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// What Docker and containerd give to a container that asks for nothing: CHOWN, DAC_OVERRIDE, FSETID, FOWNER, MKNOD, NET_RAW,
/// SETGID, SETUID, SETFCAP, SETPCAP, NET_BIND_SERVICE, SYS_CHROOT, KILL, AUDIT_WRITE.
pub const USUAL_CAPABILITIES: u64 = 0xa804_25fb;

/// Every capability that has a name.
pub const ALL_CAPABILITIES: u64 = (1 << CAPABILITIES.len()) - 1;

/// The bit of a capability by its name in any case, with or without `CAP_`; every bit for `ALL`, none for a name that is
/// not known.
pub fn capability(name: &str) -> u64 {
    let name = name.to_ascii_uppercase();
    let name = name.strip_prefix("CAP_").unwrap_or(&name);
    match CAPABILITIES.iter().position(|known| *known == name) {
        Some(bit) => 1 << bit,
        None if name == "ALL" => ALL_CAPABILITIES,
        None => 0,
    }
}

/// The names of a set of capabilities, in the order of their bits; those without a name as their number.
pub fn capability_names(set: u64) -> impl Iterator<Item = String> {
    (0..64).filter(move |bit| set & (1 << bit) != 0).map(|bit| match CAPABILITIES.get(bit) {
        Some(name) => (*name).to_owned(),
        None => bit.to_string(),
    })
}

/// Who told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Witness {
    /// The kernel, by /proc, of the container's first process: what is so.
    Proc,
    /// The Docker API: what was asked for.
    Docker,
    /// CRI: what the kubelet asked for.
    Cri,
    /// The OCI specification that the runtime made of it, from its bundle or from containerd.
    Bundle,
    /// The events of its first process, which tell of capabilities, namespaces and the user. They follow from what is kept
    /// of the process, and are no [`Posture`] of their own.
    Events,
}

impl Witness {
    /// Lower-case word, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Witness::Proc => "proc",
            Witness::Docker => "docker",
            Witness::Cri => "cri",
            Witness::Bundle => "bundle",
            Witness::Events => "events",
        }
    }
}

/// What a container is allowed, told at one moment by one witness: a whole picture, replacing what that one told before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posture {
    /// When.
    pub time: Time,
    /// Full id of the container.
    pub container: Arc<str>,
    /// Who told.
    pub witness: Witness,
    /// The process that was looked at; `None` where a runtime told.
    pub process: Option<ProcessId>,
    /// What it is allowed.
    pub allowed: Allowed,
}

/// What a container is allowed. What is not told is unknown, never false.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// Started as privileged.
    pub privileged: Option<bool>,
    /// Capabilities that its processes can have at most, one bit each (`capabilities(7)`).
    pub bounding: Option<u64>,
    /// Capabilities in force.
    pub effective: Option<u64>,
    /// Capabilities that can be put in force.
    pub permitted: Option<u64>,
    /// Capabilities that were asked for beyond the runtime's usual ones.
    pub added: Option<u64>,
    /// Whether system calls are filtered.
    pub seccomp: Option<Seccomp>,
    /// The name of the filter, where a runtime tells it (`default`, `localhost/shop.json`).
    pub profile: Option<String>,
    /// Whether programs that it runs can gain rights (`PR_SET_NO_NEW_PRIVS` is set when they cannot).
    pub no_new_privs: Option<bool>,
    /// The AppArmor profile (`docker-default (enforce)`); `unconfined` for none.
    pub apparmor: Option<String>,
    /// The SELinux label.
    pub selinux: Option<String>,
    /// The user id, as its own user namespace numbers it.
    pub uid: Option<u32>,
    /// The user, as a runtime was told: a name or a number, with or without a group.
    pub user: Option<String>,
    /// What the node numbers the container's user 0: 0 where it has no user namespace of its own.
    pub root_is: Option<u32>,
    /// Whether a namespace is the node's, in the order of [`NsKind::ALL`].
    pub shared: [Option<bool>; 8],
    /// Whether its root file system is read-only.
    pub read_only: Option<bool>,
    /// What of /proc says much of the node, or changes it, is hidden or read-only.
    pub masked: Option<bool>,
    /// Files and directories of the node that it has, without what every container of the runtime has.
    pub mounts: Option<Vec<HostMount>>,
    /// Devices of the node that it was given, by their path there.
    pub devices: Option<Vec<Text>>,
    /// What was asked of the node for it beyond that. The last field, and left out where nothing is known, as in recordings from
    /// before it was kept.
    #[serde(default, skip_serializing_if = "Asked::is_unknown")]
    pub asked: Asked,
}

/// What was asked of the node for a container, or for the pod of a sandbox. The kernel has no word for it that could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Ports of the node that lead to it.
    pub ports: Option<Vec<HostPort>>,
    /// Settings of the kernel that it is started with (`sysctl(8)`), by name and value.
    pub sysctls: Option<Vec<(String, String)>>,
}

impl Asked {
    fn is_unknown(&self) -> bool {
        *self == Asked::default()
    }
}

/// A port of the node that leads to a container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HostPort {
    /// The address of the node that it is on; `None` for all of them.
    pub address: Option<IpAddr>,
    /// The port of the node.
    pub port: u16,
    /// The port in the container.
    pub inside: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

impl HostPort {
    /// A port of the node, with the address as runtimes write it: none and `0.0.0.0` are all of them. `None` where no port of the
    /// node was asked for.
    pub fn new(address: &str, port: u16, inside: u16, protocol: &str) -> Option<HostPort> {
        let address = address.parse().ok().filter(|address: &IpAddr| !address.is_unspecified());
        (port != 0).then(|| HostPort { address, port, inside, protocol: protocol.to_ascii_lowercase() })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HostPort { address, port, inside, protocol } = self;
        match address {
            Some(address) => write!(to, "{}/{protocol} to its {inside}", SocketAddr::new(*address, *port)),
            None => write!(to, "{port}/{protocol} to its {inside}"),
        }
    }
}

impl Allowed {
    /// Whether it has this namespace in common with the node.
    pub fn shares(&self, kind: NsKind) -> Option<bool> {
        self.shared[kind as usize]
    }

    /// Says whether it has this namespace in common with the node.
    pub fn set_shared(&mut self, kind: NsKind, shared: Option<bool>) {
        self.shared[kind as usize] = shared;
    }
}

/// Whether system calls are filtered (`seccomp(2)`, /proc/PID/status).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Seccomp {
    /// They are not.
    Disabled,
    /// Only reading, writing and ending is allowed.
    Strict,
    /// By a filter; how much it lets through is not known.
    Filter,
}

impl Seccomp {
    /// Lower-case word, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Seccomp::Disabled => "disabled",
            Seccomp::Strict => "strict",
            Seccomp::Filter => "filter",
        }
    }
}

/// A file or directory of the node that a container has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HostMount {
    /// Its path on the node.
    pub source: Text,
    /// Where the container has it.
    pub target: Text,
    /// Whether it may be written to.
    pub writable: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_known_in_every_way_that_runtimes_write_them() {
        assert_eq!(capability("SYS_ADMIN"), 1 << 21);
        assert_eq!(capability("cap_sys_admin"), 1 << 21);
        assert_eq!(capability("ALL"), ALL_CAPABILITIES);
        assert_eq!(capability("NO_SUCH"), 0);
        let names: Vec<String> = capability_names(1 | 1 << 40 | 1 << 50).collect();
        assert_eq!(names, ["CHOWN", "CHECKPOINT_RESTORE", "50"]);
    }
}
