//! A baseline as a file: every text survives, and a mistake has a place.

use proptest::prelude::*;

use crate::baseline::*;
use crate::model::{Text, Time};

fn seen(count: u64) -> Seen {
    Seen { count, containers: 1, first: Time(1_700_000_000_000_000_000), last: Time(1_700_000_060_000_000_000) }
}

fn baseline(name: &str, path: &[u8], other: &[u8]) -> Baseline {
    let (path, other) = (Text::from(path), Text::from(other));
    let program = Program {
        seen: seen(3),
        hashes: ["ab".repeat(32)].into(),
        parents: [(other.clone(), seen(2)), (START.into(), seen(1))].into(),
        applets: [(other.clone(), seen(3))].into(),
        users: [0, 101].into(),
        written: true,
    };
    let to = Destination { peer: Peer::Name(other.clone()), port: "443/tcp".parse().expect("a port") };
    let from = Source { port: "*/udp".parse().expect("a port"), peer: Peer::Any };
    let workload = Workload {
        images: [name.to_owned()].into(),
        labels: [(name.to_owned(), name.to_owned())].into(),
        containers: 2,
        watched: 60,
        first: seen(1).first,
        last: seen(1).last,
        immutable: true,
        programs: [(path.clone(), program)].into(),
        connects: [(to, Connect { seen: seen(1), addresses: ["10.0.0.1".parse().expect("an address")].into() })].into(),
        accepts: [(from, seen(4))].into(),
        files: [(path, FileUse { seen: seen(1), read: true, write: false, programs: [other].into() })].into(),
        capabilities: [("CAP_CHOWN".to_owned(), Capability { seen: seen(1), used: true })].into(),
        ..Workload::default()
    };
    let learnt = Learnt { recording: name.to_owned(), first: seen(1).first, last: seen(1).last, events: 7 };
    Baseline { made_with: name.to_owned(), learnt_from: vec![learnt], workloads: [(name.to_owned(), workload)].into() }
}

proptest! {
    #[test]
    fn whatever_is_in_a_path_or_name_is_read_as_it_was_written(
        name in ".{1,12}|[\"'\\\\\n\r\t#=\\[\\]{}]{1,12}",
        path in proptest::collection::vec(0_u8..=255, 1..24),
        other in "[\\\\x0-9a-f\"\n]{1,12}",
    ) {
        let baseline = baseline(&name, &path, other.as_bytes());
        let text = baseline.to_string();
        prop_assert_eq!(Baseline::read(&text).map_err(|error| format!("{error}\n{text}")), Ok(baseline));
    }
}

#[test]
fn an_entry_is_a_line_and_the_order_never_changes() {
    insta::assert_snapshot!(baseline("default/web:nginx", b"/usr/sbin/a \"b\"\n", b"\xff/c").to_string());
}

#[test]
fn a_mistake_has_its_line_and_column() {
    let good = baseline("w", b"/a", b"/b").to_string();
    let number = |text: &str, of: &str| text.lines().position(|line| line.contains(of)).expect("a line") + 1;
    for (from, to, says) in [
        ("port = \"443/tcp\"", "port = \"443\"", "`443` is no port like 443/tcp"),
        ("name = \"CAP_CHOWN\"", "nane = \"CAP_CHOWN\"", "unknown field `nane`"),
        ("users = [0, 101]", "users = [0, 101", ""),
        ("first = \"2023-11-14T22:13:20Z\", last", "first = \"yesterday\", last", "`yesterday` is no moment"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        match Baseline::read(&bad) {
            Err(BaselineError::Wrong { line, column, message }) => {
                assert!(message.contains(says), "{message}");
                let wanted = number(&bad, to);
                // An open bracket is missed at the next line.
                assert!((wanted..=wanted + 1).contains(&line) && column >= 1, "{line} is not {wanted}: {message}");
            }
            other => panic!("{from}: {other:?}"),
        }
    }
    assert_eq!(Baseline::read("format = 2\nnews = 1"), Err(BaselineError::Newer(2)));
    assert!(Baseline::read("").is_err_and(|error| error.to_string().contains("format")));
}
