//! Everything that a model knows, as plain data: what a recording keeps of it, so that any moment can be gone back to
//! without reading everything before.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use petgraph::stable_graph::NodeIndex;
use petgraph::visit::{EdgeRef, IntoEdgeReferences};
use serde::{Deserialize, Serialize};

use super::super::container::{ContainerNews, Group, GroupKey};
use super::super::event::{Boot, Cgroup};
use super::super::health::{Loss, Status};
use super::super::link::Links;
use super::super::posture::Posture;
use super::super::process::{Process, ProcessId, Time};
use super::super::text::Text;
use super::contents::Contents;
use super::doubt::Doubt;
use super::links::Ends;
use super::names::Book;
use super::postures::Postures;
use super::{Edge, Limits, Model, Node, Totals};

/// Everything that a [`Model`] knows, as plain data. Equal memories are of equal models.
///
/// What is written is a format: variants keep their names, fields their order, and new ones are appended with a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    boot: Boot,
    limits: Limits,
    totals: Totals,
    now: Time,
    version: u64,
    /// By identity.
    processes: Vec<Arc<Process>>,
    /// By key.
    groups: Vec<Arc<Group>>,
    /// Places in `processes`; for a group, beyond their end.
    edges: Vec<(u32, u32, Edge)>,
    sockets: BTreeMap<u64, ProcessId>,
    ends: Ends,
    links: Vec<(ProcessId, ProcessId, Links)>,
    shelf: VecDeque<ContainerNews>,
    statuses: Vec<Status>,
    losses: VecDeque<Loss>,
    doubt: Doubt,
    #[serde(default)]
    names: Book,
    #[serde(default)]
    postures: Postures,
    #[serde(default)]
    contents: Contents,
}

/// What others wrote, of a memory that is to be changed.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The boot that it is about.
    pub boot: &'a mut Boot,
    /// The processes.
    pub processes: Vec<&'a mut Process>,
    /// What runtimes told of containers.
    pub containers: Vec<&'a mut ContainerNews>,
    /// What works and what does not.
    pub statuses: &'a mut [Status],
    /// What containers are allowed.
    pub postures: Vec<&'a mut Posture>,
}

