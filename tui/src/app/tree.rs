//! From the model to the lines of the tree: computed once per change, formatted only where visible.

use std::collections::HashMap;

use super::alarm::Alarms;
use super::node::{NodeKey, Row};
use super::search::Search;
use crate::model::filter::Judge;
use crate::model::{Group, GroupKey, Model, Process, ProcessId, Time};

mod link;
mod walk;

const NONE: u32 = u32::MAX;

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
}

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

/// A process in the tree; children are a linked list of indexes.
struct Node<'a> {
    process: &'a Process,
    first: u32,
    next: u32,
    placed: bool,
    /// It does not fulfil the filter.
    aside: bool,
}

impl<'a> Node<'a> {
    fn new(process: &'a Process, aside: bool) -> Node<'a> {
        Node { process, first: NONE, next: NONE, placed: false, aside }
    }
}

struct Branch<'a> {
    group: &'a Group,
    roots: u32,
    any: bool,
}

impl Tree {
    pub(super) fn build(mut wish: Wish<'_>) -> Tree {
        let mut tree = Tree::default();
        let (nodes, index) = gather(&mut wish, &mut tree);
        tree.fulfilling = nodes.iter().filter(|node| !node.aside).count();
        let mut builder = Builder { branches: branches(wish.model), wish, nodes, tree, near: Vec::new(), all: 0 };
        builder.link(&index);
        builder.emit();
        builder.settle();
        builder.tree
    }

    /// Where a line stands.
    pub fn position(&self, key: &NodeKey) -> Option<usize> {
        self.rows.iter().position(|row| row.key == *key)
    }
}

/// The living and the dead that still linger, of them those that fulfil the filter, and whoever of the same group any of
/// them descend from.
fn gather<'a>(wish: &mut Wish<'a>, tree: &mut Tree) -> (Vec<Node<'a>>, HashMap<ProcessId, u32>) {
    let mut nodes = Vec::new();
    let mut newest = None;
    let model = wish.model;
    let mut fulfils = |process: &Process| wish.judge.as_mut().is_none_or(|judge| judge.process(process, model));
    for process in model.processes().filter(|process| process.id.pid != 0) {
        if let Some((ended, _)) = process.exit
            && wish.keep != Some(process.id)
            && wish.alarms.mark(process.id).is_none()
        {
            if wish.now.since(ended) >= wish.linger || !fulfils(process) {
                continue;
            }
            let leaves = Time(ended.0.saturating_add(wish.linger));
            tree.expiry = Some(tree.expiry.map_or(leaves, |expiry: Time| expiry.min(leaves)));
        } else if !fulfils(process) {
            continue;
        }
        newest = newest.max(Some((process.born, process.id)));
        nodes.push(Node::new(process, false));
    }
    tree.newest = newest.map(|(_, id)| id);
    let mut index = sort(&mut nodes);
    let (seen, mut at) = (nodes.len(), 0);
    while let Some(node) = nodes.get(at) {
        at += 1;
        let Some(parent) = nested_parent(model, node.process, |id| index.contains_key(&id)) else { continue };
        index.insert(parent.id, NONE);
        nodes.push(Node::new(parent, !fulfils(parent)));
    }
    if nodes.len() > seen {
        index = sort(&mut nodes);
    }
    (nodes, index)
}

/// Brings the oldest to the front, and tells where each is.
fn sort(nodes: &mut [Node<'_>]) -> HashMap<ProcessId, u32> {
    nodes.sort_unstable_by_key(|node| (node.process.id.start, node.process.born, node.process.id.pid));
    (0u32..).zip(nodes).map(|(at, node)| (node.process.id, at)).collect()
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
    /// What comes close to what is looked for, and how close.
    near: Vec<(NodeKey, u32)>,
    /// Lines so far, the hidden ones too.
    all: u32,
}

fn push_list(nodes: &[Node<'_>], mut at: u32, out: &mut Vec<u32>) {
    while let Some(node) = nodes.get(at as usize) {
        out.push(at);
        at = node.next;
    }
}
