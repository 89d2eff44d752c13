//! What an OCI specification allows its container (`config.json` of the runtime specification 1.0 to 1.2). Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::{
    ALL_CAPABILITIES, Allowed, Asked, HostMount, NsKind, Seccomp, Text, USUAL_CAPABILITIES, capability,
};

/// Files that runtimes put into every container: where it has them, and how the node's side of them ends.
const USUAL_FILES: [(&str, &str); 5] = [
    ("/etc/hosts", "hosts"),
    ("/etc/hostname", "/hostname"),
    ("/etc/resolv.conf", "/resolv.conf"),
    ("/dev/shm", "/shm"),
    ("/dev/shm", "/dev/shm"),
];

/// As Docker and containerd reckon it: what is added to the usual ones, or to none where all were dropped.
pub(super) fn added_and_dropped(added: u64, dropped: u64) -> u64 {
    match dropped {
        ALL_CAPABILITIES => added,
        some => (USUAL_CAPABILITIES | added) & !some,
    }
}

/// As much of a specification as is asked here. What is not there is not asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec {
    process: Option<Process>,
    root: Option<Root>,
    mounts: Option<Vec<Mount>>,
    linux: Option<Linux>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Process {
    user: Option<User>,
    capabilities: Option<Capabilities>,
    no_new_privileges: bool,
    apparmor_profile: String,
    selinux_label: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    uid: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Capabilities {
    bounding: Option<Vec<String>>,
    effective: Option<Vec<String>>,
    permitted: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Root {
    readonly: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mount {
    destination: String,
    r#type: String,
    source: String,
    options: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Linux {
    namespaces: Option<Vec<Namespace>>,
    uid_mappings: Option<Vec<Mapping>>,
    seccomp: Option<serde::de::IgnoredAny>,
    masked_paths: Option<Vec<String>>,
    devices: Option<Vec<Device>>,
    sysctl: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Namespace {
    r#type: String,
    path: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Mapping {
    #[serde(rename = "containerID")]
    inside: u32,
    #[serde(rename = "hostID")]
    outside: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Device {
    path: String,
}

/// What a specification allows; `None` for what is none, or of another kind of system.
pub(super) fn of_spec(json: &[u8]) -> Option<Allowed> {
    let spec: Spec = serde_json::from_slice(json).ok()?;
    let (process, linux) = (spec.process?, spec.linux?);
    let mut allowed = Allowed {
        uid: process.user.map(|user| user.uid),
        no_new_privs: Some(process.no_new_privileges),
        apparmor: filled(process.apparmor_profile),
        selinux: filled(process.selinux_label),
        seccomp: Some(if linux.seccomp.is_some() { Seccomp::Filter } else { Seccomp::Disabled }),
        read_only: Some(spec.root.unwrap_or_default().readonly),
        masked: Some(linux.masked_paths.is_some_and(|paths| !paths.is_empty())),
        mounts: Some(binds(spec.mounts.unwrap_or_default())),
        devices: Some(linux.devices.into_iter().flatten().map(|it| Text::from(it.path.as_str())).collect()),
        asked: Asked { sysctls: Some(linux.sysctl.into_iter().collect()), ports: None },
        ..Allowed::default()
    };
    // Without any set of its own a process has what the runtime has no right to keep: none.
    let sets = process.capabilities.unwrap_or_default();
    allowed.bounding = Some(set(sets.bounding));
    allowed.effective = Some(set(sets.effective));
    allowed.permitted = Some(set(sets.permitted));
    share(&linux.namespaces.unwrap_or_default(), &mut allowed);
    let map = linux.uid_mappings.unwrap_or_default();
    let root = map.iter().find(|map| map.inside == 0).map(|map| map.outside);
    allowed.root_is = if allowed.shares(NsKind::User) == Some(true) { Some(0) } else { root };
    Some(allowed)
}

/// A namespace that is named is made anew, one that is not is the node's; one with a path is somebody's, and the node's
/// where it is that of its first process. Clocks are the node's in every container: nothing is said of them.
fn share(namespaces: &[Namespace], allowed: &mut Allowed) {
    for kind in NsKind::ALL.into_iter().filter(|kind| *kind != NsKind::Time) {
        let name = match kind {
            NsKind::Mnt => "mount",
            NsKind::Net => "network",
            other => other.name(),
        };
        let shared = match namespaces.iter().find(|namespace| namespace.r#type == name) {
            None => Some(true),
            Some(own) if own.path.is_empty() => Some(false),
            Some(joined) => joined.path.starts_with("/proc/1/ns/").then_some(true),
        };
        allowed.set_shared(kind, shared);
    }
}

fn binds(mounts: Vec<Mount>) -> Vec<HostMount> {
    let bind = |mount: &Mount| {
        let options = || mount.options.iter().flatten();
        mount.r#type == "bind" || options().any(|option| option == "bind" || option == "rbind")
    };
    let binds = mounts.into_iter().filter(bind).map(|mount| {
        let read_only = mount.options.iter().flatten().any(|option| option == "ro");
        host_mount(&mount.source, &mount.destination, !read_only)
    });
    let mut binds: Vec<_> = binds.flatten().collect();
    binds.sort();
    binds
}

/// A path of the node that a container has; `None` for what every container has.
pub(super) fn host_mount(source: &str, target: &str, writable: bool) -> Option<HostMount> {
    let usual = USUAL_FILES.iter().any(|(at, end)| *at == target && source.ends_with(end));
    let told = source.starts_with('/') && !usual;
    told.then(|| HostMount { source: source.into(), target: target.into(), writable })
}

fn set(names: Option<Vec<String>>) -> u64 {
    names.iter().flatten().fold(0, |set, name| set | capability(name))
}

/// An SELinux label as it is asked for, part by part, where anything is: `user:role:type:level`.
pub(super) fn label(parts: [&str; 4]) -> Option<String> {
    parts.iter().any(|part| !part.is_empty()).then(|| parts.join(":"))
}

pub(super) fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_specification_says_what_its_container_may_do() {
        let spec = br#"{"process":{"user":{"uid":7,"gid":7},"noNewPrivileges":true,"apparmorProfile":"docker-default",
            "capabilities":{"bounding":["CAP_CHOWN","CAP_SYS_ADMIN"],"effective":["CAP_CHOWN"]}},
            "root":{"path":"x","readonly":true},
            "mounts":[{"destination":"/proc","type":"proc","source":"proc"},
                {"destination":"/etc/hosts","type":"bind","source":"/var/lib/docker/containers/c/hosts","options":["rbind"]},
                {"destination":"/host","type":"bind","source":"/","options":["rbind","ro"]},
                {"destination":"/s","source":"/run/docker.sock","options":["rbind","rw"]}],
            "linux":{"namespaces":[{"type":"mount"},{"type":"network","path":"/proc/77/ns/net"},
                {"type":"pid","path":"/proc/1/ns/pid"},{"type":"user"}],
                "uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],
                "seccomp":{"defaultAction":"SCMP_ACT_ERRNO"},"maskedPaths":["/proc/kcore"],
                "sysctl":{"net.core.somaxconn":"9"},
                "devices":[{"path":"/dev/fuse","type":"c"}]}}"#;
        let allowed = of_spec(spec).unwrap();
        assert_eq!((allowed.uid, allowed.no_new_privs, allowed.read_only), (Some(7), Some(true), Some(true)));
        assert_eq!((allowed.bounding, allowed.effective, allowed.permitted), (Some(1 | 1 << 21), Some(1), Some(0)));
        let shared = [NsKind::Mnt, NsKind::Net, NsKind::Pid, NsKind::Ipc, NsKind::User, NsKind::Time];
        let shared = shared.map(|kind| allowed.shares(kind));
        assert_eq!(shared, [Some(false), None, Some(true), Some(true), Some(false), None]);
        assert_eq!(
            (allowed.root_is, allowed.seccomp, allowed.masked),
            (Some(100_000), Some(Seccomp::Filter), Some(true))
        );
        let mounts: Vec<_> = allowed.mounts.iter().flatten().map(|it| (it.source.lossless(), it.writable)).collect();
        assert_eq!(mounts, [("/".to_owned(), false), ("/run/docker.sock".to_owned(), true)]);
        assert_eq!(allowed.devices.unwrap(), [Text::from("/dev/fuse")]);
        assert_eq!(allowed.asked.sysctls.unwrap(), [("net.core.somaxconn".to_owned(), "9".to_owned())]);
    }

    #[test]
    fn what_is_no_specification_of_linux_says_nothing() {
        for odd in ["", "[]", "{}", r#"{"process":{},"windows":{}}"#, r#"{"process":7,"linux":{}}"#] {
            assert_eq!(of_spec(odd.as_bytes()), None, "{odd}");
        }
        let bare = of_spec(br#"{"process":{},"linux":{}}"#).unwrap();
        assert_eq!((bare.seccomp, bare.shares(NsKind::Net)), (Some(Seccomp::Disabled), Some(true)));
    }
}
