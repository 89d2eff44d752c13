//! From what the Docker API says that a container was started with to what it is allowed. Pure.

use bollard::models::{
    ContainerInspectResponse, HostConfig, HostConfigCgroupnsModeEnum, MountPoint, PortMap, SystemInfo,
};

use crate::identity::posture::{added_and_dropped, filled, host_mount, label};
use crate::model::{ALL_CAPABILITIES, Allowed, HostPort, NsKind, Runtime, Seccomp, Text, capability};

/// What a daemon does where a container asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Defaults {
    /// Whether system calls are filtered; `None` where it did not tell.
    seccomp: Option<Seccomp>,
    no_new_privs: bool,
    /// It puts containers into a user namespace.
    remaps: bool,
    /// It runs in one itself.
    rootless: bool,
}

impl Defaults {
    /// From `/info`, whose words are `name=seccomp,profile=default`.
    pub(super) fn of(info: SystemInfo) -> Defaults {
        let Some(words) = info.security_options else { return Defaults::default() };
        let has = |name: &str| words.iter().find(|word| *word == name || word.starts_with(&format!("{name},")));
        let seccomp = match has("name=seccomp") {
            Some(word) if !word.contains("unconfined") => Seccomp::Filter,
            _ => Seccomp::Disabled,
        };
        Defaults {
            seccomp: Some(seccomp),
            no_new_privs: has("name=no-new-privileges").is_some(),
            remaps: has("name=userns").is_some(),
            rootless: has("name=rootless").is_some(),
        }
    }
}

/// What a container is allowed; `None` where the answer does not say what it was started with.
pub(super) fn of(told: ContainerInspectResponse, defaults: &Defaults, runtime: Runtime) -> Option<Allowed> {
    let config = told.host_config?;
    let privileged = config.privileged.unwrap_or(false);
    let mut allowed = Allowed {
        privileged: Some(privileged),
        added: Some(caps(config.cap_add.as_ref())),
        bounding: (runtime == Runtime::Docker).then(|| bounding(&config, privileged)),
        apparmor: told.app_armor_profile.and_then(filled),
        selinux: told.process_label.and_then(filled),
        read_only: Some(config.readonly_rootfs.unwrap_or(false)),
        masked: if privileged { Some(false) } else { config.masked_paths.as_ref().map(|paths| !paths.is_empty()) },
        mounts: Some(mounts(told.mounts.unwrap_or_default())),
        ..Allowed::default()
    };
    let devices = config.devices.iter().flatten().filter_map(|device| device.path_on_host.as_deref());
    allowed.devices = Some(devices.map(Text::from).collect());
    // Of one that runs the network tells which ports lead to it: those that were asked for may be none where it has no network.
    let bound = told.network_settings.and_then(|network| network.ports).or_else(|| config.port_bindings.clone());
    allowed.asked.ports = bound.map(ports);
    allowed.asked.sysctls = Some(sysctls(&config));
    user(told.config.and_then(|config| config.user).unwrap_or_default(), &mut allowed);
    options(&config, privileged, defaults, &mut allowed);
    share(&config, defaults, &mut allowed);
    Some(allowed)
}

fn caps(names: Option<&Vec<String>>) -> u64 {
    names.into_iter().flatten().fold(0, |set, name| set | capability(name))
}

fn bounding(config: &HostConfig, privileged: bool) -> u64 {
    match privileged {
        true => ALL_CAPABILITIES,
        false => added_and_dropped(caps(config.cap_add.as_ref()), caps(config.cap_drop.as_ref())),
    }
}

/// Nobody named is root; a name says nothing of the number, but that of root.
fn user(user: String, allowed: &mut Allowed) {
    let name = user.split(':').next().unwrap_or_default();
    allowed.uid = match name {
        "" | "root" => Some(0),
        other => other.parse().ok(),
    };
    allowed.user = Some(if name.is_empty() { "root".to_owned() } else { user });
}

