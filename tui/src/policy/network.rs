//! A NetworkPolicy of Kubernetes (networking.k8s.io/v1) that lets through what pods were seen to do on the network.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::guard::{Guard, Reach};
use super::name::{name, pod};
use super::yaml::Yaml;
use super::{Least, Policy, Refused, Stand, seen};
use crate::baseline::{Baseline, Peer, Port, Workload, moment};

/// The label that every namespace has with its own name (Kubernetes 1.22).
const NAMESPACE: &str = "kubernetes.io/metadata.name";

/// A policy for the pods of each owner, or why there is none. `stand` says where the pods are that run what was seen outside of
/// pods.
pub fn network(baseline: &Baseline, stand: Option<&Stand>, least: Least) -> Vec<Result<Policy, Refused>> {
    let mut pods: BTreeMap<(&str, &str), Vec<(&String, &Workload)>> = BTreeMap::new();
    let mut all = Vec::new();
    for (workload, known) in &baseline.workloads {
        match pod(workload) {
            Some((namespace, owner, _)) => pods.entry((namespace, owner)).or_default().push((workload, known)),
            None => {
                let made = alone(workload, known, baseline, stand, least);
                all.push(made.map_err(|why| Refused { workload: workload.clone(), why }));
            }
        }
    }
    for ((namespace, owner), containers) in pods {
        let made = Pods { namespace, owner, containers, baseline, labels: None }.policy(least);
        all.push(made.map_err(|why| Refused { workload: format!("{namespace}/{owner}"), why }));
    }
    all
}

/// The policy for what was seen outside of pods.
fn alone(
    workload: &String,
    known: &Workload,
    baseline: &Baseline,
    stand: Option<&Stand>,
    least: Least,
) -> Result<Policy, String> {
    let Some(Stand { namespace, labels }) = stand.filter(|stand| !stand.labels.is_empty()) else {
        return Err(
            "it was seen outside of pods, and only pods have network policies: say --namespace NAME and --label \
                    KEY=VALUE, and it is written for the pods there"
                .to_owned(),
        );
    };
    Pods { namespace, owner: workload, containers: vec![(workload, known)], baseline, labels: Some(labels) }
        .policy(least)
}

/// The pods of an owner.
struct Pods<'a> {
    namespace: &'a str,
    owner: &'a str,
    containers: Vec<(&'a String, &'a Workload)>,
    baseline: &'a Baseline,
    /// Their labels, where somebody said them.
    labels: Option<&'a BTreeMap<String, String>>,
}

/// Those at the other end who are let through at the same ports.
#[derive(Default)]
struct Way {
    ports: BTreeSet<Port>,
    /// What was seen, a line each.
    because: Vec<String>,
    addresses: BTreeSet<IpAddr>,
}

/// What of a policy lets somebody through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum To {
    /// The pods of an owner.
    Pods(String),
    /// By name or address.
    Peer(Peer),
}

