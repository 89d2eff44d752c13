//! From the model to the lines of the tree: computed once per change, formatted only where visible.
//!
//! Each group has lines of its own (a [`Branch`]), which are made anew only when its processes changed: on a node with
//! thousands of them a frame costs what happened since the one before, and not what there is.

use std::collections::HashMap;
use std::sync::Arc;

use super::alarm::Alarms;
use super::node::{Fold, NodeKey, Row};
use super::search::Search;
use crate::model::filter::Judge;
use crate::model::{ContainerState, Group, GroupKey, Model, ProcessId, Time};

mod grow;
mod link;

use grow::{Branch, Lines};

/// The lines of the tree, and what was learned while making them.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The lines, top to bottom, without what is folded away.
    pub rows: Vec<Row>,
    /// What the search found, in the order of the tree, folded or not.
    pub matches: Vec<NodeKey>,
    /// Where nothing is as it was typed, and the matches only come close: which of them comes closest.
    pub closest: Option<usize>,
    /// The process that was born last.
    pub newest: Option<ProcessId>,
    /// When the next dead process leaves the tree, if nothing else happens.
    pub expiry: Option<Time>,
    /// Containers of the node, whatever a filter leaves.
    pub containers: usize,
    /// Services of the node, likewise.
    pub services: usize,
    /// Processes in the tree that fulfil the filter, folded away or not; all of them where there is none.
    pub fulfilling: usize,
    /// What it was put together from, where that may be used again.
    branches: Branches,
}

/// The lines of each group.
#[derive(Clone, Debug, Default)]
pub(super) struct Branches(HashMap<GroupKey, Arc<Branch>>);

/// What the tree is made from.
pub(super) struct Wish<'a> {
    pub(super) model: &'a Model,
    pub(super) now: Time,
    /// How long the dead stay, in nanoseconds.
    pub(super) linger: u64,
    /// A process that stays however long it is dead: the selected one, lest it vanish under the reader's eyes.
    pub(super) keep: Option<ProcessId>,
    /// Whoever belongs to an incident stays, too.
    pub(super) alarms: &'a Alarms,
    pub(super) folds: &'a HashMap<NodeKey, bool>,
    pub(super) search: Option<&'a mut Search>,
    /// The filter: only who fulfils it is in the tree, and those that they hang under.
    pub(super) judge: Option<&'a mut Judge>,
}

impl Wish<'_> {
    fn open(&self, key: &NodeKey) -> bool {
        let unasked = || self.judge.is_some() || key.open_by_default(self.model);
        self.folds.get(key).copied().unwrap_or_else(unasked)
    }

    /// What is found and what fulfils a filter follows from more than who is in a group.
    fn plain(&self) -> bool {
        self.search.is_none() && self.judge.is_none()
    }
}

impl Tree {
    /// Makes the lines; those of groups that are as they were are taken from `before`: lines of the same model, with the
    /// same folds and incidents.
    pub(super) fn build(mut wish: Wish<'_>, before: &Branches) -> Tree {
        let host_open = wish.open(&NodeKey::Group(GroupKey::Host));
        let mut groups: Vec<_> = wish.model.groups().collect();
        groups.sort_by(|a, b| rank(a).cmp(&rank(b)));
        let branches: Vec<_> = groups
            .into_iter()
            .map(|group| {
                let away = matches!(group.key, GroupKey::Service(_)) && !host_open;
                let hidden = away || !wish.open(&NodeKey::Group(group.key.clone()));
                let old = before.0.get(&group.key).filter(|old| wish.plain() && old.holds(group, hidden, &wish));
                let branch = old.map_or_else(|| Arc::new(Branch::grow(group, hidden, &mut wish)), Arc::clone);
                (group, branch)
            })
            .collect();
        let mut tree = Tree::default();
        let (mut newest, mut rows) = (None, branches.len());
        for (group, branch) in &branches {
            newest = newest.max(branch.newest);
            tree.expiry = [tree.expiry, branch.expiry].into_iter().flatten().min();
            tree.fulfilling += branch.fulfilling;
            rows += branch.first.rows.len() + branch.last.rows.len();
            tree.count(group, branch, wish.judge.is_some());
        }
        tree.newest = newest.map(|(_, id)| id);
        tree.rows.reserve(rows);
        let mut writer = Writer { tree, near: Vec::new(), all: 0, wish };
        writer.write(&branches, host_open);
        writer.settle();
        let Writer { mut tree, wish, .. } = writer;
        if wish.plain() {
            tree.branches.0 = branches.into_iter().map(|(group, branch)| (group.key.clone(), branch)).collect();
        }
        tree
    }

