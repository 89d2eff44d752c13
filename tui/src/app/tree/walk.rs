//! Walks the branches from top to bottom and writes the lines down, past what is folded.

use super::super::node::{Fold, NodeKey, Row};
use super::{Branch, Builder, NONE, Node, push_list};
use crate::model::{ContainerState, Group, GroupKey, Process};

/// A step of the walk: into a process, or out of one whose line is at `row`.
enum Step {
    Into { node: u32, depth: u16, guides: u64, hidden: bool },
    Out { row: usize, before: u32 },
}

impl Builder<'_> {
    pub(super) fn emit(&mut self) {
        let services = self.branches.iter().filter(|b| matches!(b.group.key, GroupKey::Service(_)) && b.any).count();
        self.count();
        let mut host = None;
        for at in 0..self.branches.len() {
            let branch = &self.branches[at];
            let (key, any) = (NodeKey::Group(branch.group.key.clone()), branch.any);
            match &branch.group.key {
                // Under a filter, a container stands for those in it.
                GroupKey::Container(_) if any || self.wish.judge.is_none() && running(branch.group) => {
                    let (row, before, open) = self.heading(key, 0, any, false);
                    self.roots(at, !open, |_| true);
                    self.close(row, before);
                }
                GroupKey::Host if any || services > 0 => {
                    let (row, before, open) = self.heading(key, 0, true, false);
                    self.roots(at, !open, |process| !kthreadd(process));
                    host = Some((at, row, before, open));
                }
                GroupKey::Service(_) if any => {
                    let closed = host.is_some_and(|(.., open)| !open);
                    let (row, before, open) = self.heading(key, 1, true, closed);
                    self.roots(at, closed || !open, |_| true);
                    self.close(row, before);
                }
                _ => {}
            }
        }
        if let Some((at, row, before, open)) = host {
            self.roots(at, !open, kthreadd);
            self.close(row, before);
        }
    }

    /// What the node has of groups: those that a filter leaves out, too.
    fn count(&mut self) {
        let filtered = self.wish.judge.is_some();
        for Branch { group, any, .. } in &self.branches {
            let there = *any || filtered && group.alive > 0;
            match group.key {
                GroupKey::Container(_) => self.tree.containers += usize::from(there || running(group)),
                GroupKey::Service(_) => self.tree.services += usize::from(there),
                GroupKey::Host => {}
            }
        }
    }

    /// A group's line; returns its place, the lines before it, and whether it is open.
    fn heading(&mut self, key: NodeKey, depth: u16, any: bool, hidden: bool) -> (usize, u32, bool) {
        let open = self.open(&key);
        if let Some(search) = &mut self.wish.search
            && let NodeKey::Group(group) = &key
            && let Some(group) = self.wish.model.group(group)
        {
            match search.finds_group(group) {
                true => self.tree.matches.push(key.clone()),
                false => self.near.extend(Some((key.clone(), search.nears_group(group))).filter(|(_, near)| *near > 0)),
            }
        }
        self.all += 1;
        let row = self.tree.rows.len();
        if !hidden {
            let fold = if !any {
                Fold::Leaf
            } else if open {
                Fold::Open
            } else {
                Fold::Closed
            };
            self.tree.rows.push(Row { key, depth, guides: 0, last: false, fold, hidden: 0, aside: false });
        }
        (if hidden { usize::MAX } else { row }, self.all, open)
    }

    fn close(&mut self, row: usize, before: u32) {
        if let Some(row) = self.tree.rows.get_mut(row)
            && row.fold == Fold::Closed
        {
            row.hidden = self.all - before;
        }
    }

    fn open(&self, key: &NodeKey) -> bool {
        let unasked = || self.wish.judge.is_some() || key.open_by_default(self.wish.model);
        self.wish.folds.get(key).copied().unwrap_or_else(unasked)
    }

    /// The processes of a group that hang under no other of it.
    fn roots(&mut self, branch: usize, hidden: bool, wanted: impl Fn(&Process) -> bool) {
        let mut roots = Vec::new();
        push_list(&self.nodes, self.branches[branch].roots, &mut roots);
        for root in roots {
            if wanted(self.nodes[root as usize].process) {
                self.walk(root, hidden);
            }
        }
    }

    /// One process and all that descend from it, without recursion: a lineage may be thousands deep.
    fn walk(&mut self, root: u32, hidden: bool) {
        let mut steps = vec![Step::Into { node: root, depth: 0, guides: 0, hidden }];
        let mut children = Vec::new();
        while let Some(step) = steps.pop() {
            let (node, depth, guides, hidden) = match step {
                Step::Out { row, before } => {
                    self.close(row, before);
                    continue;
                }
                Step::Into { node, depth, guides, hidden } => (node, depth, guides, hidden),
            };
            if std::mem::replace(&mut self.nodes[node as usize].placed, true) {
                continue;
            }
            let Node { first, process, aside, .. } = self.nodes[node as usize];
            let key = NodeKey::Process(process.id);
            self.note_match(&key, process);
            self.all += 1;
            let open = first != NONE && !hidden && self.open(&key);
            if !hidden {
                let fold = if first == NONE {
                    Fold::Leaf
                } else if open {
                    Fold::Open
                } else {
                    Fold::Closed
                };
                let last = depth == 0 || guides & level(depth) == 0;
                steps.push(Step::Out { row: self.tree.rows.len(), before: self.all });
                self.tree.rows.push(Row { key, depth, guides, last, fold, hidden: 0, aside });
            }
            push_list(&self.nodes, first, &mut children);
            let below = depth.saturating_add(1);
            // The last child is pushed first, and it alone has no line going on below it.
            for (back, node) in children.drain(..).rev().enumerate() {
                let guides = if back == 0 { guides & !level(below) } else { guides | level(below) };
                steps.push(Step::Into { node, depth: below, guides, hidden: hidden || !open });
            }
        }
    }

    fn note_match(&mut self, key: &NodeKey, process: &Process) {
        let Some(search) = &mut self.wish.search else { return };
        match search.finds_process(process, self.wish.model) {
            true => self.tree.matches.push(key.clone()),
            false => self.near.extend(Some((key.clone(), search.nears_process(process))).filter(|(_, near)| *near > 0)),
        }
    }

    /// Where nothing is as it was typed, what comes close stands for it.
    pub(super) fn settle(&mut self) {
        if self.tree.matches.is_empty() {
            let closest = self.near.iter().enumerate().rev().max_by_key(|(_, (_, near))| *near);
            self.tree.closest = closest.map(|(at, _)| at);
            self.tree.matches = self.near.drain(..).map(|(key, _)| key).collect();
        }
    }
}

fn level(depth: u16) -> u64 {
    1u64.checked_shl(u32::from(depth)).unwrap_or(0)
}

fn kthreadd(process: &Process) -> bool {
    process.id.pid == 2 && process.image().is_none()
}

fn running(group: &Group) -> bool {
    let state = group.container.as_ref().map(|container| container.news.state);
    matches!(state, Some(ContainerState::Running | ContainerState::Paused))
}