impl Pods<'_> {
    fn policy(&self, least: Least) -> Result<Policy, String> {
        for (workload, known) in &self.containers {
            least.holds(known).map_err(|why| format!("{workload}: {why}"))?;
        }
        let labels = self.labels();
        if labels.is_empty() {
            return Err("the labels of its pods are not known, and by them they are selected".to_owned());
        }
        let mut notes = Vec::new();
        let (egress, ingress) = (self.egress(&mut notes), self.ingress());
        let dns = self.dns();
        if egress.is_empty() && dns.is_empty() {
            notes.push("it connected to nobody: all that it would send is refused".to_owned());
        }
        if ingress.is_empty() {
            notes.push("nobody connected to it: whoever would is refused".to_owned());
        }
        let workload = format!("{}/{}", self.namespace, self.owner);
        let title = name(&workload);
        let mut yaml = Yaml::default();
        self.head(&mut yaml, &workload, &notes);
        yaml.text("apiVersion", "networking.k8s.io/v1");
        yaml.text("kind", "NetworkPolicy");
        yaml.map("metadata", |yaml| {
            yaml.text("name", &title);
            yaml.text("namespace", self.namespace);
        });
        yaml.map("spec", |yaml| {
            yaml.map("podSelector", |yaml| select(yaml, &labels));
            yaml.map("policyTypes", |yaml| ["Ingress", "Egress"].iter().for_each(|it| yaml.entry(it)));
            self.rules(yaml, "ingress", "from", &ingress, None);
            self.rules(yaml, "egress", "to", &egress, Some(&dns));
        });
        let mut reaches: Vec<Reach> = egress.iter().map(|(to, way)| self.reach(to, way)).collect();
        reaches.extend(dns.iter().map(|(address, ports)| Reach {
            addresses: BTreeSet::from([*address]),
            ports: ports.keys().copied().collect(),
            ..Reach::default()
        }));
        let guard = Guard {
            reaches: Some(reaches),
            accepts: Some(ingress.iter().map(|(to, way)| self.reach(to, way)).collect()),
            ..Guard::default()
        };
        let workloads = self.containers.iter().map(|(workload, _)| (*workload).clone()).collect();
        Ok(Policy { name: title, workloads, text: yaml.finish(), guard, notes })
    }

    /// The labels that all of the containers' pods have.
    fn labels(&self) -> BTreeMap<String, String> {
        if let Some(labels) = self.labels {
            return labels.clone();
        }
        let mut all = self.containers.iter().map(|(_, known)| known.labels.clone());
        let mut labels = all.next().unwrap_or_default();
        for other in all {
            labels.retain(|key, value| other.get(key) == Some(value));
        }
        labels
    }

    fn head(&self, yaml: &mut Yaml, workload: &str, notes: &[String]) {
        let watched: u64 = self.containers.iter().map(|(_, known)| known.watched).sum();
        let first = self.containers.iter().map(|(_, known)| known.first).min().unwrap_or_default();
        let last = self.containers.iter().map(|(_, known)| known.last).max().unwrap_or_default();
        yaml.comment(&format!(
            "Lets through what {workload} was seen to do on the network in {watched} s, from {} to {}.",
            moment(first),
            moment(last)
        ));
        notes.iter().for_each(|note| yaml.comment(&format!("Note: {note}.")));
    }

    fn egress(&self, notes: &mut Vec<String>) -> BTreeMap<To, Way> {
        let mut ways: BTreeMap<To, Way> = BTreeMap::new();
        for (to, connect) in self.containers.iter().flat_map(|(_, known)| &known.connects) {
            let own = BTreeSet::from_iter(match to.peer {
                Peer::Address(address) => Some(address),
                _ => None,
            });
            let addresses: BTreeSet<IpAddr> = own.union(&connect.addresses).copied().collect();
            if !addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback) {
                continue;
            }
            let aim = self.aim(&to.peer);
            if matches!(to.peer, Peer::Name(_)) && matches!(aim, To::Peer(_)) {
                notes.push(format!("{} is let through by the addresses that it had; they may change", to.peer));
            }
            let way = ways.entry(aim).or_default();
            way.ports.insert(to.port);
            way.because.push(format!("{to}: {}", seen(&connect.seen)));
            way.addresses.extend(addresses);
        }
        notes.sort();
        notes.dedup();
        ways
    }

    fn ingress(&self) -> BTreeMap<To, Way> {
        let mut ways: BTreeMap<To, Way> = BTreeMap::new();
        for (source, known) in self.containers.iter().flat_map(|(_, known)| &known.accepts) {
            let address = match source.peer {
                Peer::Address(address) if address.is_loopback() => continue,
                Peer::Address(address) => Some(address),
                _ => None,
            };
            let way = ways.entry(self.aim(&source.peer)).or_default();
            way.ports.insert(source.port);
            way.because.push(format!("{} at {}: {}", source.peer, source.port, seen(known)));
            way.addresses.extend(address);
        }
        ways
    }

    /// The name servers that were asked, with what was seen of each port.
    fn dns(&self) -> BTreeMap<IpAddr, BTreeMap<Port, String>> {
        let mut servers: BTreeMap<IpAddr, BTreeMap<Port, String>> = BTreeMap::new();
        for (to, known) in self.containers.iter().flat_map(|(_, known)| &known.dns) {
            if let Peer::Address(address) = to.peer
                && !address.is_loopback()
            {
                servers.entry(address).or_default().insert(to.port, seen(known));
            }
        }
        servers
    }

    /// The pods that somebody at the other end is, where a selector finds them: by a service's name, those of the owner that
    /// is called like it.
    fn aim(&self, peer: &Peer) -> To {
        let owner = match peer {
            Peer::Pod(owner) => Some(owner.clone()),
            Peer::Name(name) => {
                let text = name.lossless();
                let mut parts = text.trim_end_matches('.').split('.');
                match (parts.next(), parts.next(), parts.next()) {
                    (Some(service), Some(namespace), Some("svc")) => Some(format!("{namespace}/{service}")),
                    _ => None,
                }
            }
            Peer::Address(_) | Peer::Any => None,
        };
        match owner.filter(|owner| self.labels_of(owner).is_some()) {
            Some(owner) => To::Pods(owner),
            None => To::Peer(peer.clone()),
        }
    }

    fn labels_of(&self, owner: &str) -> Option<&BTreeMap<String, String>> {
        let of = |workload: &str| pod(workload).is_some_and(|(space, name, _)| format!("{space}/{name}") == owner);
        let known = self.baseline.workloads.iter().find(|(workload, _)| of(workload));
        known.map(|(_, known)| &known.labels).filter(|labels| !labels.is_empty())
    }

    fn reach(&self, to: &To, way: &Way) -> Reach {
        let ports = way.ports.clone();
        match to {
            // Whoever the selector finds, by whichever name it is called.
            To::Pods(owner) => {
                let mut peers = BTreeSet::from([Peer::Pod(owner.clone())]);
                peers.extend(self.named(owner));
                Reach { peers, ports, ..Reach::default() }
            }
            To::Peer(Peer::Any) => Reach { anybody: true, ports, ..Reach::default() },
            To::Peer(_) => Reach { addresses: way.addresses.clone(), ports, ..Reach::default() },
        }
    }

    /// The names by which an owner was connected to.
    fn named(&self, owner: &str) -> Vec<Peer> {
        let all = self.containers.iter().flat_map(|(_, known)| known.connects.keys());
        all.filter(|to| self.aim(&to.peer) == To::Pods(owner.to_owned())).map(|to| to.peer.clone()).collect()
    }

    fn rules(
        &self,
        yaml: &mut Yaml,
        key: &str,
        end: &str,
        ways: &BTreeMap<To, Way>,
        dns: Option<&BTreeMap<IpAddr, BTreeMap<Port, String>>>,
    ) {
        let dns = dns.filter(|dns| !dns.is_empty());
        if ways.is_empty() && dns.is_none() {
            yaml.comment("Nobody.");
            yaml.word(key, "[]");
            return;
        }
        yaml.map(key, |yaml| {
            for (to, way) in ways {
                way.because.iter().for_each(|because| yaml.comment(&format!("Seen: {because}.")));
                yaml.item(|yaml| {
                    self.ends(yaml, end, to, way);
                    ports(yaml, &way.ports);
                });
            }
            dns.into_iter().for_each(|dns| name_servers(yaml, dns));
        });
    }

    fn ends(&self, yaml: &mut Yaml, end: &str, to: &To, way: &Way) {
        let labels = match to {
            To::Pods(owner) => self.labels_of(owner).zip(owner.split_once('/')),
            To::Peer(_) => None,
        };
        if let Some((labels, (namespace, _))) = labels {
            return yaml.map(end, |yaml| {
                yaml.item(|yaml| {
                    yaml.map("namespaceSelector", |yaml| {
                        yaml.map("matchLabels", |yaml| yaml.text(NAMESPACE, namespace));
                    });
                    yaml.map("podSelector", |yaml| select(yaml, labels));
                });
            });
        }
        if way.addresses.is_empty() {
            // No one is named: everybody, at these ports.
            return yaml.comment("From anybody: too many were seen to name them.");
        }
        yaml.map(end, |yaml| way.addresses.iter().for_each(|address| block(yaml, *address)));
    }
}

