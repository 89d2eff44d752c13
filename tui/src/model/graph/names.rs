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
/// Addresses of services that are kept, each for every container that has it; beyond that all are forgotten.
const SERVICES: usize = 32_768;
/// Containers of which users are kept; beyond that they are learned anew.
const PLACES: usize = 1_024;

/// What was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Book {
    /// By address, and who was told.
    addresses: BTreeMap<(IpAddr, Option<GroupKey>), Entry>,
    users: BTreeMap<GroupKey, BTreeMap<u32, User>>,
    /// By address, and whose environment has it.
    #[serde(default)]
    services: BTreeMap<(IpAddr, GroupKey), Text>,
}

/// A name that was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    name: Text,
    time: Time,
    /// For how many seconds it holds; recordings of earlier days did not keep that.
    #[serde(default)]
    ttl: Option<u32>,
}

impl Entry {
    fn named<'a>(&'a self, word: Word<'a>) -> Named<'a> {
        let until = self.ttl.map(|ttl| Time(self.time.0.saturating_add(u64::from(ttl).saturating_mul(1_000_000_000))));
        Named { name: self.name.bytes(), word, until }
    }
}

impl Book {
    fn learn(&mut self, time: Time, group: Option<&GroupKey>, answer: &Answer) {
        for address in answer.addresses.iter().take(OF_ONE) {
            let entry = Entry { name: answer.name.clone(), time, ttl: Some(answer.ttl) };
            self.addresses.insert((address.to_canonical(), group.cloned()), entry);
        }
        if self.addresses.len() > ADDRESSES {
            let mut times: Vec<Time> = self.addresses.values().map(|entry| entry.time).collect();
            let middle = times.len() / 2;
            let (_, &mut middle, _) = times.select_nth_unstable(middle);
            self.addresses.retain(|_, entry| entry.time > middle);
        }
    }

    fn serve(&mut self, group: &GroupKey, services: &BTreeMap<IpAddr, Text>) {
        if self.services.len() + services.len() > SERVICES {
            self.services.clear();
        }
        let own = services.iter().map(|(address, name)| ((address.to_canonical(), group.clone()), name.clone()));
        self.services.extend(own);
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (IpAddr, Option<&GroupKey>, &Text)> {
        self.addresses.iter().map(|((address, group), entry)| (*address, group.as_ref(), &entry.name))
    }

    pub(super) fn services(&self) -> impl Iterator<Item = (IpAddr, &Text)> {
        self.services.iter().map(|((address, _), name)| (*address, name))
    }

    fn of(&self, address: IpAddr) -> impl Iterator<Item = (Option<&GroupKey>, &Entry)> {
        let from = (address, None);
        let all = self.addresses.range(from..).take_while(move |((other, _), _)| *other == address);
        all.map(|((_, group), entry)| (group.as_ref(), entry))
    }

    fn served(&self, address: IpAddr) -> impl Iterator<Item = &Text> {
        // The least of all groups, as they are ordered.
        let from = (address, GroupKey::Host);
        self.services.range(from..).take_while(move |((other, _), _)| *other == address).map(|(_, name)| name)
    }

    /// What others wrote, for whoever takes out what is secret: names of addresses and of users.
    pub(super) fn change(
        &mut self,
        mut address: impl FnMut(IpAddr) -> IpAddr,
        mut text: impl FnMut(&Text) -> Text,
        mut user: impl FnMut(&str) -> String,
    ) {
        let old = std::mem::take(&mut self.addresses).into_iter();
        self.addresses = old
            .map(|((ip, group), entry)| ((address(ip), group), Entry { name: text(&entry.name), ..entry }))
            .collect();
        let old = std::mem::take(&mut self.services).into_iter();
        self.services = old.map(|((ip, group), name)| ((address(ip), group), text(&name))).collect();
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
            Told::Services(services) => {
                let Some(group) = &names.group else { return };
                self.names.serve(group, services);
            }
        }
    }

