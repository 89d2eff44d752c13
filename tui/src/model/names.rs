//! Names: of addresses, as somebody was told them, and of users and services, as a container itself has them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::container::GroupKey;
use super::process::Time;
use super::text::Text;

/// Something that a name was told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// When.
    pub time: Time,
    /// Who was told, or whose it is; `None` where it is not known who of this node.
    pub group: Option<GroupKey>,
    /// What.
    pub told: Told,
}

/// What was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// A name server answered.
    Answer(Answer),
    /// The users that a container's /etc/passwd has, by the id that the host numbers them by.
    Users(BTreeMap<u32, User>),
    /// The services that a container's environment has, by address (`NAME_SERVICE_HOST`, as kubelet sets it).
    Services(BTreeMap<IpAddr, Text>),
}

/// A user of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// What they are called there.
    pub name: String,
    /// The id that they have there: another than the host's in a user namespace.
    pub own: u32,
}

/// The entries of a passwd file (`passwd(5)`), uid and name; lines that are none are passed over.
pub fn passwd(text: &str) -> impl Iterator<Item = (u32, &str)> {
    text.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (name, _password, uid) = (fields.next()?, fields.next()?, fields.next()?);
        // `+` and `-` lines are NIS directions, not users.
        let user = !name.is_empty() && !name.starts_with(['#', '+', '-']);
        Some((uid.parse().ok()?, name)).filter(|_| user)
    })
}

/// What a name server said of a name that was asked for. It is what somebody wrote who may be anybody: never the truth,
/// always what was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The name that was asked for, without the dot at its end; bytes that are not printable are escaped as `\DDD`.
    pub name: Text,
    /// The addresses that it leads to, through all aliases.
    pub addresses: Vec<IpAddr>,
    /// For how many seconds that holds, of all of it the least.
    pub ttl: u32,
    /// Who answered.
    pub server: IpAddr,
}

/// The name of an address, and on whose word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// The name.
    pub name: &'a [u8],
    /// On whose word.
    pub word: Word<'a>,
    /// Until when it holds, where whoever told it said so.
    pub until: Option<Time>,
}

impl Named<'_> {
    /// True where it had been told before `at` for a time that was over by then.
    pub fn is_over(&self, at: Time) -> bool {
        self.until.is_some_and(|until| until < at)
    }
}

/// On whose word an address has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word<'a> {
    /// A name server told it to the one who is asked about.
    Own(Time),
    /// A name server told it to somebody else; to whom, where that is known.
    Other(Time, Option<&'a GroupKey>),
    /// The environment of the one who is asked about has a service of that name at this address.
    Service,
    /// A container runtime has a pod of that name at this address.
    Pod,
}
