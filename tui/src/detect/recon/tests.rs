//! Who looks around, and whose work it is to ask.

use crate::detect::Severity::{Low, Medium};
use crate::detect::testkit::*;
use crate::model::{Deed, Direction, Kind, Net, NetOp, Protocol};

fn asks(node: &mut Node, asker: u32) {
    for (pid, command) in
        (200..).zip(["/usr/bin/id", "/usr/bin/uname -a", "/usr/bin/ps aux", "/bin/df", "/usr/bin/ss -t"])
    {
        node.run(pid, asker, command);
    }
}

#[test]
fn many_questions_of_one_asker_are_a_look_around_and_worse_in_a_container() {
    let mut node = Node::new().only(&["looks_around"]);
    node.run(40, 20, "/bin/sh");
    asks(&mut node, 40);
    assert_eq!(node.others(0).len(), 5, "those who asked");
    assert_eq!(node.take(), [("looks_around".into(), Low, false)]);
    let mut node = Node::web().only(&["looks_around"]);
    asks(&mut node, 110);
    assert_eq!(node.take(), [("looks_around".into(), Medium, false)]);
}

#[test]
fn a_configure_script_and_a_package_manager_ask_too() {
    for asker in ["/bin/sh configure", "/usr/bin/dpkg --configure x"] {
        let mut node = Node::new().only(&["looks_around"]);
        node.run(40, 20, asker);
        asks(&mut node, 40);
        assert_eq!(node.take(), [], "{asker}");
    }
}

/// What happens to one of the sockets of process 40.
fn net(node: &mut Node, op: NetOp, socket: u64, remote: &str) {
    let (protocol, direction) = (Protocol::Tcp, Direction::Outbound);
    let (local, sent, received, error) = (None, None, None, None);
    let net = Net { op, protocol, direction, local, remote: remote.parse().ok(), socket, sent, received, error };
    node.tell(40, None, Kind::Net(Box::new(net)));
}

#[test]
fn doors_that_are_shut_one_after_the_other_are_told_once() {
    let mut node = Node::new().only(&["doors_tried"]);
    node.run(40, 20, "/opt/x");
    for port in 1..40 {
        let remote = format!("198.51.100.7:{port}");
        for op in [NetOp::Connect, NetOp::Close] {
            net(&mut node, op, port, &remote);
        }
    }
    assert_eq!(node.take(), [("doors_tried".into(), Medium, false)]);
}

#[test]
fn connections_that_came_to_be_are_no_doors() {
    let mut node = Node::new().only(&["doors_tried"]);
    node.run(40, 20, "/usr/bin/crawler");
    for port in 1..40 {
        let remote = format!("198.51.100.7:{port}");
        for op in [NetOp::Connect, NetOp::Established, NetOp::Close] {
            net(&mut node, op, port, &remote);
        }
    }
    assert_eq!(node.take(), []);
}

#[test]
fn searching_for_keys_is_told_and_searching_for_work_is_not() {
    let mut node = Node::new().only(&["secrets_searched"]);
    node.run(40, 20, "/usr/bin/find / -name id_rsa");
    assert_eq!(node.take(), [("secrets_searched".into(), Medium, false)]);
    node.run(41, 20, "/usr/bin/grep -rn TODO src");
    node.run(42, 20, "/usr/bin/cat id_rsa.pub");
    assert_eq!(node.take(), []);
}

#[test]
fn the_kernel_is_nobodys_business_in_a_container_and_a_profilers_on_the_host() {
    let mut node = Node::web().only(&["kernel_examined"]);
    node.run(111, 110, "/opt/x");
    node.did(111, reading("/proc/kallsyms"));
    assert_eq!(node.take(), [("kernel_examined".into(), Medium, false)]);
    node.run(40, 20, "/usr/bin/perf record");
    node.did(40, reading("/proc/kallsyms"));
    assert_eq!(node.take(), [("kernel_examined".into(), Low, false)]);
}

#[test]
fn a_packet_socket_in_a_container_is_told_and_one_of_ping_is_not() {
    let mut node = Node::web().only(&["packets_seen"]);
    for (pid, exe) in [(111, "/bin/ping"), (112, "/opt/x")] {
        node.run(pid, 110, exe);
        node.did(pid, Deed::RawSocket { family: 17, protocol: 3 });
    }
    node.run(40, 20, "/usr/sbin/tcpdump");
    node.did(40, Deed::RawSocket { family: 17, protocol: 3 });
    assert_eq!(node.found[0].process, id(112));
    assert_eq!(node.take(), [("packets_seen".into(), Medium, false)]);
}
