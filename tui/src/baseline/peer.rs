//! Who is at the other end of a connection, and at which port: as names where there are any.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::model::{GroupKey, Model, Protocol, Text, Word};

/// From here on ports are handed out by the kernel, unless somebody asks for one (`ip_local_port_range`).
const EPHEMERAL: u16 = 32_768;

/// A port and its protocol. As text: `443/tcp`, `*/tcp` for any that the kernel hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// The number; `None` for those that the kernel hands out, where several were seen.
    pub number: Option<u16>,
    /// True for UDP.
    pub udp: bool,
}

impl Port {
    /// A port by its number.
    pub fn of(number: u16, protocol: Protocol) -> Port {
        Port { number: Some(number), udp: protocol == Protocol::Udp }
    }

    /// `tcp` or `udp`.
    pub fn protocol(self) -> &'static str {
        if self.udp { Protocol::Udp.name() } else { Protocol::Tcp.name() }
    }

    /// True for one that the kernel may have handed out.
    pub fn is_ephemeral(self) -> bool {
        self.number.is_none_or(|number| number >= EPHEMERAL)
    }

    /// This one, standing for all that the kernel hands out.
    pub fn any_ephemeral(self) -> Port {
        Port { number: None, ..self }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "{number}/{}", self.protocol()),
            None => write!(f, "*/{}", self.protocol()),
        }
    }
}

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Port, String> {
        let wrong = || format!("`{text}` is no port like 443/tcp");
        let (number, protocol) = text.split_once('/').ok_or_else(wrong)?;
        let number = if number == "*" { None } else { Some(number.parse().map_err(|_| wrong())?) };
        match protocol {
            "tcp" | "udp" => Ok(Port { number, udp: protocol == "udp" }),
            _ => Err(wrong()),
        }
    }
}

/// Somebody at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// Goes by a name that a name server told.
    Name(Text),
    /// The pods of an owner: `default/web`.
    Pod(String),
    /// Has an address and no name that is known. Loopback addresses are the container's own.
    Address(IpAddr),
    /// Anybody: too many to be told one by one.
    Any,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Name(name) => f.write_str(&name.lossless()),
            Peer::Pod(owner) => write!(f, "pod {owner}"),
            Peer::Address(address) => write!(f, "{address}"),
            Peer::Any => f.write_str("anybody"),
        }
    }
}

/// Where a connection leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Destination {
    /// To whom.
    pub peer: Peer,
    /// To which of their ports.
    pub port: Port,
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.peer, self.port)
    }
}

/// Where a connection comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// To which of the workload's ports.
    pub port: Port,
    /// From whom.
    pub peer: Peer,
}

/// Who an address is for one of `group`: the name that it was told itself, else the pod there, else the address. What
/// somebody else was told is not taken: their name servers may answer otherwise.
pub(super) fn peer(address: SocketAddr, group: &GroupKey, model: &Model) -> Peer {
    let ip = address.ip().to_canonical();
    if ip.is_loopback() {
        return Peer::Address(ip);
    }
    let named = model.name_of(ip, group);
    if let Some(named) = named.filter(|named| matches!(named.word, Word::Own(_))) {
        return Peer::Name(Text::from(named.name));
    }
    let pod = model.pod_of(ip).and_then(|pod| super::name::owner_of(pod, model));
    match pod {
        Some(owner) => Peer::Pod(format!("{}/{}", owner.namespace, owner.name)),
        None => Peer::Address(ip),
    }
}
