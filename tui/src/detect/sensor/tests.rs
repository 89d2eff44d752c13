//! Who does something to the sensor, and whose business that is.

use crate::detect::Severity::{self, Critical, High, Low, Medium};
use crate::detect::testkit::{Node, WEB, id, inside};
use crate::model::{Act, Deed, GroupKey, Kind, NameCall, Naming, Observer, Opened, Part, ReachCall};

const RULES: &[&str] = &["sensor_stopped", "sensor_reached", "sensor_file_changed"];

/// The sensor is a child of the shell 40, which is one of sshd's (39), beside that of somebody else (50).
fn node() -> Node {
    let mut node = Node::web().only(RULES);
    node.run(39, 1, "/usr/sbin/sshd");
    node.run(40, 39, "/usr/bin/bash");
    node.run(50, 39, "/usr/bin/bash");
    node
}

fn on(part: Part, parent: u32, what: Deed) -> Act {
    Act { error: None, what, observer: Some(Observer { part, parent: Some(id(parent)) }) }
}

fn signal(number: u8) -> Deed {
    Deed::Signal { number, target: Some(id(99)) }
}

fn does(node: &mut Node, pid: u32, act: Act) -> Option<(String, Severity)> {
    node.tell(pid, None, Kind::Act(Box::new(act)));
    let mut found = node.take();
    assert!(found.len() <= 1, "{found:?}");
    found.pop().map(|(rule, severity, _)| (rule, severity))
}

fn found(rule: &str, severity: Severity) -> Option<(String, Severity)> {
    Some((rule.to_owned(), severity))
}

#[test]
fn a_stranger_of_the_host_that_stops_or_ends_it_is_named() {
    let mut node = node();
    node.run(51, 50, "/usr/bin/kill");
    assert_eq!(does(&mut node, 51, on(Part::Process, 40, signal(19))), found("sensor_stopped", High));
    assert_eq!(does(&mut node, 51, on(Part::Process, 40, signal(15))), found("sensor_stopped", Medium));
    assert_eq!(does(&mut node, 51, on(Part::Process, 40, signal(15))), None, "once");
}

#[test]
fn a_process_of_a_container_has_no_business_with_it_at_all() {
    let mut node = node();
    assert_eq!(does(&mut node, 110, on(Part::Process, 40, signal(15))), found("sensor_stopped", Critical));
    let reach = Deed::Reach { how: ReachCall::ReadMemory, target: Some(id(99)) };
    assert_eq!(does(&mut node, 110, on(Part::Process, 40, reach)), found("sensor_reached", Critical));
    let freeze = Deed::Open(Box::new(Opened {
        path: "/sys/fs/cgroup/a/cgroup.freeze".into(),
        write: true,
        ..Opened::default()
    }));
    assert_eq!(does(&mut node, 110, on(Part::Cgroup, 40, freeze)), found("sensor_stopped", Critical));
    let refused = Deed::Reach { how: ReachCall::Attach, target: Some(id(99)) };
    let refused = Act { error: Some(1), ..on(Part::Process, 40, refused) };
    assert_eq!(does(&mut node, 110, refused), found("sensor_reached", Medium));
}

#[test]
fn whoever_started_it_may_end_it_and_so_may_those_beside_it_and_init() {
    let mut node = node();
    node.run(41, 40, "/usr/bin/kill");
    for who in [1, 40, 41] {
        assert_eq!(does(&mut node, who, on(Part::Process, 40, signal(15))), None, "{who}");
        assert_eq!(does(&mut node, who, on(Part::Process, 40, signal(19))), None, "{who}");
    }
}

#[test]
fn what_else_a_service_manager_started_is_nobody_of_its_own() {
    let mut node = node();
    node.run(60, 1, "/usr/sbin/cron");
    node.run(61, 60, "/usr/bin/kill");
    assert_eq!(does(&mut node, 61, on(Part::Process, 1, signal(15))), found("sensor_stopped", Medium));
    assert_eq!(does(&mut node, 60, on(Part::Process, 60, signal(15))), None);
    assert_eq!(does(&mut node, 61, on(Part::Process, 60, signal(9))), found("sensor_stopped", Medium));
}

