//! What arguments and directories give away, and what only looks like it.

use crate::detect::Severity::{High, Medium};
use crate::detect::testkit::*;
use crate::model::{Direction, GroupKey, Namespaces, NetOp, Text};

/// What is tested here.
const RULES: &[&str] = &["enters_by_arguments", "static_pod_directory", "temporary_program_connects", "deleted_exec"];

/// A node of a recording that knows no namespaces: web-1 has the shell 110.
fn recording() -> Node {
    let mut node = Node::new().only(RULES);
    node.news(WEB);
    node.caps = DOCKER;
    node.seen(101, 31, "/usr/sbin/nginx", Namespaces::default(), inside(WEB));
    node.seen(110, 101, "/bin/sh", Namespaces::default(), inside(WEB));
    assert_eq!(node.take(), []);
    node
}

/// A child of `maker` that runs `exe` in `cwd`.
fn run_in(node: &mut Node, pid: u32, maker: u32, exe: &str, cwd: &str) {
    node.fork(pid, maker);
    node.exec_with(pid, exe, |exec| exec.image.cwd = Text::from(cwd));
}

#[test]
fn nsenter_that_asks_for_the_hosts_init_is_told_by_its_arguments() {
    for arguments in ["-t 1 -a", "--target 1 -m -p /bin/sh", "-m --target=1", "-m -t1 /bin/sh"] {
        let mut node = recording();
        let command = format!("/usr/bin/nsenter {arguments}");
        node.run(111, 110, &command);
        let title = "nsenter (111) of web-1 asks for the namespaces of the host's init";
        assert_eq!(node.found[0].title, title, "{arguments}");
        assert_eq!((node.shown(0), node.others(0)), (vec![("exec", 111)], vec![]));
        assert_eq!(node.found[0].why[0].fact.text, command);
        assert_eq!(node.take(), [("enters_by_arguments".into(), High, false)], "{arguments}");
    }
}

#[test]
fn nsenter_elsewhere_and_others_with_its_arguments_are_nothing() {
    let mut node = recording();
    node.run(111, 110, "/usr/bin/nsenter -t 500 -a");
    node.run(112, 110, "/usr/bin/nsenter -t 10 -a");
    node.run(113, 110, "/usr/bin/timeout -t 1 sleep 9");
    node.run(114, 110, "/usr/bin/nsenter --net=/run/netns/blue ip a");
    node.seen(40, 1, "/usr/bin/bash", Namespaces::default(), GroupKey::Host);
    node.run(41, 40, "/usr/bin/nsenter -t 1 -a");
    assert_eq!(node.take(), []);
}

#[test]
fn where_namespaces_are_known_arguments_are_not_asked() {
    let mut node = Node::web().only(RULES);
    node.run(111, 110, "/usr/bin/nsenter -t 1 -a");
    assert_eq!(node.take(), []);
}

#[test]
fn somebody_in_the_directory_of_static_pods_is_told_once_for_each_shell() {
    for cwd in ["/etc/kubernetes/manifests", "/etc/kubernetes/manifests/", "/var/lib/rancher/k3s/agent/pod-manifests"] {
        let mut node = Node::new().only(RULES);
        run_in(&mut node, 40, 20, "/usr/bin/vim pod.yaml", cwd);
        run_in(&mut node, 41, 20, "/usr/bin/ls", cwd);
        assert_eq!(node.found[0].title, "vim (40) of the host works in the directory of static pods");
        assert_eq!((node.shown(0), node.others(0)), (vec![("exec", 40)], vec![]));
        assert_eq!(node.found[0].why[0].fact.text, cwd);
        assert_eq!(node.take(), [("static_pod_directory".into(), Medium, false)], "{cwd}");
    }
}

#[test]
fn a_container_in_the_directory_of_static_pods_is_worse() {
    let mut node = Node::web().only(RULES);
    run_in(&mut node, 111, 110, "/bin/tee x.yaml", "/etc/kubernetes/manifests");
    assert_eq!(node.take(), [("static_pod_directory".into(), High, false)]);
}

#[test]
fn those_who_are_there_for_static_pods_and_directories_beside_are_nothing() {
    let manifests = "/etc/kubernetes/manifests";
    let mut node = Node::new().only(RULES);
    run_in(&mut node, 40, 1, "/usr/bin/kubelet", manifests);
    run_in(&mut node, 41, 20, "/usr/bin/kubeadm upgrade apply", manifests);
    run_in(&mut node, 42, 41, "/usr/bin/cp a b", manifests);
    run_in(&mut node, 43, 20, "/usr/bin/dpkg --configure kubelet", manifests);
    run_in(&mut node, 44, 20, "/usr/bin/ls", "/etc/kubernetes");
    run_in(&mut node, 45, 20, "/usr/bin/ls", "/etc/kubernetes/manifests.bak");
    run_in(&mut node, 46, 20, "/usr/bin/ls", "/home/u/repo/etc/kubernetes/manifests");
    assert_eq!(node.take(), []);
}

#[test]
fn a_program_out_of_a_temporary_directory_that_calls_out_is_told_once() {
    for exe in ["/tmp/x", "/var/tmp/.hidden/x"] {
        let mut node = Node::new().only(RULES);
        node.run(40, 20, exe);
        assert_eq!(node.take(), [], "it only runs");
        node.connects(40, "203.0.113.9:443");
        node.connects(40, "203.0.113.10:443");
        assert_eq!(node.found[0].title, format!("{exe} of the host calls 203.0.113.9:443"));
        assert_eq!((node.shown(0), node.others(0)), (vec![("exec", 40), ("connect", 40)], vec![]));
        assert!(node.found[0].why[0].fact.time < node.found[0].why[1].fact.time);
        assert_eq!(node.take(), [("temporary_program_connects".into(), Medium, false)], "{exe}");
    }
}

#[test]
fn a_program_in_shared_memory_that_calls_out_is_told_as_both() {
    let mut node = Node::web().only(RULES);
    node.run(111, 110, "/dev/shm/x");
    node.connects(111, "203.0.113.9:443");
    let rules = [("deleted_exec".into(), Medium, false), ("temporary_program_connects".into(), Medium, false)];
    assert_eq!(node.take(), rules);
}

#[test]
fn calls_within_the_machine_answers_and_installed_programs_are_nothing() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/tmp/go-build1/exe/server");
    node.connects(40, "127.0.0.1:5432");
    node.connects(40, "[::1]:5432");
    node.net(40, NetOp::Accept, Direction::Inbound, "203.0.113.9:50000");
    // A script of /tmp is run by an interpreter, and its commands are installed.
    node.run(41, 40, "/usr/bin/python3 /tmp/x.py");
    node.connects(41, "203.0.113.9:443");
    for (pid, exe) in [(42, "/usr/bin/curl"), (43, "/opt/tmp/x"), (44, "/tmpfs/x")] {
        node.run(pid, 20, exe);
        node.connects(pid, "203.0.113.9:443");
    }
    assert_eq!(node.take(), []);
}
