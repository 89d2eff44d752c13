//! From the information that CRI adds when it is asked to be verbose to what a container is allowed. Pure.
//!
//! Its form is not specified: containerd tells what the kubelet asked for (`config`) and the OCI specification
//! (`runtimeSpec`), CRI-O the latter and whether it is privileged.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::identity::posture::{added_and_dropped, filled, host_mount, label, of_spec};
use crate::model::{ALL_CAPABILITIES, Allowed, Asked, HostPort, NsKind, Seccomp, capability};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Info {
    privileged: Option<bool>,
    config: Option<Config>,
    runtime_spec: Option<serde_json::Value>,
}

/// `runtime.v1.ContainerConfig`; what is false or empty is left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    mounts: Vec<Mount>,
    devices: Vec<Device>,
    linux: Option<Linux>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mount {
    container_path: String,
    host_path: String,
    readonly: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Device {
    host_path: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Linux {
    security_context: Option<Context>,
}

/// `runtime.v1.LinuxContainerSecurityContext`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    capabilities: Option<Capabilities>,
    privileged: bool,
    namespace_options: Option<Namespaces>,
    run_as_user: Option<Number>,
    run_as_username: String,
    readonly_rootfs: bool,
    no_new_privs: bool,
    masked_paths: Option<Vec<String>>,
    seccomp: Option<Profile>,
    apparmor: Option<Profile>,
    selinux_options: Option<Label>,
}

/// `runtime.v1.SELinuxOption`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Label {
    user: String,
    role: String,
    r#type: String,
    level: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Capabilities {
    add_capabilities: Vec<String>,
    drop_capabilities: Vec<String>,
}

/// `runtime.v1.NamespaceOption`: 0 of the pod, 1 of the container, 2 of the node, 3 of another container.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Namespaces {
    network: i32,
    pid: i32,
    ipc: i32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Number {
    value: i64,
}

/// `runtime.v1.SecurityProfile`: 0 the runtime's, 1 none, 2 of a file on the node.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Profile {
    profile_type: i32,
    localhost_ref: String,
}

/// What is told of a sandbox: what the kubelet asked for the pod.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PodInfo {
    config: Option<PodConfig>,
}

/// `runtime.v1.PodSandboxConfig`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PodConfig {
    port_mappings: Vec<Port>,
    linux: Option<PodLinux>,
}

/// `runtime.v1.PortMapping`: 0 is TCP, 1 UDP, 2 SCTP.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Port {
    protocol: usize,
    container_port: u16,
    host_port: u16,
    host_ip: String,
}

/// `runtime.v1.LinuxPodSandboxConfig`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PodLinux {
    sysctls: BTreeMap<String, String>,
}

const NODE: i32 = 2;

/// What was asked of the node for a pod, from the JSON of `PodSandboxStatusResponse.info["info"]`; `None` where it says nothing
/// of it, as of CRI-O.
pub(super) fn of_pod(info: &str) -> Option<Allowed> {
    let config = serde_json::from_str::<PodInfo>(info).ok()?.config?;
    let port = |it: Port| {
        let protocol = ["tcp", "udp", "sctp"].get(it.protocol).copied().unwrap_or("?");
        HostPort::new(&it.host_ip, it.host_port, it.container_port, protocol)
    };
    let mut ports: Vec<_> = config.port_mappings.into_iter().filter_map(port).collect();
    ports.sort();
    let sysctls = config.linux.unwrap_or_default().sysctls.into_iter().collect();
    Some(Allowed { asked: Asked { ports: Some(ports), sysctls: Some(sysctls) }, ..Allowed::default() })
}

/// What a container is allowed, from the JSON of `ContainerStatusResponse.info["info"]`; `None` where it says nothing of it.
pub(super) fn of(info: &str) -> Option<Allowed> {
    let info: Info = serde_json::from_str(info).ok()?;
    if let Some((config, context)) = info.config.and_then(split) {
        return Some(asked(config, context));
    }
    let spec = info.runtime_spec.filter(serde_json::Value::is_object)?;
    let allowed = of_spec(spec.to_string().as_bytes())?;
    Some(Allowed { privileged: info.privileged.or(allowed.privileged), ..allowed })
}

fn split(mut config: Config) -> Option<(Config, Context)> {
    let context = config.linux.take()?.security_context?;
    Some((config, context))
}

