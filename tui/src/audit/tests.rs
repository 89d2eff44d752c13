//! Containers as witnesses tell of them, and what is said of those.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::model::{
    Allowed, Asked, ContainerNews, Event, HostMount, HostPort, NsKind, Posture, Role, Seccomp, Time,
    USUAL_CAPABILITIES, capability,
};

const ID: &str = "c1";

/// What Docker gives to a container that asks for nothing, as the kernel has it.
fn ordinary() -> Allowed {
    Allowed {
        privileged: Some(false),
        bounding: Some(USUAL_CAPABILITIES),
        seccomp: Some(Seccomp::Filter),
        no_new_privs: Some(false),
        uid: Some(0),
        root_is: Some(0),
        shared: [Some(false), Some(false), Some(false), Some(false), Some(false), None, Some(true), None],
        read_only: Some(false),
        masked: Some(true),
        mounts: Some(Vec::new()),
        devices: Some(Vec::new()),
        asked: Asked { ports: Some(Vec::new()), sysctls: Some(Vec::new()) },
        ..Allowed::default()
    }
}

fn told(list: Vec<(Witness, Allowed)>) -> Audited {
    let mut model = Model::default();
    let (id, state) = (ID.to_owned(), ContainerState::Running);
    model.apply(&Event::Container(ContainerNews { time: Time(1), id, state, ..ContainerNews::default() }));
    for (witness, allowed) in list {
        let container = ID.into();
        model.apply(&Event::Posture(Box::new(Posture { time: Time(2), container, witness, process: None, allowed })));
    }
    audit(&model).remove(0)
}

fn found(audited: &Audited) -> Vec<(&str, Severity)> {
    audited.results.iter().map(|outcome| (outcome.check.id.as_str(), outcome.severity)).collect()
}

fn severity_of(audited: &Audited, check: &str) -> Option<Severity> {
    audited.results.iter().find(|outcome| outcome.check.id == check).map(|outcome| outcome.severity)
}

use Severity::{High, Info, Low, Medium};

#[test]
fn an_ordinary_container_has_nothing_worse_than_low_and_all_witnesses_agree() {
    let audited = told(vec![(Witness::Proc, ordinary()), (Witness::Docker, ordinary())]);
    let expected = [
        ("root_user", Low),
        ("gains_privileges", Low),
        ("net_raw", Low),
        ("writable_image", Low),
        ("capabilities_kept", Info),
    ];
    assert_eq!(found(&audited), expected);
    assert!(audited.results.iter().all(|outcome| outcome.disagree.is_none() && outcome.why.len() == 2));
    assert_eq!(audited.unknown, Vec::<&Check>::new());
}

#[test]
fn a_hardened_container_has_nothing() {
    let hard =
        Allowed { bounding: Some(0), no_new_privs: Some(true), uid: Some(1_000), read_only: Some(true), ..ordinary() };
    let audited = told(vec![(Witness::Proc, hard)]);
    assert_eq!((found(&audited), audited.worst()), (vec![], None));
}

#[test]
fn of_whom_nobody_tells_nothing_is_known_and_nothing_is_false() {
    let audited = told(vec![]);
    assert_eq!((found(&audited), audited.unknown.len()), (vec![], checks().len()));
    let audited = told(vec![(Witness::Cri, Allowed { seccomp: Some(Seccomp::Disabled), ..Allowed::default() })]);
    assert_eq!(found(&audited), [("seccomp_off", Medium)]);
    assert!(audited.unknown.iter().any(|check| check.id == "privileged"));
}

#[test]
fn where_kernel_and_runtime_differ_both_are_named_and_the_kernel_says_how_bad_it_is() {
    let open = Allowed { read_only: Some(false), seccomp: Some(Seccomp::Disabled), ..ordinary() };
    let asked = Allowed { read_only: Some(true), ..ordinary() };
    let audited = told(vec![(Witness::Proc, open.clone()), (Witness::Docker, asked.clone())]);
    let seccomp = audited.results.iter().find(|outcome| outcome.check.id == "seccomp_off").unwrap();
    assert_eq!(seccomp.severity, Medium);
    assert_eq!(seccomp.disagree.as_deref(), Some("proc says: seccomp is disabled; but docker says: seccomp is filter"));
    let image = audited.results.iter().find(|outcome| outcome.check.id == "writable_image").unwrap();
    assert_eq!(
        image.disagree.as_deref(),
        Some("proc says: its root is writable; but docker says: its root is read-only")
    );
    // The other way round it was asked for, and is not so.
    let audited = told(vec![(Witness::Proc, asked), (Witness::Docker, open)]);
    assert_eq!(severity_of(&audited, "seccomp_off"), Some(Low));
}

