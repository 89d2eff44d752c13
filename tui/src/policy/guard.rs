//! What an engine would say of what a workload does, when it has a policy.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::baseline::{Fact, Peer, Port, Source};
use crate::model::Text;

/// What a policy lets a workload do. What is `None` is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// The programs that may run.
    pub(super) programs: Option<Programs>,
    /// Files that must not be opened; of a directory (`/…/`), none that is in it.
    pub(super) files: Option<BTreeSet<String>>,
    /// Where it may connect to.
    pub(super) reaches: Option<Vec<Reach>>,
    /// UDP is not asked.
    pub(super) tcp_only: bool,
    /// Who may connect to it.
    pub(super) accepts: Option<Vec<Reach>>,
}

/// Programs, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Programs {
    /// These.
    pub(super) paths: BTreeSet<String>,
    /// Those whose path begins like this.
    pub(super) prefixes: BTreeSet<String>,
}

/// Some at the other end, and ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// By their address.
    pub(super) addresses: BTreeSet<IpAddr>,
    /// By what they are: pods that a selector finds.
    pub(super) peers: BTreeSet<Peer>,
    /// Anybody.
    pub(super) anybody: bool,
    /// At these ports; at all of them when there are none.
    pub(super) ports: BTreeSet<Port>,
}

impl Guard {
    /// What it refuses of a fact, in words; `None` where it lets it through, or does not ask.
    pub fn refuses(&self, fact: &Fact) -> Option<String> {
        match fact {
            Fact::Program { path, .. } => {
                let runs = self.programs.as_ref()?.holds(path);
                (!runs).then(|| format!("runs {}", path.lossless()))
            }
            Fact::File { path, .. } => {
                let text = std::str::from_utf8(path.bytes()).ok()?;
                let names = |it: &String| if it.ends_with('/') { text.starts_with(it.as_str()) } else { text == it };
                self.files.as_ref()?.iter().any(names).then(|| format!("opens {}", path.lossless()))
            }
            Fact::Connect(to, address) => self.connect(&to.peer, *address, to.port),
            Fact::Dns(to) => match to.peer {
                Peer::Address(address) => self.connect(&to.peer, address, to.port),
                _ => None,
            },
            Fact::Accept(source) => self.accept(source),
            _ => None,
        }
    }

    fn connect(&self, peer: &Peer, address: IpAddr, port: Port) -> Option<String> {
        let reaches = self.reaches.as_ref()?;
        let passes = address.is_loopback() || port.udp && self.tcp_only;
        let passes = passes || reaches.iter().any(|reach| reach.holds(peer, Some(address), port));
        (!passes).then(|| match peer {
            Peer::Address(_) => format!("connects to {address} {port}"),
            peer => format!("connects to {peer} ({address}) {port}"),
        })
    }

    fn accept(&self, source: &Source) -> Option<String> {
        let accepts = self.accepts.as_ref()?;
        let address = match source.peer {
            Peer::Address(address) => Some(address),
            _ => None,
        };
        let passes = address.is_some_and(|address| address.is_loopback());
        let passes = passes || accepts.iter().any(|reach| reach.holds(&source.peer, address, source.port));
        (!passes).then(|| format!("is reached by {} at {}", source.peer, source.port))
    }
}

impl Programs {
    fn holds(&self, path: &Text) -> bool {
        let Ok(path) = std::str::from_utf8(path.bytes()) else { return false };
        self.paths.contains(path) || self.prefixes.iter().any(|prefix| path.starts_with(prefix.as_str()))
    }
}

impl Reach {
    fn holds(&self, peer: &Peer, address: Option<IpAddr>, port: Port) -> bool {
        let ports = self.ports.is_empty()
            || self.ports.contains(&port)
            || port.is_ephemeral() && self.ports.contains(&port.any_ephemeral());
        let there = self.anybody
            || self.peers.contains(peer)
            || address.is_some_and(|address| self.addresses.contains(&address));
        ports && there
    }
}
