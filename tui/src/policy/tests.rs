//! Policies against the schemas of those who take them, and what they say against what their engines make of it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod network;
mod tetragon;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::baseline::{Connect, Destination, Fact, Peer, Port, Program, Seen, Source, Workload};
use crate::model::{Protocol, Text, Time};

pub(super) const WELL: super::Least = super::Least { watched: 600 };

fn seen(count: u64) -> Seen {
    Seen { count, containers: 1, first: Time(1_763_900_000_000_000_000), last: Time(1_763_903_600_000_000_000) }
}

fn program(path: &str) -> (Text, Program) {
    (Text::from(path), Program { seen: seen(3), ..Program::default() })
}

fn port(text: &str) -> Port {
    text.parse().unwrap()
}

fn to(peer: Peer, at: &str, addresses: &[&str]) -> (Destination, Connect) {
    let addresses: BTreeSet<IpAddr> = addresses.iter().map(|it| it.parse().unwrap()).collect();
    (Destination { peer, port: port(at) }, Connect { seen: seen(7), addresses })
}

fn address(text: &str) -> Peer {
    Peer::Address(text.parse().unwrap())
}

fn labels(app: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("app".to_owned(), app.to_owned())])
}

/// A web server that asks a cache by its address, and a service by its name.
fn web() -> Workload {
    let mut web = Workload {
        namespace: Some("default".into()),
        labels: labels("web"),
        images: BTreeSet::from(["docker.io/library/nginx:1.25".to_owned()]),
        containers: 2,
        watched: 7_200,
        first: seen(1).first,
        last: seen(1).last,
        ..Workload::default()
    };
    web.programs =
        BTreeMap::from([program("/usr/sbin/nginx"), program("/usr/bin/a \"b\"\n#"), program("/tmp/job-*/run")]);
    web.connects = BTreeMap::from([
        to(address("10.0.0.9"), "6379/tcp", &["10.0.0.9"]),
        to(address("10.0.0.10"), "6379/tcp", &["10.0.0.10"]),
        to(address("127.0.0.1"), "8080/tcp", &["127.0.0.1"]),
        to(address("10.0.0.77"), "514/udp", &["10.0.0.77"]),
    ]);
    web.dns = BTreeMap::from([(Destination { peer: address("10.96.0.10"), port: port("53/udp") }, seen(40))]);
    web.accepts = BTreeMap::from([(Source { port: port("80/tcp"), peer: address("10.0.1.5") }, seen(90))]);
    web.listens = BTreeMap::from([(port("80/tcp"), seen(2))]);
    web
}

fn runs(path: &str) -> Fact {
    Fact::Program { path: path.into(), applet: None, parent: None, user: 0, written: false }
}

fn connects(peer: Peer, at: &str, address: &str) -> Fact {
    Fact::Connect(Destination { peer, port: port(at) }, address.parse().unwrap())
}

fn opens(path: &str) -> Fact {
    Fact::File { path: path.into(), read: true, write: false, program: Text::default() }
}

fn reached(by: &str, at: &str) -> Fact {
    Fact::Accept(Source { port: port(at), peer: address(by) })
}

#[test]
fn a_port_that_the_kernel_hands_out_stands_for_all_of_them() {
    assert_eq!(Port::of(40_000, Protocol::Tcp).any_ephemeral().to_string(), "*/tcp");
}
