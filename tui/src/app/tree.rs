//! From the model to the lines of the tree: computed once per change, formatted only where visible.

use std::collections::HashMap;

use super::node::{Fold, NodeKey, Row};
use super::search::Search;
use crate::model::{ContainerState, Group, GroupKey, Model, Process, ProcessId, Time};

const NONE: u32 = u32::MAX;

/// The lines of the tree, and what was learned while making them.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The lines, top to bottom, without what is folded away.
    pub rows: Vec<Row>,
    /// What the search found, in the order of the tree, folded or not.
    pub matches: Vec<NodeKey>,
    /// The process that was born last.
    pub newest: Option<ProcessId>,
    /// When the next dead process leaves the tree, if nothing else happens.
    pub expiry: Option<Time>,
    /// Containers in the tree.
    pub containers: usize,
    /// Services in the tree.
    pub services: usize,
}

/// What the tree is made from.
pub(super) struct Wish<'a> {
    pub(super) model: &'a Model,
    pub(super) now: Time,
    /// How long the dead stay, in nanoseconds.
    pub(super) linger: u64,
    pub(super) folds: &'a HashMap<NodeKey, bool>,
    pub(super) search: Option<&'a mut Search>,
}

/// A process in the tree; children are a linked list of indexes.
struct Node<'a> {
    process: &'a Process,
    first: u32,
    next: u32,
    placed: bool,
}

struct Branch<'a> {
    group: &'a Group,
    roots: u32,
    any: bool,
}

impl Tree {
    pub(super) fn build(wish: Wish<'_>) -> Tree {
        let mut tree = Tree::default();
        let nodes = gather(&wish, &mut tree);
        let mut builder = Builder { branches: branches(wish.model), wish, nodes, tree, all: 0 };
        builder.link();
        builder.emit();
        builder.tree
    }

    /// Where a line stands.
    pub fn position(&self, key: &NodeKey) -> Option<usize> {
        self.rows.iter().position(|row| row.key == *key)
    }
}

/// The living, the dead that still linger, and the dead of the same group that any of them descend from.
fn gather<'a>(wish: &Wish<'a>, tree: &mut Tree) -> Vec<Node<'a>> {
    let mut nodes = Vec::new();
    let mut newest = None;
    for process in wish.model.processes().filter(|process| process.id.pid != 0) {
        if let Some((ended, _)) = process.exit {
            if wish.now.since(ended) >= wish.linger {
                continue;
            }
            let leaves = Time(ended.0.saturating_add(wish.linger));
            tree.expiry = Some(tree.expiry.map_or(leaves, |expiry: Time| expiry.min(leaves)));
        }
        newest = newest.max(Some((process.born, process.id)));
        nodes.push(Node { process, first: NONE, next: NONE, placed: false });
    }
    tree.newest = newest.map(|(_, id)| id);
    let mut known: std::collections::HashSet<ProcessId> = nodes.iter().map(|node| node.process.id).collect();
    let mut at = 0;
    while let Some(node) = nodes.get(at) {
        at += 1;
        let Some(parent) = nested_parent(wish.model, node.process, |id| known.contains(&id)) else { continue };
        known.insert(parent.id);
        nodes.push(Node { process: parent, first: NONE, next: NONE, placed: false });
    }
    nodes.sort_unstable_by_key(|node| (node.process.id.start, node.process.born, node.process.id.pid));
    nodes
}

/// The birth parent, if it is kept, in the same group and not yet `known`.
fn nested_parent<'a>(model: &'a Model, process: &Process, known: impl Fn(ProcessId) -> bool) -> Option<&'a Process> {
    let id = process.birth_parent.filter(|id| id.pid != 0 && !known(*id))?;
    model.process(id).filter(|parent| parent.group == process.group)
}

/// Every group, in the order of the screen: containers as they came, the host, its services by name.
fn branches(model: &Model) -> Vec<Branch<'_>> {
    let mut branches: Vec<_> = model.groups().map(|group| Branch { group, roots: NONE, any: false }).collect();
    branches.sort_by(|a, b| rank(a.group).cmp(&rank(b.group)));
    branches
}

fn rank(group: &Group) -> (u8, Time, &GroupKey) {
    match group.key {
        GroupKey::Container(_) => (0, group.first, &group.key),
        GroupKey::Host => (1, Time(0), &group.key),
        GroupKey::Service(_) => (2, Time(0), &group.key),
    }
}

struct Builder<'a> {
    wish: Wish<'a>,
    nodes: Vec<Node<'a>>,
    branches: Vec<Branch<'a>>,
    tree: Tree,
    /// Lines so far, the hidden ones too.
    all: u32,
}

/// A step of the walk: into a process, or out of one whose line is at `row`.
enum Step {
    Into { node: u32, depth: u16, guides: u64, hidden: bool },
    Out { row: usize, before: u32 },
}

