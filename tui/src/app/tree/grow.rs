//! The lines of one group: gathers its processes, hangs each where it belongs, and writes them down from top to bottom,
//! past what is folded.

use super::super::node::{Fold, NodeKey, Row};
use super::Wish;
use crate::model::{Group, GroupKey, IdMap, Model, Process, ProcessId, Time};

pub(super) const NONE: u32 = u32::MAX;

/// Lines that follow upon each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    /// Those that are not hidden.
    pub(super) rows: Vec<Row>,
    /// What the search found, hidden or not.
    pub(super) matches: Vec<NodeKey>,
    /// What comes close to what is looked for, and how close.
    pub(super) near: Vec<(NodeKey, u32)>,
    /// How many there are, the hidden ones too.
    pub(super) all: u32,
}

/// The processes of a group, as lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Branch {
    /// All but kernel threads.
    pub(super) first: Lines,
    /// Kernel threads: on the screen, the services stand between.
    pub(super) last: Lines,
    /// The process that was born last, and when.
    pub(super) newest: Option<(Time, ProcessId)>,
    /// When the next of the dead leaves.
    pub(super) expiry: Option<Time>,
    /// Processes that fulfil the filter.
    pub(super) fulfilling: usize,
    /// As of which change of its group.
    version: u64,
    /// Whether all of it is folded away.
    hidden: bool,
    /// Who of it is dead and stays only as long as it is selected.
    kept: Option<ProcessId>,
}

/// Who of a group is dead and selected.
fn kept(key: &GroupKey, wish: &Wish<'_>) -> Option<ProcessId> {
    let of = |process: &Process| process.group == *key && process.exit.is_some();
    wish.keep.filter(|id| wish.model.process(*id).is_some_and(of))
}

impl Branch {
    /// True when it would be the same if it were made anew.
    pub(super) fn holds(&self, group: &Group, hidden: bool, wish: &Wish<'_>) -> bool {
        self.version == wish.model.stirred(&group.key)
            && self.hidden == hidden
            && self.kept == kept(&group.key, wish)
            && self.expiry.is_none_or(|expiry| wish.now < expiry)
    }

    /// True when there is a line, if only a hidden one.
    pub(super) fn any(&self) -> bool {
        self.first.all + self.last.all > 0
    }

    /// Makes the lines of a group.
    pub(super) fn grow(group: &Group, hidden: bool, wish: &mut Wish<'_>) -> Branch {
        let (version, kept) = (wish.model.stirred(&group.key), kept(&group.key, wish));
        let mut branch = Branch { version, hidden, kept, ..Branch::default() };
        let (nodes, index) = gather(&group.key, wish, &mut branch);
        branch.fulfilling = nodes.iter().filter(|node| !node.aside).count();
        let mut grower = Grower { nodes, roots: NONE, lines: Lines::default(), wish };
        grower.link(&index);
        let roots = grower.roots();
        for (lines, threads) in [(&mut branch.first, false), (&mut branch.last, true)] {
            for &root in &roots {
                if kthreadd(grower.nodes[root as usize].process) == threads {
                    grower.walk(root, hidden);
                }
            }
            *lines = std::mem::take(&mut grower.lines);
        }
        branch
    }
}

/// What orders processes: the oldest first.
type Rank = (u64, Time, u32);

/// A process in the tree; children are a linked list of indexes.
pub(super) struct Node<'a> {
    pub(super) process: &'a Process,
    rank: Rank,
    pub(super) first: u32,
    pub(super) next: u32,
    placed: bool,
    /// It does not fulfil the filter.
    aside: bool,
}

