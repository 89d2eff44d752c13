//! Containers as witnesses tell of them, and what is said of those.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::model::{
    Allowed, ContainerNews, Event, HostMount, NsKind, Posture, Seccomp, Time, USUAL_CAPABILITIES, capability,
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