fn asked(config: Config, context: Context) -> Allowed {
    let (seccomp, profile) = seccomp(context.seccomp, context.privileged);
    let set = |names: Vec<String>| names.iter().fold(0, |set, name| set | capability(name));
    let sets = context.capabilities.unwrap_or_default();
    let (added, dropped) = (set(sets.add_capabilities), set(sets.drop_capabilities));
    let mounts = config.mounts.iter().filter_map(|it| host_mount(&it.host_path, &it.container_path, !it.readonly));
    let mut mounts: Vec<_> = mounts.collect();
    mounts.sort();
    let mut allowed = Allowed {
        privileged: Some(context.privileged),
        added: Some(added),
        bounding: Some(if context.privileged { ALL_CAPABILITIES } else { added_and_dropped(added, dropped) }),
        seccomp,
        profile,
        apparmor: context.apparmor.and_then(|profile| word(&profile)),
        selinux: context.selinux_options.and_then(|it| label([&it.user, &it.role, &it.r#type, &it.level])),
        no_new_privs: Some(context.no_new_privs),
        uid: context.run_as_user.and_then(|user| user.value.try_into().ok()),
        user: filled(context.run_as_username),
        read_only: Some(context.readonly_rootfs),
        masked: context.masked_paths.map(|paths| !paths.is_empty() && !context.privileged),
        mounts: Some(mounts),
        devices: Some(config.devices.iter().map(|device| device.host_path.as_str().into()).collect()),
        ..Allowed::default()
    };
    if let Some(modes) = context.namespace_options {
        for (kind, mode) in [(NsKind::Net, modes.network), (NsKind::Pid, modes.pid), (NsKind::Ipc, modes.ipc)] {
            allowed.set_shared(kind, Some(mode == NODE));
        }
    }
    allowed
}

/// Before CRI had profiles it had their paths, and what no path means was up to the runtime: then nothing is known.
fn seccomp(profile: Option<Profile>, privileged: bool) -> (Option<Seccomp>, Option<String>) {
    match profile {
        _ if privileged => (Some(Seccomp::Disabled), Some("unconfined".to_owned())),
        None => (None, None),
        Some(profile) => {
            let seccomp = if profile.profile_type == 1 { Seccomp::Disabled } else { Seccomp::Filter };
            (Some(seccomp), word(&profile))
        }
    }
}

fn word(profile: &Profile) -> Option<String> {
    match profile.profile_type {
        0 => Some("default".to_owned()),
        1 => Some("unconfined".to_owned()),
        2 => Some(profile.localhost_ref.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_the_kubelet_asked_for_is_what_containerd_tells() {
        let allowed = of(r#"{"sandboxID":"s","pid":7,"config":{"mounts":[{"container_path":"/h","host_path":"/etc"}],
            "linux":{"security_context":{"capabilities":{"add_capabilities":["NET_ADMIN"]},
            "namespace_options":{"network":2,"pid":1},"run_as_user":{"value":7},"no_new_privs":true,
            "seccomp":{"profile_type":2,"localhost_ref":"shop.json"},"masked_paths":["/proc/kcore"]}}},
            "runtimeSpec":{"process":{},"linux":{}}}"#)
        .unwrap();
        assert_eq!((allowed.privileged, allowed.added, allowed.uid), (Some(false), Some(1 << 12), Some(7)));
        assert_eq!((allowed.seccomp, allowed.profile.as_deref()), (Some(Seccomp::Filter), Some("shop.json")));
        assert_eq!(
            [NsKind::Net, NsKind::Pid, NsKind::Ipc].map(|kind| allowed.shares(kind)),
            [Some(true), Some(false), Some(false)]
        );
        assert_eq!((allowed.mounts.unwrap().len(), allowed.read_only), (1, Some(false)));
    }

    #[test]
    fn ports_and_sysctls_are_those_of_the_pod() {
        let pod = of_pod(
            r#"{"pid":7,"config":{"port_mappings":[{"container_port":80,"host_port":8080},{"container_port":9},
            {"protocol":1,"container_port":53,"host_port":53,"host_ip":"127.0.0.1"}],
            "linux":{"sysctls":{"kernel.msgmax":"9"}}}}"#,
        );
        let Asked { ports, sysctls } = pod.unwrap().asked;
        let ports: Vec<String> = ports.iter().flatten().map(HostPort::to_string).collect();
        assert_eq!(ports, ["8080/tcp to its 80", "127.0.0.1:53/udp to its 53"]);
        assert_eq!(sysctls.unwrap(), [("kernel.msgmax".to_owned(), "9".to_owned())]);
        let bare = of_pod(r#"{"config":{}}"#).unwrap().asked;
        assert_eq!((bare.ports, bare.sysctls), (Some(vec![]), Some(vec![])));
        assert_eq!(of_pod(r#"{"runtimeSpec":{}}"#), None);
    }

    #[test]
    fn what_cri_o_tells_is_its_specification_and_whoever_tells_nothing_is_not_known() {
        let crio = of(r#"{"sandboxID":"s","privileged":true,"runtimeSpec":{"process":{"user":{"uid":3}},"linux":{}}}"#);
        let crio = crio.unwrap();
        assert_eq!((crio.privileged, crio.uid, crio.seccomp), (Some(true), Some(3), Some(Seccomp::Disabled)));
        for odd in ["", "{}", "[]", r#"{"config":{}}"#, r#"{"runtimeSpec":7}"#] {
            assert_eq!(of(odd), None, "{odd}");
        }
    }
}
