//! Who comes from a package manager, an administrator's tool or a runtime, and who only looks like it.

use super::*;
use crate::detect::testkit::*;

/// What `ask` says of a child of a child of `exe`, which the host's shell runs.
fn of_grandchild(exe: &str, ask: fn(&Process, &Model) -> bool) -> bool {
    let mut node = Node::new();
    node.run(40, 20, exe);
    node.run(41, 40, "/bin/sh script");
    node.run(42, 41, "/usr/bin/cp a b");
    ask(node.model.process(id(42)).expect("it is there"), &node.model)
}

fn runtime(node: &Node, pid: u32) -> bool {
    is_runtime(node.model.process(id(pid)).expect("it is there"), &node.model)
}

#[test]
fn whatever_a_package_manager_starts_installs() {
    for exe in [
        "/usr/bin/dpkg --configure x",
        "/usr/bin/apt-get install x",
        "/sbin/apk add x",
        "/usr/bin/rpm -i x",
        "/usr/bin/python3.11 /usr/bin/pip install x",
        "/usr/bin/python3 /usr/bin/dnf install x",
    ] {
        assert!(of_grandchild(exe, installs), "{exe}");
        assert!(of_grandchild(exe, administers), "{exe}");
    }
}

#[test]
fn an_administrators_tool_changes_settings_and_installs_nothing() {
    for exe in ["/usr/bin/systemctl edit x", "/usr/sbin/useradd u", "/usr/sbin/logrotate", "/usr/bin/kubelet"] {
        assert!(of_grandchild(exe, administers), "{exe}");
        assert!(!of_grandchild(exe, installs), "{exe}");
    }
}

#[test]
fn a_name_among_the_arguments_makes_no_package_manager() {
    for exe in
        ["/usr/bin/cat apt", "/usr/bin/vim /usr/bin/apt", "/usr/bin/python3 x.py pip", "/opt/dpkg-x", "/usr/bin/aptx"]
    {
        assert!(!of_grandchild(exe, administers), "{exe}");
    }
}

#[test]
fn only_so_many_ancestors_are_asked() {
    let mut node = Node::new();
    node.run(40, 20, "/usr/bin/apt-get install x");
    for pid in 41..60 {
        node.run(pid, pid - 1, "/bin/sh");
    }
    let asked: Vec<bool> =
        (50..56).map(|pid| installs(node.model.process(id(pid)).expect("it is there"), &node.model)).collect();
    assert_eq!(asked, [true, true, true, false, false, false]);
}

#[test]
fn a_runtime_is_known_by_the_containers_that_it_starts() {
    let mut node = Node::new();
    node.fork(120, 31);
    assert!(!runtime(&node, 31) && !runtime(&node, 120), "nothing was started yet");
    let mut node = Node::web();
    node.fork(120, 31);
    node.fork(40, 20);
    assert!(runtime(&node, 31), "the shim");
    assert!(runtime(&node, 120), "what the shim makes to start the next");
    assert!(!runtime(&node, 20) && !runtime(&node, 40), "the host's shell");
    assert!(!runtime(&node, 1), "init, though everything comes from it");
    node.fork_into(130, 1, inside(DB));
    assert!(!runtime(&node, 40), "not even where init starts a container itself");
}

#[test]
fn what_is_on_its_way_into_a_container_is_a_runtime_until_a_child_is_born_there() {
    let mut node = Node::web();
    node.fork(120, 31);
    node.exec(120, "/usr/bin/runc init");
    node.tell(120, Some(inside(WEB)), crate::model::Kind::Move);
    assert!(runtime(&node, 120));
    node.fork(121, 120);
    assert!(!runtime(&node, 121), "born in the container");
    assert!(!runtime(&node, 110), "the container's shell");
}

#[test]
fn a_program_is_called_by_its_file() {
    let mut node = Node::new();
    node.fork(40, 20);
    node.exec_with(40, "/usr/bin/python3.11", |exec| exec.image.argv.args = ["sshd"].into_iter().collect());
    let named = |pid| program(node.model.process(id(pid)).expect("it is there"));
    assert_eq!((named(40).as_str(), named(2).as_str()), ("python3.11", ""));
}
