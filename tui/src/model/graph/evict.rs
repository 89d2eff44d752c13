//! What is dead and uninteresting leaves, and is counted.

use std::collections::HashSet;

use petgraph::Direction::Incoming;
use petgraph::stable_graph::NodeIndex;
use petgraph::visit::EdgeRef;

use super::super::container::GroupKey;
use super::super::process::ProcessId;
use super::{Edge, Model, Node};

/// Up to here nodes are taken out one by one. Taking one out costs a walk along the edges of its group, so more
/// than these leave together, by building the graph anew.
const FEW: usize = 32;

impl Model {
    /// Keeps the dead within [`super::Limits::dead`]: oldest first, sparing those with living descendants unless there
    /// are more of them, too: a process that goes on by forking itself leaves one behind each time.
    pub(super) fn evict(&mut self) {
        let slack = self.limits.dead / 8;
        let free = self.totals.dead > self.limits.dead && self.dead.len() > slack;
        let held = self.ancestors.len() > self.limits.dead;
        if !free && !held {
            return;
        }
        let mut doomed = HashSet::new();
        let mut groups = HashSet::new();
        if held {
            for _ in 0..=slack {
                let Some((_, id)) = self.ancestors.pop_first() else { break };
                let Some(&at) = self.processes.get(&id) else { continue };
                if let Some(maker) = self.maker(at) {
                    self.release(maker);
                }
                self.doom(id, &mut doomed, &mut groups);
            }
        }
        if free {
            let count = (self.totals.dead - (self.limits.dead - slack)).min(self.dead.len());
            for _ in 0..count {
                let Some((_, id)) = self.dead.pop_first() else { break };
                self.doom(id, &mut doomed, &mut groups);
            }
        }
        self.totals.dead -= doomed.len();
        self.totals.evicted += doomed.len() as u64;
        self.remove(&doomed);
        for group in groups {
            self.retire(&group);
        }
    }

    fn doom(&mut self, id: ProcessId, doomed: &mut HashSet<NodeIndex>, groups: &mut HashSet<GroupKey>) {
        let Some(at) = self.processes.remove(&id) else { return };
        self.stir(at);
        self.unlink(id);
        groups.extend(self.process_at(at).map(|process| process.group.clone()));
        doomed.insert(at);
    }

    fn remove(&mut self, doomed: &HashSet<NodeIndex>) {
        if doomed.len() <= FEW {
            for &at in doomed {
                self.graph.remove_node(at);
            }
            return;
        }
        let graph = std::mem::take(&mut self.graph);
        self.graph = graph.filter_map_owned(|at, node: Node| (!doomed.contains(&at)).then_some(node), |_, it| Some(it));
    }

    /// A child by birth became alive, or got a living descendant: `at` and its makers are kept from now on.
    pub(super) fn hold(&mut self, at: NodeIndex) {
        let mut next = Some(at);
        while let Some(at) = next {
            let Some(process) = self.process_mut(at) else { return };
            process.held += 1;
            let (id, Some((ended, _)), 1) = (process.id, process.exit, process.held) else { return };
            self.dead.remove(&(ended, id));
            self.ancestors.insert((ended, id));
            next = self.maker(at);
        }
    }

    /// The reverse of [`Model::hold`].
    pub(super) fn release(&mut self, at: NodeIndex) {
        let mut next = Some(at);
        while let Some(at) = next {
            let Some(process) = self.process_mut(at) else { return };
            process.held = process.held.saturating_sub(1);
            let (id, Some((ended, _)), 0) = (process.id, process.exit, process.held) else { return };
            // It is on its way out already.
            if !self.processes.contains_key(&id) {
                return;
            }
            self.ancestors.remove(&(ended, id));
            self.dead.insert((ended, id));
            next = self.maker(at);
        }
    }

    /// The node of the process that made it, while that is kept.
    pub(super) fn maker(&self, at: NodeIndex) -> Option<NodeIndex> {
        self.graph.edges_directed(at, Incoming).find(|edge| *edge.weight() == Edge::Bore).map(|edge| edge.source())
    }
}
