//! What messages promise.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::super::item::{Outgoing, Sort};
use super::super::tests::item;
use super::*;

#[test]
fn a_line_is_packed_where_that_pays() {
    let short = Message::of(&item(Sort::Finding, 3));
    assert!(!short.packed);
    assert_eq!(short.line().unwrap(), item(Sort::Finding, 3).line.as_bytes());
    let long = Outgoing { line: "ab".repeat(1_000).into_boxed_str(), ..(*item(Sort::Event, 4)).clone() };
    let packed = Message::of(&long);
    assert!(packed.packed && packed.payload.len() < 100);
    assert_eq!(packed.line().unwrap(), long.line.as_bytes());
    assert_eq!(packed.id(), "n-b-1-4");
    assert_eq!(packed.subject(&Names::of_cluster("c 1")), "ktrace.c%201.n.event");
}

#[test]
fn what_unpacks_to_too_much_is_none() {
    let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 3).unwrap();
    let message = Message { packed: true, payload: bomb, ..Message::of(&item(Sort::Event, 1)) };
    assert_eq!(message.line(), None);
    assert_eq!(Message { payload: b"none".to_vec(), ..message }.line(), None);
}
