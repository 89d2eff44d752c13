//! Which group a process belongs to, and which groups there are.

use std::sync::Arc;

use petgraph::Direction::Outgoing;
use petgraph::stable_graph::NodeIndex;

use super::super::container::{Container, ContainerNews, ContainerState, Group, GroupKey};
use super::super::event::Cgroup;
use super::super::process::Time;
use super::{Edge, Model, Node};

/// Containers without a group of which the news is kept.
const SHELF: usize = 1_000;

impl Model {
    pub(super) fn apply_container(&mut self, news: &ContainerNews) {
        self.now = self.now.max(news.time);
        let key = GroupKey::Container(Arc::from(news.id.as_str()));
        let ended = matches!(news.state, ContainerState::Exited | ContainerState::Unknown);
        if ended && !self.groups.contains_key(&key) {
            return self.shelve(news.clone());
        }
        self.ensure_group(&key, news.time);
        if let Some(container) = self.group_mut(&key).and_then(|group| group.container.as_mut())
            && container.news.time <= news.time
        {
            container.news = news.clone();
            container.runtime = news.runtime.or(container.runtime);
            let addresses = news.addresses.iter().map(|address| (address.to_canonical(), key.clone()));
            self.pods.extend(addresses);
            self.named += u64::from(!news.addresses.is_empty());
        }
        self.retire(&key);
    }

    pub(super) fn ensure_group(&mut self, key: &GroupKey, time: Time) -> NodeIndex {
        if let Some(&at) = self.groups.get(key) {
            return at;
        }
        let container = match key {
            GroupKey::Container(id) => Some(self.container(id)),
            GroupKey::Host | GroupKey::Service(_) => None,
        };
        let group = Group { key: key.clone(), container, first: time, alive: 0, seen: 0 };
        let at = self.graph.add_node(Node::Group(Arc::new(group)));
        self.groups.insert(key.clone(), at);
        at
    }

    /// A container that gets a group, with what was told of it before.
    fn container(&mut self, id: &Arc<str>) -> Container {
        let told = self.shelf.iter().position(|news| news.id == **id).and_then(|at| self.shelf.remove(at));
        let news = told.unwrap_or_else(|| ContainerNews { id: id.to_string(), ..ContainerNews::default() });
        Container { runtime: news.runtime, news, ..Container::default() }
    }

    fn shelve(&mut self, news: ContainerNews) {
        if let Some(at) = self.shelf.iter().position(|old| old.id == news.id) {
            if self.shelf.get(at).is_some_and(|old| old.time > news.time) {
                return;
            }
            self.shelf.remove(at);
        }
        if self.shelf.len() >= SHELF {
            self.shelf.pop_front();
        }
        self.shelf.push_back(news);
    }

    /// Takes out a group that has no process left, unless it is the host or a runtime says that it still is there.
    pub(super) fn retire(&mut self, key: &GroupKey) {
        let Some(&at) = self.groups.get(key) else { return };
        if *key == GroupKey::Host || self.graph.edges_directed(at, Outgoing).next().is_some() {
            return;
        }
        let Some(Node::Group(group)) = self.graph.node_weight_mut(at) else { return };
        if let Some(container) = &mut Arc::make_mut(group).container {
            if !matches!(container.news.state, ContainerState::Exited | ContainerState::Unknown) {
                return;
            }
            let news = std::mem::take(&mut container.news);
            if news.time > Time(0) {
                self.shelve(news);
            }
        }
        self.graph.remove_node(at);
        self.pods.retain(|_, holder| holder != key);
        self.groups.remove(key);
        self.stirred.remove(key);
    }

    /// Finds out anew which containers have which addresses.
    pub(super) fn find_pods(&mut self) {
        let told = |group: &Group| {
            let news = &group.container.as_ref()?.news;
            Some(news.addresses.iter().map(|it| (it.to_canonical(), group.key.clone())).collect::<Vec<_>>())
        };
        let pods: Vec<_> = self.groups().filter_map(told).flatten().collect();
        self.pods.extend(pods);
    }

    /// Makes a process that is in no group a member of one.
    pub(super) fn enlist(&mut self, at: NodeIndex, key: &GroupKey, time: Time) {
        let group = self.ensure_group(key, time);
        self.join(group, at, Edge::Member);
        self.stirred.insert(key.clone(), self.version);
        let alive = self.process_mut(at).is_some_and(|process| {
            process.group = key.clone();
            process.alive()
        });
        if let Some(group) = self.group_mut(key) {
            group.seen += 1;
            group.alive += usize::from(alive);
        }
    }

    /// Moves a process to its cgroup, unless something newer is known.
    pub(super) fn place(&mut self, at: NodeIndex, cgroup: &Arc<Cgroup>, time: Time) {
        let Some(process) = self.process_mut(at) else { return };
        if process.placed > time || process.cgroup.as_ref().is_some_and(|old| Arc::ptr_eq(old, cgroup)) {
            process.placed = process.placed.max(time);
            return;
        }
        process.placed = time;
        // /proc tells a path without the kernel's id of it: no news where the path is the same.
        if process.cgroup.as_ref().is_none_or(|old| cgroup.id != 0 || old.path != cgroup.path) {
            process.cgroup = Some(Arc::clone(cgroup));
        }
        let (old, alive) = (process.group.clone(), process.alive());
        let place = &cgroup.place;
        if old != place.key {
            self.stir(at);
            if let Some(group) = self.group_mut(&old) {
                group.alive = group.alive.saturating_sub(usize::from(alive));
                group.seen = group.seen.saturating_sub(1);
            }
            self.enlist(at, &place.key, time);
            self.retire(&old);
        }
        if let Some(container) = self.group_mut(&place.key).and_then(|group| group.container.as_mut()) {
            container.runtime = container.runtime.or(place.runtime);
            container.pod_uid = container.pod_uid.take().or_else(|| place.pod_uid.clone());
            container.outer = container.outer.take().or_else(|| place.outer.clone());
        }
    }
}