impl Memory {
    /// What others wrote: for whoever takes secrets out. Identities must stay.
    pub fn parts(&mut self) -> Parts<'_> {
        let groups = self.groups.iter_mut().map(Arc::make_mut);
        let told = groups.filter_map(|group| group.container.as_mut()).map(|it| &mut it.news);
        let containers = told.chain(&mut self.shelf).collect();
        Parts {
            boot: &mut self.boot,
            processes: self.processes.iter_mut().map(Arc::make_mut).collect(),
            containers,
            statuses: &mut self.statuses,
            postures: self.postures.all_mut().collect(),
        }
    }

    /// Lets go of all processes but those that `keep` says, and of what only concerns the others.
    pub fn retain(&mut self, mut keep: impl FnMut(ProcessId) -> bool) {
        let count = self.processes.len() as u32;
        let kept: Vec<bool> = self.processes.iter().map(|process| keep(process.id)).collect();
        let left = kept.iter().filter(|kept| **kept).count() as u32;
        let before = |at: u32| kept[..at as usize].iter().filter(|kept| **kept).count() as u32;
        let place = |at: u32| match kept.get(at as usize) {
            Some(true) => Some(before(at)),
            Some(false) => None,
            None => Some(at - count + left),
        };
        let edges = std::mem::take(&mut self.edges).into_iter();
        self.edges = edges.filter_map(|(from, to, what)| Some((place(from)?, place(to)?, what))).collect();
        let mut is_kept = kept.iter();
        self.processes.retain(|_| is_kept.next() == Some(&true));
        let ids: HashSet<ProcessId> = self.processes.iter().map(|process| process.id).collect();
        self.sockets.retain(|_, holder| ids.contains(holder));
        self.ends.retain(|id| ids.contains(&id));
        self.links.retain(|(from, to, _)| ids.contains(from) && ids.contains(to));
        let members: HashSet<_> = self.processes.iter().map(|process| process.group.clone()).collect();
        for group in self.groups.iter_mut().filter(|group| !members.contains(&group.key)) {
            // The group itself stays: edges count places.
            Arc::make_mut(group).container = None;
        }
        self.shelf.clear();
        self.names = Book::default();
        self.postures.retain(|id| members.contains(&GroupKey::Container(id.into())));
        self.contents.retain(|group| members.contains(group));
        self.totals.alive = self.processes.iter().filter(|process| process.alive()).count();
        self.totals.dead = self.processes.len() - self.totals.alive;
    }

    /// Changes the addresses by which two ends of a connection find each other.
    pub fn map_ends(&mut self, change: impl FnMut(SocketAddr) -> SocketAddr) {
        self.ends.map_addresses(change);
    }

    /// The names that were told of addresses, and to whom.
    pub fn names(&self) -> impl Iterator<Item = (IpAddr, Option<&GroupKey>, &Text)> {
        self.names.all()
    }

    /// The services that containers have in their environments, each as often as there are such containers.
    pub fn services(&self) -> impl Iterator<Item = (IpAddr, &Text)> {
        self.names.services()
    }

    /// Changes the paths of programs of which the content is known.
    pub fn map_programs(&mut self, change: impl FnMut(&Text) -> Text) {
        self.contents.map_paths(change);
    }

    /// Changes the names that were told, of addresses and of users.
    pub fn map_names(
        &mut self,
        address: impl FnMut(IpAddr) -> IpAddr,
        text: impl FnMut(&Text) -> Text,
        user: impl FnMut(&str) -> String,
    ) {
        self.names.change(address, text, user);
    }

    /// The boot that it is about.
    pub fn boot(&self) -> &Boot {
        &self.boot
    }

    /// The processes that are known, by identity.
    pub fn processes(&self) -> impl ExactSizeIterator<Item = &Process> {
        self.processes.iter().map(Arc::as_ref)
    }

    /// What runtimes told of containers.
    pub fn containers(&self) -> impl Iterator<Item = &ContainerNews> {
        let told = self.groups.iter().filter_map(|group| group.container.as_ref()).map(|container| &container.news);
        told.filter(|news| news.time > Time(0)).chain(&self.shelf)
    }
}

impl Model {
    /// Everything that the model knows.
    pub fn remember(&self) -> Memory {
        let mut processes: Vec<_> =
            self.graph.node_indices().filter_map(|at| Some((at, self.shared_process(at)?))).collect();
        processes.sort_unstable_by_key(|(_, process)| process.id);
        let mut groups: Vec<_> = self.groups.values().copied().collect();
        groups.sort_unstable_by_key(|&at| self.group_at(at).map(|group| &group.key));
        let places = processes.iter().map(|(at, _)| *at).chain(groups.iter().copied());
        let places: HashMap<_, _> = places.zip(0_u32..).collect();
        let edge = |from, to, what| Some((*places.get(&from)?, *places.get(&to)?, what));
        let mut edges: Vec<_> =
            self.graph.edge_references().filter_map(|it| edge(it.source(), it.target(), *it.weight())).collect();
        edges.sort_unstable();
        let mut links: Vec<_> = self.links.all_edges().map(|(from, to, links)| (from, to, *links)).collect();
        links.sort_unstable_by_key(|(from, to, _)| (*from, *to));
        Memory {
            boot: self.boot.clone(),
            limits: self.limits,
            totals: self.totals.clone(),
            now: self.now,
            version: self.version,
            processes: processes.into_iter().map(|(_, process)| Arc::clone(process)).collect(),
            groups: groups.into_iter().filter_map(|at| self.group_at(at).map(Arc::clone)).collect(),
            edges,
            sockets: self.sockets.iter().map(|(socket, holder)| (*socket, *holder)).collect(),
            ends: self.ends.clone(),
            links,
            shelf: self.shelf.clone(),
            statuses: self.statuses.clone(),
            losses: self.losses.clone(),
            doubt: self.doubt.clone(),
            names: self.names.clone(),
            postures: self.postures.clone(),
            contents: self.contents.clone(),
        }
    }