    /// Gives away what it was put together from.
    pub(super) fn take_branches(&mut self) -> Branches {
        std::mem::take(&mut self.branches)
    }

    /// What the node has of groups: those that a filter leaves out, too.
    fn count(&mut self, group: &Group, branch: &Branch, filtered: bool) {
        let there = branch.any() || filtered && group.alive > 0;
        match group.key {
            GroupKey::Container(_) => self.containers += usize::from(there || running(group)),
            GroupKey::Service(_) => self.services += usize::from(there),
            GroupKey::Host => {}
        }
    }

    /// Where a line stands.
    pub fn position(&self, key: &NodeKey) -> Option<usize> {
        self.rows.iter().position(|row| row.key == *key)
    }
}

/// The order of the screen: containers as they came, the host, its services by name.
fn rank(group: &Group) -> (u8, Time, &GroupKey) {
    match group.key {
        GroupKey::Container(_) => (0, group.first, &group.key),
        GroupKey::Host => (1, Time(0), &group.key),
        GroupKey::Service(_) => (2, Time(0), &group.key),
    }
}

fn running(group: &Group) -> bool {
    let state = group.container.as_ref().map(|container| container.news.state);
    matches!(state, Some(ContainerState::Running | ContainerState::Paused))
}

/// Puts the branches below each other, each under its heading.
struct Writer<'a> {
    tree: Tree,
    wish: Wish<'a>,
    /// What comes close to what is looked for, and how close.
    near: Vec<(NodeKey, u32)>,
    /// Lines so far, the hidden ones too.
    all: u32,
}

impl Writer<'_> {
    fn write(&mut self, branches: &[(&Group, Arc<Branch>)], host_open: bool) {
        let services = branches.iter().any(|(group, it)| matches!(group.key, GroupKey::Service(_)) && it.any());
        let mut host = None;
        for (group, branch) in branches {
            let any = branch.any();
            match &group.key {
                // Under a filter, a container stands for those in it.
                GroupKey::Container(_) if any || self.wish.judge.is_none() && running(group) => {
                    let heading = self.heading(group, 0, any, false);
                    self.lines(&branch.first);
                    self.close(heading);
                }
                GroupKey::Host if any || services => {
                    host = Some((branch, self.heading(group, 0, true, false)));
                    self.lines(&branch.first);
                }
                GroupKey::Service(_) if any => {
                    let heading = self.heading(group, 1, true, host.is_some() && !host_open);
                    self.lines(&branch.first);
                    self.close(heading);
                }
                _ => {}
            }
        }
        if let Some((branch, heading)) = host {
            self.lines(&branch.last);
            self.close(heading);
        }
    }

    /// A group's line; returns its place and the lines before it.
    fn heading(&mut self, group: &Group, depth: u16, any: bool, hidden: bool) -> (usize, u32) {
        let key = NodeKey::Group(group.key.clone());
        if let Some(search) = &mut self.wish.search {
            match search.finds_group(group) {
                true => self.tree.matches.push(key.clone()),
                false => self.near.extend(Some((key.clone(), search.nears_group(group))).filter(|(_, near)| *near > 0)),
            }
        }
        self.all += 1;
        let row = self.tree.rows.len();
        if hidden {
            return (usize::MAX, self.all);
        }
        let fold = match (any, self.wish.open(&key)) {
            (false, _) => Fold::Leaf,
            (true, true) => Fold::Open,
            (true, false) => Fold::Closed,
        };
        self.tree.rows.push(Row { key, depth, guides: 0, last: false, fold, hidden: 0, aside: false });
        (row, self.all)
    }

    fn lines(&mut self, lines: &Lines) {
        self.tree.rows.extend_from_slice(&lines.rows);
        self.tree.matches.extend_from_slice(&lines.matches);
        self.near.extend_from_slice(&lines.near);
        self.all += lines.all;
    }

    /// Where nothing is as it was typed, what comes close stands for it.
    fn settle(&mut self) {
        if self.tree.matches.is_empty() {
            let closest = self.near.iter().enumerate().rev().max_by_key(|(_, (_, near))| *near);
            self.tree.closest = closest.map(|(at, _)| at);
            self.tree.matches = self.near.drain(..).map(|(key, _)| key).collect();
        }
    }

    fn close(&mut self, (row, before): (usize, u32)) {
        if let Some(row) = self.tree.rows.get_mut(row)
            && row.fold == Fold::Closed
        {
            row.hidden = self.all - before;
        }
    }
}
