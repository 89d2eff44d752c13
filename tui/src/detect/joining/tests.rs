//! What joins findings, and what does not.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use super::*;
use crate::detect::{Severity, rule::catalogue};
use crate::model::{Cgroup, Creds, Event, Fork, Kind, Place, ProcessEvent, Text, Ticks};

const SECOND: u64 = 1_000_000_000;

/// A node whose processes are made by one call each.
#[derive(Default)]
struct Node {
    model: Model,
    joining: Joining,
    now: u64,
}

fn id(pid: u32) -> ProcessId {
    ProcessId { pid, start: Ticks(u64::from(pid)) }
}

impl Node {
    /// A child of `maker`, in a container or (``) on the host.
    fn fork(&mut self, pid: u32, maker: u32, container: &str) {
        self.now += SECOND;
        let key = if container.is_empty() { GroupKey::Host } else { GroupKey::Container(container.into()) };
        let cgroup = Cgroup { id: 1, path: Text::from(container), place: Place { key, ..Place::default() } };
        let fork = Fork { maker: id(maker), parent: id(maker), ns_pid: pid, creds: Creds::default() };
        self.model.apply(&Event::Process(ProcessEvent {
            time: Time(self.now),
            process: id(pid),
            tid: pid,
            cgroup: Some(Arc::new(cgroup)),
            kind: Kind::Fork(fork),
        }));
    }

    /// Something is found of `pid`; gives the incident.
    fn found(&mut self, pid: u32, others: &[u32]) -> Joined {
        self.now += SECOND;
        let rule = catalogue().find(|rule| !rule.plants).unwrap();
        let finding = Finding {
            time: Time(self.now),
            rule: std::sync::Arc::new(rule.clone()),
            severity: Severity::High,
            title: String::new(),
            why: Vec::new(),
            process: id(pid),
            others: others.iter().map(|&pid| id(pid)).collect(),
            complete: true,
            failed: false,
            muted: None,
            number: 0,
            incident: 0,
        };
        self.joining.join(&finding, &self.model)
    }
}

#[test]
fn a_child_of_whom_something_was_found_belongs_to_the_same_incident() {
    let mut node = Node::default();
    node.fork(10, 1, "");
    node.fork(20, 10, "");
    node.fork(30, 20, "");
    let first = node.found(20, &[]).incident;
    assert_eq!(node.found(30, &[]).incident, first);
}

#[test]
fn two_commands_of_one_shell_are_one_incident() {
    let mut node = Node::default();
    node.fork(10, 1, "");
    node.fork(20, 10, "");
    node.fork(31, 20, "");
    node.fork(32, 20, "");
    let first = node.found(31, &[]).incident;
    assert_eq!(node.found(32, &[]).incident, first);
}

#[test]
fn what_only_init_has_in_common_is_two_incidents() {
    let mut node = Node::default();
    node.fork(10, 1, "");
    node.fork(11, 10, "");
    node.fork(20, 1, "");
    node.fork(21, 20, "");
    let first = node.found(11, &[]).incident;
    assert_ne!(node.found(21, &[]).incident, first);
}

#[test]
fn a_runtime_does_not_join_its_containers() {
    let mut node = Node::default();
    node.fork(10, 1, "");
    node.fork(20, 10, "");
    node.fork(21, 20, "one");
    node.fork(31, 20, "two");
    let first = node.found(21, &[]).incident;
    assert_ne!(node.found(31, &[]).incident, first);
}

#[test]
fn two_entries_into_one_container_are_one_incident_unless_long_apart() {
    let mut node = Node::default();
    node.fork(10, 1, "");
    node.fork(20, 10, "");
    node.fork(21, 20, "one");
    node.fork(22, 20, "one");
    node.fork(23, 20, "one");
    let first = node.found(21, &[]).incident;
    assert_eq!(node.found(22, &[]).incident, first);
    node.now += 3_600 * SECOND;
    assert_ne!(node.found(23, &[]).incident, first);
}

#[test]
fn whoever_had_a_part_in_two_makes_them_one() {
    let mut node = Node::default();
    for pid in [10, 20, 30] {
        node.fork(pid, 1, "");
        node.fork(pid + 1, pid, "");
    }
    let first = node.found(11, &[]).incident;
    let second = node.found(21, &[]).incident;
    assert_ne!(first, second);
    let joined = node.found(31, &[21, 11]);
    assert_eq!((joined.incident, joined.merged), (first, vec![second]));
    assert_eq!(node.found(21, &[]).incident, first);
}

#[test]
fn out_of_a_container_the_way_goes_on() {
    let mut node = Node::default();
    node.fork(10, 1, "");
    node.fork(20, 10, "");
    node.fork(21, 20, "one");
    node.fork(22, 21, "one");
    node.fork(23, 22, "");
    let first = node.found(22, &[]).incident;
    assert_eq!(node.found(23, &[]).incident, first);
}
