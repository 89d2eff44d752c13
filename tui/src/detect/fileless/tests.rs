//! Programs in memory, in shared memory and without a name, and the runtimes that run themselves so.

use crate::detect::Severity::{Critical, High, Medium};
use crate::detect::testkit::*;
use crate::model::{Deed, Exec, ImageFile, Text};

/// What is tested here.
const RULES: &[&str] = &["memory_exec", "deleted_exec"];

fn memfd(name: &str) -> Deed {
    Deed::Memfd { name: Text::from(name) }
}

fn in_memory(exec: &mut Exec) {
    exec.image.unlinked = true;
    exec.file = Some(Box::new(ImageFile { inode: 9, mode: 0o100_777, in_memory: true, ..ImageFile::default() }));
}

fn deleted(exec: &mut Exec) {
    exec.image.unlinked = true;
    exec.file = Some(Box::new(disk_file()));
}

#[test]
fn a_program_in_memory_is_told_with_who_made_its_file() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/bin/python3 loader.py");
    node.did(40, memfd("x"));
    node.fork(41, 40);
    node.exec_with(41, "/memfd:x", in_memory);
    assert_eq!(node.found[0].title, "A program that is only in memory runs on the host: /memfd:x (41)");
    assert_eq!(node.shown(0), [("exec", 41), ("memfd", 40)]);
    assert_eq!(node.others(0), [40]);
    assert_eq!(node.take(), [("memory_exec".into(), High, false)]);
}

#[test]
fn whoever_becomes_what_it_made_itself_names_nobody_else() {
    let mut node = Node::web().only(RULES);
    node.run(111, 110, "/opt/loader");
    node.did(111, memfd("x"));
    node.exec_with(111, "/memfd:x", in_memory);
    assert_eq!(node.found[0].title, "A program that is only in memory runs on web-1: /memfd:x (111)");
    assert_eq!((node.shown(0), node.others(0)), (vec![("exec", 111), ("memfd", 111)], vec![]));
    assert_eq!(node.take(), [("memory_exec".into(), High, false)]);
}

#[test]
fn a_program_in_memory_that_came_over_a_connection_is_critical() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/bin/python3 loader.py");
    node.connects(40, "203.0.113.9:443");
    node.fork(41, 40);
    node.exec_with(41, "/memfd:x", in_memory);
    assert_eq!((node.shown(0), node.others(0)), (vec![("exec", 41), ("connect", 40)], vec![40]));
    assert_eq!(node.found[0].why[1].fact.text, "203.0.113.9:443");
    assert_eq!(node.take(), [("memory_exec".into(), Critical, false)]);
}

#[test]
fn deleted_and_shared_memory_are_told_apart() {
    for (exe, change, how) in [
        ("/tmp/x", deleted as fn(&mut Exec), "was deleted before it ran"),
        ("/dev/shm/x", |exec: &mut Exec| exec.file = Some(Box::new(disk_file())), "lies in shared memory"),
    ] {
        let mut node = Node::new().only(RULES);
        node.fork(40, 20);
        node.exec_with(40, exe, change);
        assert_eq!(node.found[0].title, format!("A program that {how} runs on the host: {exe} (40)"));
        assert_eq!((node.shown(0), node.others(0)), (vec![("exec", 40)], vec![]), "{exe}");
        assert_eq!(node.take(), [("deleted_exec".into(), Medium, false)], "{exe}");
    }
}

#[test]
fn a_connection_does_not_make_a_deleted_program_worse() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/bin/curl -O http://203.0.113.9/x");
    node.connects(40, "203.0.113.9:80");
    node.exec_with(40, "/tmp/x", deleted);
    assert_eq!(node.shown(0), [("exec", 40), ("connect", 40)]);
    assert_eq!(node.take(), [("deleted_exec".into(), Medium, false)]);
}

#[test]
fn a_runtime_that_runs_a_sealed_copy_of_itself_is_nothing() {
    let mut node = Node::new().only(RULES);
    node.fork(120, 31);
    node.exec_with(120, "/memfd:runc_cloned:/proc/self/exe init", in_memory);
    assert_eq!(node.take(), []);
}

#[test]
fn whoever_starts_containers_may_run_a_copy_under_any_name() {
    for (exe, change) in [("/memfd:anything", in_memory as fn(&mut Exec)), ("/usr/bin/runc", deleted)] {
        let mut node = Node::web().only(RULES);
        node.fork(120, 31);
        node.exec_with(120, exe, change);
        assert_eq!(node.take(), [], "{exe}");
    }
}

#[test]
fn whoever_is_in_a_container_is_no_runtime() {
    let mut node = Node::web().only(RULES);
    node.fork(111, 110);
    node.exec_with(111, "/memfd:anything", in_memory);
    assert_eq!(node.take(), [("memory_exec".into(), High, false)]);
}

#[test]
fn a_file_in_memory_that_nobody_runs_is_nothing() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/bin/pulseaudio");
    node.did(40, memfd("pulseaudio"));
    node.run(41, 40, "/usr/bin/pactl info");
    node.run(42, 40, "/mnt/dev/shm/x");
    assert_eq!(node.take(), []);
}

#[test]
fn a_file_in_memory_that_was_refused_shows_nothing() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/opt/loader");
    node.act(40, Some(1), memfd("x"));
    node.exec_with(40, "/tmp/x", deleted);
    assert_eq!(node.shown(0), [("exec", 40)]);
}