#[test]
fn somebody_at_its_own_terminal_may() {
    let mut node = node();
    node.run(70, 50, "/usr/bin/sudo");
    node.run(71, 50, "/usr/bin/kill");
    for pid in [70, 71] {
        node.exec_with(pid, "/usr/bin/x", |exec| exec.tty = "pts/3".into());
    }
    assert_eq!(does(&mut node, 71, on(Part::Process, 70, signal(15))), None);
}

#[test]
fn what_nobody_is_ended_by_is_nothing() {
    let mut node = node();
    for number in [13, 17, 18, 23, 28] {
        assert_eq!(does(&mut node, 110, on(Part::Process, 40, signal(number))), None, "{number}");
    }
}

#[test]
fn package_managers_end_it_to_start_it_anew_but_do_not_stop_it() {
    let mut node = node();
    node.run(80, 50, "/usr/bin/dpkg");
    node.run(81, 80, "/usr/bin/kill");
    assert_eq!(does(&mut node, 81, on(Part::Process, 40, signal(15))), None);
    assert_eq!(does(&mut node, 81, on(Part::Process, 40, signal(19))), found("sensor_stopped", High));
    let reach = Deed::Reach { how: ReachCall::ReadMemory, target: Some(id(99)) };
    assert_eq!(does(&mut node, 81, on(Part::Process, 40, reach)), found("sensor_reached", Medium));
    // What comes with a library of somebody's is no package of the node.
    node.run(90, 50, "/usr/bin/npm");
    node.run(91, 90, "/usr/bin/kill");
    assert_eq!(does(&mut node, 91, on(Part::Process, 40, signal(15))), found("sensor_stopped", Medium));
}

#[test]
fn its_memory_and_its_files_are_its_own() {
    let mut node = node();
    let reach = |how| Deed::Reach { how, target: Some(id(99)) };
    let memory = |write: bool| {
        Deed::Open(Box::new(Opened { path: "/proc/99/mem".into(), read: !write, write, ..Opened::default() }))
    };
    let gone = Naming { how: NameCall::Unlink, path: "/var/lib/x.ktrace".into(), ..Naming::default() };
    let written = Opened { path: "/etc/ktrace-tui/config.toml".into(), write: true, ..Opened::default() };
    let cases = [
        (Part::Process, reach(ReachCall::Attach), "sensor_reached", High),
        (Part::Process, reach(ReachCall::WriteMemory), "sensor_reached", High),
        (Part::Process, reach(ReachCall::TakeDescriptor), "sensor_reached", High),
        (Part::Process, reach(ReachCall::ReadMemory), "sensor_reached", Medium),
        (Part::Process, memory(false), "sensor_reached", Medium),
        (Part::Process, memory(true), "sensor_reached", High),
        (Part::Record, Deed::Name(Box::new(gone)), "sensor_file_changed", High),
        (Part::Settings, Deed::Open(Box::new(written)), "sensor_file_changed", Low),
    ];
    for (at, (part, what, rule, severity)) in (200..).zip(cases) {
        node.run(at, 50, "/usr/bin/x");
        assert_eq!(does(&mut node, at, on(part, 40, what)), found(rule, severity), "{at}");
    }
}

#[test]
fn a_debugger_of_others_and_what_is_done_to_others_is_not_about_it() {
    let mut node = node();
    let what = Deed::Reach { how: ReachCall::Attach, target: Some(id(50)) };
    assert_eq!(does(&mut node, 51, Act { error: None, observer: None, what }), None);
    node.tell(110, Some(inside(WEB)), Kind::Move);
    assert_eq!(node.model.process(id(40)).map(|it| it.group.clone()), Some(GroupKey::Host));
}