#[test]
fn capabilities_are_rated_by_what_they_lead_to() {
    let with = |names: &[&str], change: &dyn Fn(&mut Allowed)| {
        let mut allowed = ordinary();
        allowed.bounding = Some(USUAL_CAPABILITIES | names.iter().fold(0, |set, name| set | capability(name)));
        change(&mut allowed);
        severity_of(&told(vec![(Witness::Proc, allowed)]), "dangerous_capabilities")
    };
    assert_eq!(with(&[], &|_| {}), None);
    assert_eq!(with(&["SYS_ADMIN"], &|_| {}), Some(High));
    assert_eq!(with(&["SYS_PTRACE"], &|_| {}), Some(Medium), "of its own processes");
    assert_eq!(with(&["SYS_PTRACE"], &|it| it.set_shared(NsKind::Pid, Some(true))), Some(High));
    assert_eq!(with(&["WAKE_ALARM"], &|_| {}), Some(Low));
    assert_eq!(with(&["SYS_ADMIN"], &|it| it.root_is = Some(100_000)), Some(Low), "in a user namespace of its own");
}

#[test]
fn root_weighs_more_where_something_else_is_open_and_less_where_it_is_nobody_outside() {
    let with = |change: &dyn Fn(&mut Allowed)| {
        let mut allowed = ordinary();
        change(&mut allowed);
        severity_of(&told(vec![(Witness::Proc, allowed)]), "root_user")
    };
    assert_eq!(with(&|_| {}), Some(Low));
    assert_eq!(with(&|it| it.seccomp = Some(Seccomp::Disabled)), Some(Medium));
    assert_eq!(with(&|it| it.root_is = Some(100_000)), None, "nobody of the node");
    assert_eq!(with(&|it| it.uid = Some(7)), None);
    let asked = Allowed { root_is: None, ..ordinary() };
    let mapped = Allowed { root_is: Some(100_000), ..ordinary() };
    let audited = told(vec![(Witness::Proc, mapped), (Witness::Docker, asked)]);
    assert_eq!(severity_of(&audited, "root_user"), Some(Info), "a runtime does not know whom it is outside");
}

#[test]
fn a_socket_and_paths_are_told_with_how_they_are_mounted() {
    let mount = |source: &str, writable| HostMount { source: source.into(), target: "/x".into(), writable };
    let mut allowed = ordinary();
    allowed.mounts = Some(vec![mount("/run/docker.sock", false), mount("/etc", false), mount("/srv/data", true)]);
    let audited = told(vec![(Witness::Proc, allowed)]);
    let socket = audited.results.iter().find(|outcome| outcome.check.id == "runtime_socket").unwrap();
    assert_eq!((socket.severity, socket.why[0].text.as_str()), (High, "/run/docker.sock at /x (read-only)"));
    let path = audited.results.iter().find(|outcome| outcome.check.id == "host_path").unwrap();
    assert_eq!((path.severity, path.why[0].text.as_str()), (Medium, "/etc at /x (read-only)"));
}

