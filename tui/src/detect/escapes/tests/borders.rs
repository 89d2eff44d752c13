//! Namespaces and cgroups.

use crate::detect::Severity::{Critical, High, Medium};
use crate::detect::testkit::*;
use crate::model::{Deed, GroupKey, Kind, NamespaceCall, Namespaces};

#[test]
fn starting_a_container_and_running_a_command_in_it_is_no_escape() {
    let mut node = Node::web();
    node.fork(120, 31);
    node.exec(120, "/usr/bin/runc init");
    node.tell(120, Some(inside(WEB)), Kind::Move);
    node.namespaces(120, NamespaceCall::Enter, own(100));
    node.fork(121, 120);
    node.exec(121, "/bin/sh");
    node.fork(122, 121);
    node.exec(122, "/bin/ls");
    assert_eq!(node.take(), []);
}

#[test]
fn a_runtime_that_is_met_first_as_it_enters_the_cgroup_is_no_escape() {
    let mut node = Node::web();
    node.tell(120, Some(inside(WEB)), Kind::Move);
    node.exec_with(120, "/proc/self/exe init", |exec| exec.namespaces = HOST);
    assert_eq!(node.take(), []);
    node.namespaces(120, NamespaceCall::Enter, own(100));
    node.exec(120, "/bin/sh");
    assert_eq!(node.take(), []);
    node.namespaces(120, NamespaceCall::Enter, HOST);
    assert_eq!(node.take(), [("container_enters_host".into(), Critical, false)]);
}

#[test]
fn a_runtime_that_makes_its_child_straight_into_the_cgroup_is_no_escape() {
    let mut node = Node::web();
    node.fork_into(120, 31, inside(WEB));
    node.exec(120, "/proc/self/exe init");
    node.namespaces(120, NamespaceCall::Enter, own(100));
    node.exec(120, "/bin/sh");
    assert_eq!(node.take(), []);
}

#[test]
fn entering_the_hosts_namespaces_is_told_once_with_its_kinds() {
    let mut node = Node::web();
    node.fork(111, 110);
    node.exec(111, "/usr/bin/nsenter -t 1 -a");
    let mut now = own(100);
    now.0[0] = HOST.0[0];
    now.0[2] = HOST.0[2];
    node.namespaces(111, NamespaceCall::Enter, now);
    assert_eq!(node.found[0].title, "nsenter (111) of web-1 entered the host's mount and net namespaces");
    assert!(node.found[0].why.len() >= 3, "each predicate is shown");
    assert_eq!(node.take(), [("container_enters_host".into(), Critical, false)]);
    node.exec(111, "/bin/bash");
    node.fork(112, 111);
    node.exec(112, "/bin/ls");
    assert_eq!(node.take(), [], "what it has, its children inherit");
}

#[test]
fn a_renamed_program_in_a_thread_counts_like_nsenter() {
    let mut node = Node::web();
    node.fork(111, 110);
    node.exec(111, "/tmp/x");
    let what = Deed::Namespaces { how: NamespaceCall::Enter, flags: 0x2_0000, now: HOST };
    let kind = Kind::Act(Box::new(crate::model::Act { error: None, observer: None, what }));
    let event = crate::model::ProcessEvent {
        time: crate::model::Time(9_000_000_000),
        process: id(111),
        tid: 115,
        cgroup: None,
        kind,
    };
    node.give(&crate::model::Event::Process(event));
    assert_eq!(node.take(), [("container_enters_host".into(), Critical, false)]);
}

#[test]
fn a_refused_setns_is_a_finding_of_less_weight() {
    let mut node = Node::web();
    let what = Deed::Namespaces { how: NamespaceCall::Enter, flags: 0x2_0000, now: own(100) };
    node.act(110, Some(1), what);
    assert_eq!(node.take(), [("container_enters_host".into(), Medium, true)]);
}

