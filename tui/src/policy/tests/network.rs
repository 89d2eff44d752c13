//! Network policies against what a network plugin makes of them.

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value;

use super::*;
use crate::baseline::Baseline;
use crate::policy::{Policy, Stand, network};

fn baseline(workloads: impl IntoIterator<Item = (&'static str, Workload)>) -> Baseline {
    let workloads = workloads.into_iter().map(|(name, known)| (name.to_owned(), known)).collect();
    Baseline { workloads, ..Baseline::default() }
}

fn document(text: &str) -> NetworkPolicy {
    let said: Value = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let policy: NetworkPolicy = serde_json::from_value(said.clone()).unwrap();
    assert_eq!(serde_json::to_value(&policy).unwrap(), said, "the API knows all that it says");
    policy
}

/// Somebody at the other end, as a network plugin sees it.
struct Other {
    address: IpAddr,
    pod: Option<(&'static str, BTreeMap<String, String>)>,
}

impl Other {
    fn at(address: &str) -> Other {
        Other { address: address.parse().unwrap(), pod: None }
    }
}

fn has_port(ports: &[NetworkPolicyPort], port: Port) -> bool {
    let number = i32::from(port.number.unwrap());
    ports.iter().any(|it| {
        let Some(IntOrString::Int(from)) = it.port else { panic!("{it:?}") };
        let same = it.protocol.as_deref() == Some(if port.udp { "UDP" } else { "TCP" });
        same && (from..=it.end_port.unwrap_or(from)).contains(&number)
    })
}

fn is(peer: &NetworkPolicyPeer, other: &Other) -> bool {
    if let Some(block) = &peer.ip_block {
        let (address, bits) = block.cidr.split_once('/').unwrap();
        assert!(matches!(bits, "32" | "128"));
        return address.parse::<IpAddr>().unwrap() == other.address;
    }
    let Some((namespace, labels)) = &other.pod else { return false };
    let space = peer.namespace_selector.as_ref().unwrap().match_labels.as_ref().unwrap();
    let wanted = peer.pod_selector.as_ref().unwrap().match_labels.as_ref().unwrap();
    space["kubernetes.io/metadata.name"] == *namespace
        && wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

fn sends(policy: &NetworkPolicy, other: &Other, at: &str) -> bool {
    let rules = policy.spec.as_ref().unwrap().egress.clone().unwrap_or_default();
    rules.iter().any(|rule| {
        has_port(rule.ports.as_ref().unwrap(), port(at)) && rule.to.as_ref().unwrap().iter().any(|peer| is(peer, other))
    })
}

fn takes(policy: &NetworkPolicy, other: &Other, at: &str) -> bool {
    let rules = policy.spec.as_ref().unwrap().ingress.clone().unwrap_or_default();
    rules.iter().any(|rule| {
        let from = rule.from.as_ref().is_none_or(|from| from.iter().any(|peer| is(peer, other)));
        from && has_port(rule.ports.as_ref().unwrap(), port(at))
    })
}

fn only(baseline: &Baseline) -> Policy {
    let mut made = network(baseline, None, WELL);
    assert_eq!(made.len(), 1);
    made.remove(0).unwrap_or_else(|refused| panic!("{refused:?}"))
}

#[test]
fn it_lets_through_what_was_seen_and_nothing_else() {
    let policy = only(&baseline([("default/web:nginx", web())]));
    let read = document(&policy.text);
    for (address_, at, passes) in [
        ("10.0.0.9", "6379/tcp", true),
        ("10.0.0.9", "22/tcp", false),
        ("10.0.0.9", "6379/udp", false),
        ("10.0.0.77", "514/udp", true),
        ("198.51.100.7", "443/tcp", false),
    ] {
        let fact = connects(address(address_), at, address_);
        assert_eq!(sends(&read, &Other::at(address_), at), passes, "{fact:?}");
        assert_eq!(policy.guard.refuses(&fact).is_none(), passes, "{fact:?}");
    }
    for (by, at, passes) in [("10.0.1.5", "80/tcp", true), ("10.0.1.5", "81/tcp", false), ("10.0.1.6", "80/tcp", false)]
    {
        assert_eq!(takes(&read, &Other::at(by), at), passes, "{by} {at}");
        assert_eq!(policy.guard.refuses(&reached(by, at)).is_none(), passes, "{by} {at}");
    }
    let dns = Fact::Dns(Destination { peer: address("10.96.0.10"), port: port("53/udp") });
    assert_eq!(policy.guard.refuses(&dns), None);
    assert!(sends(&read, &Other::at("10.96.0.10"), "53/udp"));
    let server = Other {
        address: "10.244.0.3".parse().unwrap(),
        pod: Some(("kube-system", BTreeMap::from([("k8s-app".to_owned(), "kube-dns".to_owned())]))),
    };
    assert!(sends(&read, &server, "53/udp") && !sends(&read, &server, "443/tcp"));
    insta::assert_snapshot!(policy.text);
}

#[test]
fn pods_are_selected_by_their_labels_and_not_by_addresses_that_change() {
    let mut web = web();
    web.connects = BTreeMap::from([
        to(Peer::Pod("shop/db".into()), "5432/tcp", &["10.244.1.7"]),
        to(Peer::Name("cache.shop.svc.cluster.local".into()), "6379/tcp", &["10.96.7.7"]),
    ]);
    let other = |app: &str| Workload { labels: labels(app), namespace: Some("shop".into()), ..super::web() };
    let baseline =
        baseline([("default/web:nginx", web), ("shop/db:postgres", other("db")), ("shop/cache:redis", other("cache"))]);
    let made = network(&baseline, None, WELL).into_iter().flatten().find(|policy| policy.name == "ktrace-default-web");
    let policy = made.unwrap();
    let read = document(&policy.text);
    let pod =
        |app: &str, namespace| Other { address: "10.244.9.9".parse().unwrap(), pod: Some((namespace, labels(app))) };
    assert!(sends(&read, &pod("db", "shop"), "5432/tcp"));
    assert!(sends(&read, &pod("cache", "shop"), "6379/tcp"));
    assert!(!sends(&read, &pod("db", "default"), "5432/tcp") && !sends(&read, &pod("web", "shop"), "5432/tcp"));
    assert_eq!(policy.guard.refuses(&connects(Peer::Pod("shop/db".into()), "5432/tcp", "10.244.1.99")), None);
    assert!(policy.guard.refuses(&connects(Peer::Pod("shop/web".into()), "5432/tcp", "10.244.1.99")).is_some());
}

#[test]
fn names_are_let_through_by_their_addresses_and_that_is_said() {
    let mut web = web();
    web.connects = BTreeMap::from([to(Peer::Name("api.example".into()), "443/tcp", &["192.0.2.1", "192.0.2.2"])]);
    let policy = only(&baseline([("default/web:nginx", web)]));
    let read = document(&policy.text);
    assert!(sends(&read, &Other::at("192.0.2.2"), "443/tcp") && !sends(&read, &Other::at("192.0.2.3"), "443/tcp"));
    assert!(policy.guard.refuses(&connects(Peer::Name("api.example".into()), "443/tcp", "192.0.2.3")).is_some());
    assert!(policy.notes.iter().any(|note| note.contains("api.example")), "{:?}", policy.notes);
}

#[test]
fn who_talks_to_nobody_is_said_to_be_cut_off() {
    let web = Workload { connects: BTreeMap::new(), dns: BTreeMap::new(), accepts: BTreeMap::new(), ..web() };
    let policy = only(&baseline([("default/web:nginx", web)]));
    let read = document(&policy.text);
    assert!(!sends(&read, &Other::at("10.0.0.9"), "6379/tcp") && !takes(&read, &Other::at("10.0.1.5"), "80/tcp"));
    assert_eq!(policy.notes.iter().filter(|note| note.contains("nobody")).count(), 2, "{:?}", policy.notes);
}

#[test]
fn a_port_without_a_number_is_all_that_the_kernel_hands_out() {
    let mut web = web();
    web.connects = BTreeMap::from([to(address("10.0.0.9"), "*/tcp", &["10.0.0.9"])]);
    let policy = only(&baseline([("default/web:nginx", web)]));
    let read = document(&policy.text);
    for (at, passes) in [("40000/tcp", true), ("65535/tcp", true), ("8080/tcp", false)] {
        assert_eq!(sends(&read, &Other::at("10.0.0.9"), at), passes, "{at}");
        assert_eq!(policy.guard.refuses(&connects(address("10.0.0.9"), at, "10.0.0.9")).is_none(), passes, "{at}");
    }
}

#[test]
fn outside_of_pods_somebody_has_to_say_where() {
    let alone = baseline([("image nginx:1.25", web())]);
    let stand = Stand { namespace: "shop".to_owned(), labels: labels("front") };
    let made = network(&alone, Some(&stand), WELL).remove(0).unwrap();
    let read = document(&made.text);
    assert_eq!(read.metadata.namespace.as_deref(), Some("shop"));
    assert_eq!(read.spec.as_ref().unwrap().pod_selector.as_ref().unwrap().match_labels, Some(labels("front")));
    assert!(sends(&read, &Other::at("10.0.0.9"), "6379/tcp"));
    let unlabelled = Stand { labels: BTreeMap::new(), ..stand };
    assert!(network(&alone, Some(&unlabelled), WELL).remove(0).unwrap_err().why.contains("--label"));
}

#[test]
fn the_containers_of_a_pod_have_one_policy_and_images_have_none() {
    let baseline = baseline([
        ("default/web:nginx", web()),
        (
            "default/web:sidecar",
            Workload { connects: BTreeMap::from([to(address("10.0.5.5"), "443/tcp", &[])]), ..web() },
        ),
        ("image tools:1", web()),
        ("default/short:job", Workload { watched: 4, ..web() }),
    ]);
    let made = network(&baseline, None, WELL);
    let policies: Vec<&Policy> = made.iter().flatten().collect();
    assert_eq!(policies.len(), 1);
    assert_eq!(policies[0].workloads, ["default/web:nginx", "default/web:sidecar"]);
    let read = document(&policies[0].text);
    assert!(sends(&read, &Other::at("10.0.5.5"), "443/tcp") && sends(&read, &Other::at("10.0.0.9"), "6379/tcp"));
    let refused: Vec<&str> = made.iter().filter_map(|it| it.as_ref().err()).map(|it| it.workload.as_str()).collect();
    assert_eq!(refused, ["image tools:1", "default/short"]);
}
