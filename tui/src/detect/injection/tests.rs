//! Who reaches into whom on one side of the border.

use crate::detect::Severity::{Low, Medium};
use crate::detect::testkit::*;
use crate::model::{Deed, Opened, ReachCall};

const RULES: &[&str] = &["process_injected", "memory_read"];

fn reach(how: ReachCall, target: u32) -> Deed {
    Deed::Reach { how, target: Some(id(target)) }
}

#[test]
fn writing_into_a_stranger_is_worse_than_attaching_to_it() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/sbin/service");
    node.run(41, 20, "/opt/x");
    node.did(41, reach(ReachCall::Attach, 40));
    assert_eq!(node.take(), [("process_injected".into(), Low, false)]);
    node.did(41, reach(ReachCall::WriteMemory, 40));
    assert_eq!(node.others(0), [40]);
    assert_eq!(node.take(), [("process_injected".into(), Medium, false)]);
}

#[test]
fn reading_the_memory_of_a_stranger_is_told_by_call_and_by_file() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/sbin/service");
    node.run(41, 20, "/opt/x");
    node.run(42, 20, "/opt/y");
    node.did(41, reach(ReachCall::ReadMemory, 40));
    let (path, inside) = ("/proc/40/mem".into(), "/40/mem".into());
    let opened = Opened { path, inside, fs: 0x9fa0, read: true, subject: Some(id(40)), ..Opened::default() };
    node.did(42, Deed::Open(Box::new(opened)));
    let told = ("memory_read".to_owned(), Medium, false);
    assert_eq!(node.take(), [told.clone(), told]);
}

#[test]
fn a_debugger_has_what_it_started() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/bin/gdb ./a");
    node.run(41, 40, "/srv/a");
    node.did(40, reach(ReachCall::Attach, 41));
    node.did(40, reach(ReachCall::Poke, 41));
    node.did(41, reach(ReachCall::ReadMemory, 41));
    assert_eq!(node.take(), []);
}