#[test]
fn namespaces_that_a_container_was_started_with_are_not_entered() {
    let mut node = Node::new();
    node.caps = DOCKER;
    let mut shared = own(100);
    shared.0[2] = HOST.0[2];
    shared.0[1] = HOST.0[1];
    node.start(WEB, 100, shared, "/usr/sbin/agent");
    node.fork(110, 101);
    node.exec(110, "/bin/sh");
    assert!(node.worst() < Some(Medium));
    node.found.clear();
    node.namespaces(110, NamespaceCall::Enter, HOST);
    assert_eq!(node.take(), [("container_enters_host".into(), Critical, false)]);
}

#[test]
fn an_unshare_inside_a_container_is_no_escape() {
    let mut node = Node::web();
    node.namespaces(110, NamespaceCall::Unshare, Namespaces([501, 102, 103, 104, 105, 106, 507, 18]));
    node.exec(110, "/usr/bin/bwrap");
    assert_eq!(node.take(), []);
}

#[test]
fn another_containers_namespace_is_told_by_its_name() {
    let mut node = Node::web();
    node.start(DB, 200, own(200), "/usr/bin/postgres");
    let mut now = own(100);
    now.0[2] = own(200).0[2];
    node.namespaces(110, NamespaceCall::Enter, now);
    assert_eq!(node.found[0].title, "sh (110) of web-1 entered the net namespace of db-1");
    assert_eq!(node.take(), [("container_enters_container".into(), Critical, false)]);
}

#[test]
fn containers_of_a_pod_share_namespaces_from_the_start() {
    let mut node = Node::web();
    let mut pod = own(200);
    pod.0[2] = own(100).0[2];
    pod.0[3] = own(100).0[3];
    node.start(DB, 200, pod, "/usr/bin/sidecar");
    node.fork(210, 201);
    node.exec(210, "/bin/sh");
    assert_eq!(node.take(), []);
}

#[test]
fn host_namespaces_in_a_containers_cgroup_are_seen_without_the_call() {
    let mut node = Node::new();
    node.caps = DOCKER;
    node.seen(110, 101, "/bin/sh", HOST, inside(WEB));
    node.seen(101, 31, "/usr/sbin/app", own(100), inside(WEB));
    node.fork(112, 110);
    node.exec(112, "/bin/ls");
    assert!(node.take().contains(&("container_in_host_namespaces".into(), Critical, false)));
}

#[test]
fn leaving_the_cgroup_is_told_and_the_container_is_not_forgotten() {
    let mut node = Node::web();
    node.tell(110, Some(GroupKey::Host), Kind::Move);
    assert_eq!(node.take(), [("left_container_cgroup".into(), High, false)]);
    node.fork(111, 110);
    node.exec(111, "/bin/ls");
    assert_eq!(node.take(), []);
    node.namespaces(111, NamespaceCall::Enter, HOST);
    assert_eq!(node.take(), [("container_enters_host".into(), Critical, false)]);
}

#[test]
fn a_hosts_administrator_who_enters_a_container_is_no_escape() {
    let mut node = Node::web();
    node.fork(40, 20);
    node.exec(40, "/usr/bin/nsenter -t 101 -m");
    node.namespaces(40, NamespaceCall::Enter, own(100));
    node.exec(40, "/bin/sh");
    assert_eq!(node.take(), []);
}

#[test]
fn the_parts_of_an_escape_that_are_there_and_those_that_are_missing_can_be_asked_for() {
    let parts = |node: &Node, pid: u32| -> Vec<bool> {
        let chains = node.detector.explain(node.model.process(id(pid)).expect("it is there"), &node.model);
        chains.first().map(|chain| chain.parts.iter().map(|part| part.seen.is_some()).collect()).unwrap_or_default()
    };
    let mut node = Node::web();
    assert!(parts(&node, 110).is_empty(), "an ordinary container");
    assert!(parts(&node, 20).is_empty(), "the host's shell");
    node.caps = FULL;
    node.run(111, 110, "/usr/bin/nsenter -t 1 -a");
    assert_eq!(parts(&node, 111), [true, true, false, false], "it may, and did not");
    node.namespaces(111, NamespaceCall::Enter, HOST);
    assert_eq!(parts(&node, 111), [true, true, false, true]);
}