impl<'a> Node<'a> {
    fn new(process: &'a Process, aside: bool) -> Node<'a> {
        let rank = (process.id.start.0, process.born, process.id.pid);
        Node { process, rank, first: NONE, next: NONE, placed: false, aside }
    }
}

/// The living and the dead that still linger, of them those that fulfil the filter, and whoever of the same group any of
/// them descend from.
fn gather<'a>(key: &GroupKey, wish: &mut Wish<'a>, branch: &mut Branch) -> (Vec<Node<'a>>, IdMap<u32>) {
    let mut nodes = Vec::new();
    let model = wish.model;
    let mut fulfils = |process: &Process| wish.judge.as_mut().is_none_or(|judge| judge.process(process, model));
    for process in model.members(key).filter(|process| process.id.pid != 0) {
        if let Some((ended, _)) = process.exit
            && wish.keep != Some(process.id)
            && wish.alarms.mark(process.id).is_none()
        {
            if wish.now.since(ended) >= wish.linger || !fulfils(process) {
                continue;
            }
            let leaves = Time(ended.0.saturating_add(wish.linger));
            branch.expiry = Some(branch.expiry.map_or(leaves, |expiry: Time| expiry.min(leaves)));
        } else if !fulfils(process) {
            continue;
        }
        branch.newest = branch.newest.max(Some((process.born, process.id)));
        nodes.push(Node::new(process, false));
    }
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
fn sort(nodes: &mut [Node<'_>]) -> IdMap<u32> {
    nodes.sort_unstable_by_key(|node| node.rank);
    (0u32..).zip(nodes).map(|(at, node)| (node.process.id, at)).collect()
}

/// The birth parent, if it is kept, in the same group and not yet `known`.
fn nested_parent<'a>(model: &'a Model, process: &Process, known: impl Fn(ProcessId) -> bool) -> Option<&'a Process> {
    let id = process.birth_parent.filter(|id| id.pid != 0 && !known(*id))?;
    model.process(id).filter(|parent| parent.group == process.group)
}

/// Makes the lines of one group.
pub(super) struct Grower<'a, 'w> {
    pub(super) nodes: Vec<Node<'a>>,
    /// The first of those that hang under no other.
    pub(super) roots: u32,
    lines: Lines,
    wish: &'w mut Wish<'a>,
}

/// A step of the walk: into a process, or out of one whose line is at `row`.
enum Step {
    Into { node: u32, depth: u16, guides: u64, hidden: bool },
    Out { row: usize, before: u32 },
}

impl Grower<'_, '_> {
    fn roots(&self) -> Vec<u32> {
        let mut roots = Vec::new();
        push_list(&self.nodes, self.roots, &mut roots);
        roots
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
            self.lines.all += 1;
            let open = first != NONE && !hidden && self.wish.open(&key);
            if !hidden {
                let fold = if first == NONE {
                    Fold::Leaf
                } else if open {
                    Fold::Open
                } else {
                    Fold::Closed
                };
                let last = depth == 0 || guides & level(depth) == 0;
                if fold == Fold::Closed {
                    steps.push(Step::Out { row: self.lines.rows.len(), before: self.lines.all });
                }
                self.lines.rows.push(Row { key, depth, guides, last, fold, hidden: 0, aside });
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

    fn close(&mut self, row: usize, before: u32) {
        if let Some(row) = self.lines.rows.get_mut(row) {
            row.hidden = self.lines.all - before;
        }
    }

    fn note_match(&mut self, key: &NodeKey, process: &Process) {
        let Some(search) = &mut self.wish.search else { return };
        match search.finds_process(process, self.wish.model) {
            true => self.lines.matches.push(key.clone()),
            false => {
                self.lines
                    .near
                    .extend(Some((key.clone(), search.nears_process(process))).filter(|(_, near)| *near > 0));
            }
        }
    }
}

pub(super) fn push_list(nodes: &[Node<'_>], mut at: u32, out: &mut Vec<u32>) {
    while let Some(node) = nodes.get(at as usize) {
        out.push(at);
        at = node.next;
    }
}

fn level(depth: u16) -> u64 {
    1u64.checked_shl(u32::from(depth)).unwrap_or(0)
}

fn kthreadd(process: &Process) -> bool {
    process.id.pid == 2 && process.image().is_none()
}