fn options(config: &HostConfig, privileged: bool, defaults: &Defaults, allowed: &mut Allowed) {
    let all: Vec<(&str, &str)> = config.security_opt.iter().flatten().map(|option| option_of(option)).collect();
    let find = |name: &str| all.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let (seccomp, profile) = match find("seccomp") {
        Some("unconfined") => (Some(Seccomp::Disabled), Some("unconfined")),
        Some("builtin") => (Some(Seccomp::Filter), Some("default")),
        Some(_) => (Some(Seccomp::Filter), Some("its own")),
        None if privileged => (Some(Seccomp::Disabled), Some("unconfined")),
        None => (defaults.seccomp, defaults.seccomp.filter(|it| *it == Seccomp::Filter).map(|_| "default")),
    };
    (allowed.seccomp, allowed.profile) = (seccomp, profile.map(str::to_owned));
    allowed.no_new_privs = Some(match find("no-new-privileges") {
        Some(value) => value != "false",
        None => defaults.no_new_privs,
    });
    if let Some(profile) = find("apparmor") {
        allowed.apparmor = Some(profile.to_owned());
    }
    // A daemon on a node without SELinux makes no label of what it was asked for.
    if allowed.selinux.is_none() {
        let asked: Vec<&str> = all.iter().filter(|(key, _)| *key == "label").map(|(_, value)| *value).collect();
        let of = |name: &str| asked.iter().find_map(|it| it.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default();
        // Docker says so by itself of who shares the node's processes or IPC, which is told anyway.
        let shares = [&config.pid_mode, &config.ipc_mode].into_iter().any(|mode| mode.as_deref() == Some("host"));
        allowed.selinux = match asked.contains(&"disable") {
            true => (!shares).then(|| "disable".to_owned()),
            false => label(["user", "role", "type", "level"].map(of)),
        };
    }
}

/// By `80/tcp` in the container, where the node has it.
fn ports(map: PortMap) -> Vec<HostPort> {
    let mut ports = Vec::new();
    for (inside, bindings) in map {
        let (inside, protocol) = inside.split_once('/').unwrap_or((&inside, "tcp"));
        let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
        ports.extend(bindings.iter().flatten().filter_map(|it| {
            let address = it.host_ip.as_deref().unwrap_or_default();
            HostPort::new(address, number(it.host_port.as_deref()), number(Some(inside)), protocol)
        }));
    }
    ports.sort();
    ports.dedup();
    ports
}

fn sysctls(config: &HostConfig) -> Vec<(String, String)> {
    let mut all: Vec<_> = config.sysctls.iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
    all.sort();
    all
}

/// Key and value, with `=` as it is written now or `:` as it was.
fn option_of(option: &str) -> (&str, &str) {
    option.split_once(['=', ':']).unwrap_or((option, ""))
}

fn share(config: &HostConfig, defaults: &Defaults, allowed: &mut Allowed) {
    // `container:NAME` is somebody else's, who may share the node's.
    let told = |mode: Option<&String>| match mode.map_or("", String::as_str) {
        "host" => Some(true),
        joined if joined.starts_with("container:") || joined.starts_with("ns:") => None,
        _ => Some(false),
    };
    allowed.set_shared(NsKind::Mnt, Some(false));
    allowed.set_shared(NsKind::Pid, told(config.pid_mode.as_ref()));
    allowed.set_shared(NsKind::Net, told(config.network_mode.as_ref()));
    allowed.set_shared(NsKind::Ipc, told(config.ipc_mode.as_ref()));
    allowed.set_shared(NsKind::Uts, told(config.uts_mode.as_ref()));
    allowed.set_shared(
        NsKind::Cgroup,
        match config.cgroupns_mode {
            Some(HostConfigCgroupnsModeEnum::HOST) => Some(true),
            Some(HostConfigCgroupnsModeEnum::PRIVATE) => Some(false),
            _ => None,
        },
    );
    let asked = told(config.userns_mode.as_ref()) == Some(true);
    let user = (!defaults.rootless).then_some(asked || !defaults.remaps);
    allowed.set_shared(NsKind::User, user);
    allowed.root_is = (user == Some(true)).then_some(0);
}

fn mounts(points: Vec<MountPoint>) -> Vec<crate::model::HostMount> {
    let mount = |point: MountPoint| host_mount(&point.source?, &point.destination?, point.rw.unwrap_or(true));
    let mut mounts: Vec<_> = points.into_iter().filter_map(mount).collect();
    mounts.sort();
    mounts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::model::USUAL_CAPABILITIES;

    fn told(json: &str) -> Allowed {
        let words = vec!["name=seccomp,profile=default".to_owned()];
        let defaults = Defaults::of(SystemInfo { security_options: Some(words), ..SystemInfo::default() });
        of(serde_json::from_str(json).unwrap(), &defaults, Runtime::Docker).unwrap()
    }

    #[test]
    fn a_container_that_asks_for_nothing_has_what_the_daemon_gives() {
        let allowed = told(r#"{"HostConfig":{"NetworkMode":"default","IpcMode":"private"},"Config":{}}"#);
        assert_eq!(
            (allowed.privileged, allowed.bounding, allowed.added),
            (Some(false), Some(USUAL_CAPABILITIES), Some(0))
        );
        assert_eq!((allowed.seccomp, allowed.profile.as_deref()), (Some(Seccomp::Filter), Some("default")));
        assert_eq!((allowed.uid, allowed.root_is, allowed.no_new_privs), (Some(0), Some(0), Some(false)));
        assert_eq!(allowed.shares(NsKind::Net), Some(false));
    }

    #[test]
    fn what_is_asked_for_is_what_is_told() {
        let allowed = told(
            r#"{"AppArmorProfile":"docker-default","Config":{"User":"7:8"},
            "Mounts":[{"Type":"bind","Source":"/","Destination":"/host","RW":false}],
            "HostConfig":{"CapAdd":["SYS_ADMIN"],"CapDrop":["all"],"PidMode":"host","NetworkMode":"container:x",
                "SecurityOpt":["seccomp=unconfined","no-new-privileges"],"ReadonlyRootfs":true,
                "Devices":[{"PathOnHost":"/dev/fuse"}],"CgroupnsMode":"host"}}"#,
        );
        assert_eq!((allowed.bounding, allowed.uid), (Some(1 << 21), Some(7)));
        assert_eq!((allowed.seccomp, allowed.no_new_privs), (Some(Seccomp::Disabled), Some(true)));
        let shared = [NsKind::Pid, NsKind::Net, NsKind::Cgroup].map(|kind| allowed.shares(kind));
        assert_eq!(shared, [Some(true), None, Some(true)]);
        assert_eq!(allowed.mounts.unwrap().len() + allowed.devices.unwrap().len(), 2);
    }

    #[test]
    fn ports_sysctls_and_labels_are_what_the_daemon_has_of_them() {
        let allowed = told(
            r#"{"NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"}],
                "53/udp":[{"HostIp":"127.0.0.1","HostPort":"53"}],"99/tcp":null}},
            "HostConfig":{"PortBindings":{"1/tcp":[{"HostPort":"1"}]},"Sysctls":{"net.core.somaxconn":"9"},
                "SecurityOpt":["label=type:spc_t","label=level:s0"]}}"#,
        );
        let ports: Vec<String> = allowed.asked.ports.iter().flatten().map(HostPort::to_string).collect();
        assert_eq!(ports, ["8080/tcp to its 80", "127.0.0.1:53/udp to its 53"]);
        assert_eq!(allowed.asked.sysctls.unwrap().len(), 1);
        assert_eq!(allowed.selinux.as_deref(), Some("::spc_t:s0"));
        let off =
            told(r#"{"HostConfig":{"SecurityOpt":["label:disable"],"PortBindings":{"1/tcp":[{"HostPort":"1"}]}}}"#);
        let shares = told(r#"{"HostConfig":{"SecurityOpt":["label=disable"],"PidMode":"host"}}"#);
        assert_eq!(shares.selinux, None, "nobody asked for it");
        assert_eq!((off.selinux.as_deref(), off.asked.ports.map(|ports| ports.len())), (Some("disable"), Some(1)));
    }

    #[test]
    fn a_privileged_container_has_everything_and_of_a_daemon_that_says_nothing_nothing_is_known() {
        let allowed = told(r#"{"HostConfig":{"Privileged":true}}"#);
        assert_eq!((allowed.bounding, allowed.seccomp), (Some(ALL_CAPABILITIES), Some(Seccomp::Disabled)));
        let bare = serde_json::from_str(r#"{"HostConfig":{}}"#).unwrap();
        let bare = of(bare, &Defaults::default(), Runtime::Podman).unwrap();
        assert_eq!((bare.bounding, bare.seccomp, bare.masked), (None, None, None));
        assert_eq!(of(ContainerInspectResponse::default(), &Defaults::default(), Runtime::Docker), None);
    }
}