#[test]
fn ports_settings_labels_and_volumes_are_judged_as_the_standards_of_pods_have_it() {
    let with = |change: &dyn Fn(&mut Allowed)| {
        let mut allowed = ordinary();
        change(&mut allowed);
        let audited = told(vec![(Witness::Docker, allowed)]);
        let new = ["host_port", "unsafe_sysctl", "selinux_off", "host_volume", "host_path"];
        audited
            .results
            .iter()
            .filter(|it| new.contains(&it.check.id.as_str()))
            .map(|it| (it.check.id.clone(), it.severity, it.why[0].text.clone()))
            .collect::<Vec<_>>()
    };
    let one = |id: &str, severity, text: &str| vec![(id.to_owned(), severity, text.to_owned())];
    let port = |address: &str| Some(vec![HostPort::new(address, 8080, 80, "TCP").unwrap()]);
    assert_eq!(with(&|_| {}), vec![]);
    assert_eq!(with(&|it| it.asked.ports = port("0.0.0.0")), one("host_port", Low, "8080/tcp to its 80"));
    assert_eq!(with(&|it| it.asked.ports = port("::1")), one("host_port", Info, "[::1]:8080/tcp to its 80"));
    let set = |name: &str| Some(vec![(name.to_owned(), "9".to_owned())]);
    assert_eq!(with(&|it| it.asked.sysctls = set("net.ipv4.tcp_syncookies")), vec![]);
    assert_eq!(
        with(&|it| it.asked.sysctls = set("net/core/somaxconn")),
        one("unsafe_sysctl", Low, "net/core/somaxconn = 9")
    );
    assert_eq!(with(&|it| it.selinux = Some("::spc_t:".into())), one("selinux_off", Low, "SELinux label ::spc_t:"));
    let mount = |source: &str| Some(vec![HostMount { source: source.into(), target: "/x".into(), writable: false }]);
    assert_eq!(with(&|it| it.mounts = mount("/srv/shop")), one("host_volume", Info, "/srv/shop at /x (read-only)"));
    let mut along = mount("/srv/shop");
    along.iter_mut().for_each(|all| all.push(HostMount { target: "/x/y".into(), ..all[0].clone() }));
    assert_eq!(with(&|it| it.mounts.clone_from(&along)), one("host_volume", Info, "/srv/shop at /x (read-only)"));
    let git = "/var/lib/kubelet/pods/u/volumes/kubernetes.io~git-repo/x";
    assert_eq!(with(&|it| it.mounts = mount(git)).len(), 1);
    assert_eq!(with(&|it| it.mounts = mount("/var/lib/docker/volumes/v/_data")), vec![]);
    assert_eq!(with(&|it| it.mounts = mount("/etc")), one("host_path", Medium, "/etc at /x (read-only)"), "told once");
}

#[test]
fn a_label_that_is_only_asked_for_is_held_against_the_kernel() {
    let asked = Allowed { selinux: Some("disable".into()), ..ordinary() };
    let audited = told(vec![(Witness::Proc, ordinary()), (Witness::Docker, asked)]);
    let label = audited.results.iter().find(|it| it.check.id == "selinux_off").unwrap();
    let expected = "docker says: SELinux label disable; but proc says: no SELinux label: the node has no SELinux";
    assert_eq!((label.severity, label.disagree.as_deref()), (Low, Some(expected)));
}

#[test]
fn what_was_asked_for_a_pod_holds_for_its_containers() {
    let mut model = Model::default();
    for (id, role) in [("s1", Role::Sandbox), (ID, Role::Workload)] {
        let (id, pod, namespace) = (id.to_owned(), Some("shop-1".to_owned()), Some("prod".to_owned()));
        let (time, state, role) = (Time(1), ContainerState::Running, Some(role));
        let news = ContainerNews { time, id, pod, namespace, state, role, ..ContainerNews::default() };
        model.apply(&Event::Container(news));
    }
    let asked = Asked { ports: Some(HostPort::new("", 443, 8443, "tcp").into_iter().collect()), sysctls: Some(vec![]) };
    let pod = Allowed { asked, ..Allowed::default() };
    for (container, allowed) in [("s1", pod), (ID, ordinary())] {
        let container = container.into();
        model.apply(&Event::Posture(Box::new(Posture {
            time: Time(2),
            container,
            witness: Witness::Cri,
            process: None,
            allowed,
        })));
    }
    let all = audit(&model);
    assert_eq!(all.len(), 1, "a sandbox is nobody's");
    let port = all[0].results.iter().find(|it| it.check.id == "host_port").unwrap();
    assert_eq!(port.why, [Word { witness: Witness::Cri, text: "443/tcp to its 8443".into() }]);
    assert!(!all[0].unknown.iter().any(|check| check.id == "unsafe_sysctl"));
}
