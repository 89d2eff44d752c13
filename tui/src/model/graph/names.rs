//! Which names were told of addresses and users.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::super::container::{Container, GroupKey};
use super::super::names::{Answer, Named, Names, Told, User, Word};
use super::super::process::{Process, Time};
use super::super::text::Text;
use super::Model;

/// Addresses that names are kept of, each for everybody who was told; beyond that the older half is forgotten.
const ADDRESSES: usize = 8_192;
/// Addresses of one answer that are kept.
const OF_ONE: usize = 32;
/// Containers of which users are kept; beyond that they are learned anew.
const PLACES: usize = 1_024;

/// What was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Book {
    /// By address, and who was told.
    addresses: BTreeMap<(IpAddr, Option<GroupKey>), (Text, Time)>,
    users: BTreeMap<GroupKey, BTreeMap<u32, User>>,
}

impl Book {
    fn learn(&mut self, time: Time, group: Option<&GroupKey>, answer: &Answer) {
        for address in answer.addresses.iter().take(OF_ONE) {
            self.addresses.insert((address.to_canonical(), group.cloned()), (answer.name.clone(), time));
        }
        if self.addresses.len() > ADDRESSES {
            let mut times: Vec<Time> = self.addresses.values().map(|(_, time)| *time).collect();
            let middle = times.len() / 2;
            let (_, &mut middle, _) = times.select_nth_unstable(middle);
            self.addresses.retain(|_, (_, time)| *time > middle);
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (IpAddr, Option<&GroupKey>, &Text)> {
        self.addresses.iter().map(|((address, group), (name, _))| (*address, group.as_ref(), name))
    }

    fn of(&self, address: IpAddr) -> impl Iterator<Item = (Option<&GroupKey>, &Text, Time)> {
        let from = (address, None);
        let all = self.addresses.range(from..).take_while(move |((other, _), _)| *other == address);
        all.map(|((_, group), (name, time))| (group.as_ref(), name, *time))
    }

    /// What others wrote, for whoever takes out what is secret: names of addresses and of users.
    pub(super) fn change(
        &mut self,
        mut address: impl FnMut(IpAddr) -> IpAddr,
        mut text: impl FnMut(&Text) -> Text,
        mut user: impl FnMut(&str) -> String,
    ) {
        let old = std::mem::take(&mut self.addresses).into_iter();
        self.addresses = old.map(|((ip, group), (name, time))| ((address(ip), group), (text(&name), time))).collect();
        self.users.values_mut().flat_map(BTreeMap::values_mut).for_each(|known| known.name = user(&known.name));
    }
}

impl Model {
    pub(super) fn apply_names(&mut self, names: &Names) {
        self.now = self.now.max(names.time);
        self.named += 1;
        match &names.told {
            Told::Answer(answer) => self.names.learn(names.time, names.group.as_ref(), answer),
            Told::Users(users) => {
                let Some(group) = &names.group else { return };
                if self.names.users.len() >= PLACES && !self.names.users.contains_key(group) {
                    self.names.users.clear();
                }
                self.names.users.insert(group.clone(), users.clone());
            }
        }
    }

    /// Grows whenever a name is told.
    pub(in crate::model) fn named(&self) -> u64 {
        self.named
    }

    /// The name of an address, as one of `group` has reason to call it: as it was told by a name server, else the pod
    /// that a runtime has there, else as somebody else of this node was told last.
    pub fn name_of(&self, address: IpAddr, group: &GroupKey) -> Option<Named<'_>> {
        let address = address.to_canonical();
        let own = self.names.addresses.get(&(address, Some(group.clone())));
        if let Some((name, time)) = own {
            return Some(Named { name: name.bytes(), word: Word::Own(*time) });
        }
        if let Some(pod) = self.pod_at(address) {
            return Some(Named { name: pod.as_bytes(), word: Word::Pod });
        }
        let (group, name, time) = self.names.of(address).max_by_key(|(_, _, time)| *time)?;
        Some(Named { name: name.bytes(), word: Word::Other(time, group) })
    }

    /// Every name that anybody was told of an address, and that of the pod there.
    pub fn names_of(&self, address: IpAddr) -> impl Iterator<Item = &[u8]> {
        let address = address.to_canonical();
        let told = self.names.of(address).map(|(_, name, _)| name.bytes());
        told.chain(self.pod_at(address).map(str::as_bytes))
    }

    /// The user of a process of a container, as its own files have them. `None` where nobody read them.
    pub fn own_user(&self, process: &Process) -> Option<&User> {
        self.names.users.get(&process.group)?.get(&process.creds.uid)
    }

    /// The sandbox of the pod that has this address, as a runtime tells it.
    pub fn pod_of(&self, address: IpAddr) -> Option<&Container> {
        let at = self.pods.get(&address.to_canonical())?;
        self.group(at).and_then(|group| group.container.as_ref())
    }

    fn pod_at(&self, address: IpAddr) -> Option<&str> {
        pod(self.pod_of(address)?)
    }
}

/// The name of a container's pod.
fn pod(container: &Container) -> Option<&str> {
    container.news.pod.as_deref()
}