    /// The model that a memory is of. Never fails: what does not fit together in it is left out.
    pub fn recall(memory: Memory) -> Model {
        let mut model = Model {
            boot: memory.boot,
            limits: memory.limits,
            totals: memory.totals,
            now: memory.now,
            version: memory.version,
            sockets: memory.sockets.into_iter().collect(),
            ends: memory.ends,
            shelf: memory.shelf,
            statuses: memory.statuses,
            losses: memory.losses,
            doubt: memory.doubt,
            names: memory.names,
            postures: memory.postures,
            contents: memory.contents,
            ..Model::default()
        };
        let mut shared = Shared::default();
        let mut nodes = Vec::with_capacity(memory.processes.len() + memory.groups.len());
        for mut process in memory.processes {
            shared.share(Arc::make_mut(&mut process));
            let (id, ended, held) = (process.id, process.exit.map(|(ended, _)| ended), process.held);
            match ended {
                None => drop(model.live.insert(id.pid, id)),
                Some(ended) if held > 0 => drop(model.ancestors.insert((ended, id))),
                Some(ended) => drop(model.dead.insert((ended, id))),
            }
            let at = model.graph.add_node(Node::Process(process));
            model.processes.insert(id, at);
            nodes.push(at);
        }
        for group in memory.groups {
            let key = group.key.clone();
            let at = model.graph.add_node(Node::Group(group));
            model.groups.insert(key, at);
            nodes.push(at);
        }
        for (from, to, what) in memory.edges {
            if let (Some(&from), Some(&to)) = (nodes.get(from as usize), nodes.get(to as usize)) {
                model.graph.add_edge(from, to, what);
            }
        }
        model.find_pods();
        for (from, to, links) in memory.links {
            model.links.add_edge(from, to, links);
        }
        model.share_images();
        model
    }

    fn shared_process(&self, at: NodeIndex) -> Option<&Arc<Process>> {
        match self.graph.node_weight(at) {
            Some(Node::Process(process)) => Some(process),
            _ => None,
        }
    }

    fn group_at(&self, at: NodeIndex) -> Option<&Arc<Group>> {
        match self.graph.node_weight(at) {
            Some(Node::Group(group)) => Some(group),
            _ => None,
        }
    }

    /// What a child was forked with is its maker's: one copy serves both.
    fn share_images(&mut self) {
        let heirs: Vec<_> = self.processes().filter(|process| !process.images.is_empty()).map(|it| it.id).collect();
        for id in heirs {
            let Some(&at) = self.processes.get(&id) else { continue };
            let maker = self.process_at(at).and_then(|process| process.birth_parent).and_then(|id| self.process(id));
            let images = maker.map(|maker| maker.images.clone()).unwrap_or_default();
            if let Some(first) = self.process_mut(at).and_then(|process| process.images.first_mut())
                && let Some(same) = images.iter().find(|image| *image == first)
            {
                *first = Arc::clone(same);
            }
        }
    }
}

/// Cgroups that many processes have in common.
#[derive(Default)]
struct Shared {
    cgroups: HashMap<(u64, Vec<u8>), Arc<Cgroup>>,
}

impl Shared {
    fn share(&mut self, process: &mut Process) {
        let Some(cgroup) = &mut process.cgroup else { return };
        let known = self.cgroups.entry((cgroup.id, cgroup.path.bytes().to_vec())).or_insert_with(|| Arc::clone(cgroup));
        if known == cgroup {
            *cgroup = Arc::clone(known);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_memory_from_before_it_was_kept_what_containers_are_allowed_is_read_without() {
        let memory = Memory { now: Time(7), version: 3, ..Memory::default() };
        let Memory { boot, limits, totals, now, version, processes, groups, edges, .. } = &memory;
        let Memory { sockets, ends, links, shelf, statuses, losses, doubt, names, .. } = &memory;
        let first = (boot, limits, totals, now, version, processes, groups, edges);
        let second = (sockets, ends, links, shelf, statuses, losses, doubt, names);
        let (first, second) = (rmp_serde::to_vec(&first).unwrap(), rmp_serde::to_vec(&second).unwrap());
        // An array of sixteen fields, which begins otherwise than two of eight each (`array 16` in MessagePack).
        let bytes = [&[0xdc, 0, 16], &first[1..], &second[1..]].concat();
        assert_eq!(rmp_serde::from_slice::<Memory>(&bytes).unwrap(), memory);
    }
}