/// Name servers: by address, and as the pods that are behind it in a cluster, as an address of a service is not what most
/// network plugins see.
fn name_servers(yaml: &mut Yaml, servers: &BTreeMap<IpAddr, BTreeMap<Port, String>>) {
    for (address, ports) in servers {
        ports
            .iter()
            .for_each(|(port, seen)| yaml.comment(&format!("Seen: asks the name server {address} {port}: {seen}.")));
    }
    yaml.item(|yaml| {
        yaml.map("to", |yaml| {
            servers.keys().for_each(|address| block(yaml, *address));
            yaml.item(|yaml| {
                yaml.map("namespaceSelector", |yaml| {
                    yaml.map("matchLabels", |yaml| yaml.text(NAMESPACE, "kube-system"));
                });
                yaml.map("podSelector", |yaml| {
                    yaml.map("matchLabels", |yaml| yaml.text("k8s-app", "kube-dns"));
                });
            });
        });
        ports(yaml, &servers.values().flat_map(BTreeMap::keys).copied().collect());
    });
}

fn select(yaml: &mut Yaml, labels: &BTreeMap<String, String>) {
    yaml.map("matchLabels", |yaml| labels.iter().for_each(|(key, value)| yaml.text(key, value)));
}

fn block(yaml: &mut Yaml, address: IpAddr) {
    let bits = if address.is_ipv4() { 32 } else { 128 };
    yaml.item(|yaml| yaml.map("ipBlock", |yaml| yaml.text("cidr", &format!("{address}/{bits}"))));
}

fn ports(yaml: &mut Yaml, ports: &BTreeSet<Port>) {
    yaml.map("ports", |yaml| {
        for port in ports {
            yaml.item(|yaml| {
                yaml.text("protocol", &port.protocol().to_ascii_uppercase());
                match port.number {
                    Some(number) => yaml.word("port", number),
                    None => {
                        yaml.word("port", 32_768);
                        yaml.word("endPort", 65_535);
                    }
                }
            });
        }
    });
}
