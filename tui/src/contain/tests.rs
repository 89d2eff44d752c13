//! What is done to real processes, which each test starts itself.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::held::stat;
use super::{Done, Fault, own_line, perform};
use crate::app::{Allowed, Order, Target, Verb, Whom};
use crate::model::{ProcessId, Ticks};

/// A child that ends with the test, whatever becomes of that.
struct Own(Child);

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(script: &str) -> Own {
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::null()).process_group(0);
    Own(command.spawn().unwrap())
}

fn id(pid: u32) -> ProcessId {
    ProcessId { pid, start: Ticks(stat(pid).unwrap().starttime) }
}

fn order(verb: Verb, whom: Whom, ids: &[ProcessId]) -> Order {
    let targets = ids.iter().map(|id| Target { id: *id, name: "sh".into() }).collect();
    Order { verb, whom, targets, left_out: Vec::new(), says: "the test's own".into() }
}

fn does(verb: Verb, id: ProcessId) -> Done {
    perform(&order(verb, Whom::Process(id), &[id]), &Allowed::default())
}

fn state(pid: u32) -> char {
    stat(pid).map_or('-', |stat| stat.state)
}

fn comes(what: &str, mut there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !there() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what} does not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_process_stops_goes_on_and_ends() {
    let mut child = start("while :; do sleep 0.01; done");
    let id = id(child.0.id());
    assert_eq!(does(Verb::Stop, id).reached, [id.pid]);
    comes("the stop", || state(id.pid) == 'T');
    assert_eq!(does(Verb::Continue, id).reached, [id.pid]);
    comes("going on", || state(id.pid) != 'T');
    assert_eq!(does(Verb::Kill, id).reached, [id.pid]);
    assert_eq!(child.0.wait().unwrap().signal(), Some(9));
    assert_eq!(does(Verb::Kill, id).missed, [(id.pid, Fault::Gone)]);
}

#[test]
fn a_pid_that_is_somebody_elses_by_now_is_never_hit() {
    let mut child = start("exec sleep 1000");
    let other = ProcessId { start: Ticks(id(child.0.id()).start.0 - 1), ..id(child.0.id()) };
    for verb in [Verb::Kill, Verb::Stop] {
        assert_eq!(does(verb, other).missed, [(other.pid, Fault::Reused)]);
        let branch = perform(&order(verb, Whom::Branch(other), &[other]), &Allowed::default());
        assert_eq!((branch.reached.len(), branch.missed), (0, vec![(other.pid, Fault::Reused)]));
    }
    assert!(matches!(state(other.pid), 'S' | 'R'));
    assert_eq!(child.0.try_wait().unwrap(), None);
}

#[test]
fn nothing_is_done_to_the_first_process_nor_to_ourselves() {
    let first = ProcessId { pid: 1, start: Ticks(0) };
    assert!(matches!(does(Verb::Stop, first).missed[..], [(1, Fault::Spared(_))]));
    let own = own_line();
    assert!(own.contains(&std::process::id()) && own.len() > 1, "{own:?}");
    let child = start("exec sleep 1000");
    let id = id(child.0.id());
    let allowed = Allowed { own: vec![id.pid], ..Allowed::default() };
    let done = perform(&order(Verb::Kill, Whom::Process(id), &[id]), &allowed);
    assert!(matches!(done.missed[..], [(_, Fault::Spared(_))]), "{done:?}");
    assert!(matches!(state(id.pid), 'S' | 'R'));
}

/// The living processes of a process group.
fn group(leader: u32) -> usize {
    let pids = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let stats = pids.filter_map(stat);
    stats.filter(|stat| stat.pgrp == leader as i32 && !matches!(stat.state, 'Z' | 'X')).count()
}

#[test]
fn a_branch_that_makes_others_all_the_time_is_killed_to_the_last() {
    let mut child =
        start("spread() { while :; do (sleep 1000 & exec sleep 1000) & sleep 0.002; done; }; spread & spread & wait");
    let leader = child.0.id();
    comes("a crowd", || group(leader) > 40);
    let root = id(leader);
    let done = perform(&order(Verb::Kill, Whom::Branch(root), &[root]), &Allowed::default());
    assert!(done.reached.len() > 40 && !done.is_short(), "{done:?}");
    assert_eq!(child.0.wait().unwrap().signal(), Some(9));
    comes("the end of all", || group(leader) == 0);
    let told = done.told(&order(Verb::Kill, Whom::Branch(root), &[root]), "ada (login uid 1000)");
    assert!(told.starts_with("kill the test's own: SIGKILL to ") && told.contains(" more"), "{told}");
    assert!(told.ends_with("; asked by ada (login uid 1000)"), "{told}");
}

#[test]
fn a_branch_that_is_stopped_stands_still_as_a_whole() {
    let child = start("while :; do sleep 0.002; done & while :; do sleep 0.002; done & wait");
    let leader = child.0.id();
    comes("the branch", || group(leader) > 3);
    let root = id(leader);
    let done = perform(&order(Verb::Stop, Whom::Branch(root), &[root]), &Allowed::default());
    assert!(!done.is_short(), "{done:?}");
    let all = |wanted: fn(char) -> bool| {
        done.reached
            .iter()
            .all(|pid| stat(*pid).is_none_or(|stat| matches!(stat.state, 'Z' | 'X') || wanted(stat.state)))
    };
    // Whose child by vfork(2) was stopped before it ran anything waits for it, and cannot go on either (`D`).
    comes("standing still", || all(|state| matches!(state, 'T' | 'D')));
    let ids: Vec<ProcessId> = done.reached.iter().filter_map(|pid| stat(*pid).map(|_| id(*pid))).collect();
    perform(&order(Verb::Kill, Whom::Branch(root), &ids), &Allowed::default());
    comes("the end of all", || group(leader) == 0);
}

#[test]
fn a_cgroup_that_is_not_the_containers_is_not_frozen() {
    let child = start("exec sleep 1000");
    let id = id(child.0.id());
    let done = perform(&order(Verb::Freeze, Whom::Container("0123456789abcdef".into()), &[id]), &Allowed::default());
    assert!(matches!(&done.container, Some(Err(why)) if why.contains("does not name")), "{done:?}");
}