impl<'a> Builder<'a> {
    /// Hangs every process under its birth parent, or under its group.
    fn link(&mut self) {
        let index: HashMap<ProcessId, u32> =
            (0u32..).zip(&self.nodes).map(|(at, node)| (node.process.id, at)).collect();
        let groups: HashMap<&GroupKey, usize> =
            self.branches.iter().enumerate().map(|(at, branch)| (&branch.group.key, at)).collect();
        // Backwards, because each is put at the head of its list.
        for at in (0..self.nodes.len()).rev() {
            let process = self.nodes[at].process;
            let Some(&group) = groups.get(&process.group) else { continue };
            self.branches[group].any = true;
            let parent = process
                .birth_parent
                .filter(|id| *id != process.id)
                .and_then(|id| index.get(&id).copied())
                .filter(|&parent| self.nodes[parent as usize].process.group == process.group);
            let head = match parent {
                Some(parent) => std::mem::replace(&mut self.nodes[parent as usize].first, at as u32),
                None => std::mem::replace(&mut self.branches[group].roots, at as u32),
            };
            self.nodes[at].next = head;
        }
        self.unwind(&groups);
    }

    /// Processes that are each other's ancestors (a malformed stream) hang under no group: one of each ring does.
    fn unwind(&mut self, groups: &HashMap<&GroupKey, usize>) {
        let mut reached = vec![false; self.nodes.len()];
        let mut stack: Vec<u32> = Vec::new();
        for branch in &self.branches {
            push_list(&self.nodes, branch.roots, &mut stack);
        }
        self.reach(&mut stack, &mut reached);
        for at in 0..self.nodes.len() {
            if reached[at] {
                continue;
            }
            let process = self.nodes[at].process;
            if let Some(&group) = groups.get(&process.group) {
                self.detach(at as u32, process);
                self.nodes[at].next = std::mem::replace(&mut self.branches[group].roots, at as u32);
            }
            stack.push(at as u32);
            self.reach(&mut stack, &mut reached);
        }
    }

    fn reach(&self, stack: &mut Vec<u32>, reached: &mut [bool]) {
        while let Some(at) = stack.pop() {
            if !std::mem::replace(&mut reached[at as usize], true) {
                push_list(&self.nodes, self.nodes[at as usize].first, stack);
            }
        }
    }

    fn detach(&mut self, at: u32, process: &Process) {
        let Some(parent) = self.nodes.iter().position(|node| Some(node.process.id) == process.birth_parent) else {
            return;
        };
        let next = self.nodes[at as usize].next;
        if self.nodes[parent].first == at {
            self.nodes[parent].first = next;
            return;
        }
        let mut sibling = self.nodes[parent].first;
        while sibling != NONE {
            if self.nodes[sibling as usize].next == at {
                self.nodes[sibling as usize].next = next;
                return;
            }
            sibling = self.nodes[sibling as usize].next;
        }
    }

    fn emit(&mut self) {
        let services = self.branches.iter().filter(|b| matches!(b.group.key, GroupKey::Service(_)) && b.any).count();
        self.tree.services = services;
        let mut host = None;
        for at in 0..self.branches.len() {
            let branch = &self.branches[at];
            let (key, any) = (NodeKey::Group(branch.group.key.clone()), branch.any);
            match &branch.group.key {
                GroupKey::Container(_) if any || running(branch.group) => {
                    self.tree.containers += 1;
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

    /// A group's line; returns its place, the lines before it, and whether it is open.
    fn heading(&mut self, key: NodeKey, depth: u16, any: bool, hidden: bool) -> (usize, u32, bool) {
        let open = self.open(&key);
        if let Some(search) = &mut self.wish.search
            && let NodeKey::Group(group) = &key
            && self.wish.model.group(group).is_some_and(|group| search.finds_group(group))
        {
            self.tree.matches.push(key.clone());
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
            self.tree.rows.push(Row { key, depth, guides: 0, last: false, fold, hidden: 0 });
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
        self.wish.folds.get(key).copied().unwrap_or_else(|| key.open_by_default(self.wish.model))
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
            let (first, process) = (self.nodes[node as usize].first, self.nodes[node as usize].process);
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
                self.tree.rows.push(Row { key, depth, guides, last, fold, hidden: 0 });
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
        if let Some(search) = &mut self.wish.search
            && search.finds_process(process)
        {
            self.tree.matches.push(key.clone());
        }
    }
}

fn level(depth: u16) -> u64 {
    1u64.checked_shl(u32::from(depth)).unwrap_or(0)
}

fn push_list(nodes: &[Node<'_>], mut at: u32, out: &mut Vec<u32>) {
    while let Some(node) = nodes.get(at as usize) {
        out.push(at);
        at = node.next;
    }
}

fn kthreadd(process: &Process) -> bool {
    process.id.pid == 2 && process.image().is_none()
}

fn running(group: &Group) -> bool {
    let state = group.container.as_ref().map(|container| container.news.state);
    matches!(state, Some(ContainerState::Running | ContainerState::Paused))
}