    /// Grows whenever a name is told.
    pub(in crate::model) fn named(&self) -> u64 {
        self.named
    }

    /// The name of an address, as one of `group` has reason to call it: as it was told by a name server, else the service
    /// that its environment has there, else the pod that a runtime has there, else as somebody else of this node was told last.
    pub fn name_of(&self, address: IpAddr, group: &GroupKey) -> Option<Named<'_>> {
        let address = address.to_canonical();
        let own = self.names.addresses.get(&(address, Some(group.clone())));
        if let Some(entry) = own {
            return Some(entry.named(Word::Own(entry.time)));
        }
        if let Some(name) = self.names.services.get(&(address, group.clone())) {
            return Some(Named { name: name.bytes(), word: Word::Service, until: None });
        }
        if let Some(pod) = self.pod_at(address) {
            return Some(Named { name: pod.as_bytes(), word: Word::Pod, until: None });
        }
        let (group, entry) = self.names.of(address).max_by_key(|(_, entry)| entry.time)?;
        Some(entry.named(Word::Other(entry.time, group)))
    }

    /// Every name that anybody was told of an address, and those of the services and of the pod there.
    pub fn names_of(&self, address: IpAddr) -> impl Iterator<Item = &[u8]> {
        let address = address.to_canonical();
        let told = self.names.of(address).map(|(_, entry)| entry.name.bytes());
        let told = told.chain(self.names.served(address).map(Text::bytes));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> IpAddr {
        address.parse().expect("an address")
    }

    fn model(told: Vec<(u64, GroupKey, Told)>) -> Model {
        let mut model = Model::default();
        for (seconds, group, told) in told {
            model.apply_names(&Names { time: Time(seconds * 1_000_000_000), group: Some(group), told });
        }
        model
    }

    fn answer(name: &str, ttl: u32) -> Told {
        Told::Answer(Answer { name: name.into(), addresses: vec![at("10.96.0.7")], ttl, server: at("10.96.0.53") })
    }

    #[test]
    fn an_answer_is_over_when_its_time_is() {
        let model = model(vec![(100, GroupKey::Host, answer("db.test", 30))]);
        let named = model.name_of(at("10.96.0.7"), &GroupKey::Host).expect("it was told");
        let over = |seconds: u64| named.is_over(Time(seconds * 1_000_000_000));
        assert_eq!((over(129), over(130), over(131)), (false, false, true));
    }

    #[test]
    fn a_service_is_one_for_the_container_whose_environment_has_it() {
        let (own, other) = (GroupKey::Container("a".into()), GroupKey::Container("b".into()));
        let services = || Told::Services([(at("10.96.0.7"), Text::from("db"))].into());
        let mut all = vec![(1, own.clone(), services())];
        fn word<'a>(model: &'a Model, group: &'a GroupKey) -> Option<Word<'a>> {
            model.name_of(at("10.96.0.7"), group).map(|named| named.word)
        }
        let alone = model(all.clone());
        assert_eq!((word(&alone, &own), word(&alone, &other)), (Some(Word::Service), None));
        assert_eq!(alone.names_of(at("10.96.0.7")).collect::<Vec<_>>(), [b"db"]);
        all.push((2, own.clone(), answer("db.test", 30)));
        assert!(matches!(word(&model(all), &own), Some(Word::Own(_))), "what a name server told it comes first");
    }

    #[test]
    fn what_was_kept_before_names_had_an_end_is_read() {
        let key = (at("10.96.0.7"), Some(GroupKey::Host));
        let before = BTreeMap::from([(key.clone(), (Text::from("db.test"), Time(7)))]);
        let users = BTreeMap::<GroupKey, BTreeMap<u32, User>>::new();
        let bytes = rmp_serde::to_vec(&(before, users)).expect("plain data");
        let book: Book = rmp_serde::from_slice(&bytes).expect("as it was written before");
        let entry = Entry { name: "db.test".into(), time: Time(7), ttl: None };
        assert_eq!(book, Book { addresses: [(key, entry)].into(), ..Book::default() });
    }
}
