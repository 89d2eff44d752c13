//! Hangs every process where it belongs: under its birth parent, or under its group.

use super::grow::{Grower, NONE, push_list};
use crate::model::{IdMap, Process};

impl Grower<'_, '_> {
    /// Hangs every process under its birth parent, or under its group.
    pub(super) fn link(&mut self, index: &IdMap<u32>) {
        let mut rings = false;
        // Backwards, because each is put at the head of its list.
        for at in (0..self.nodes.len()).rev() {
            let process = self.nodes[at].process;
            let parent = process.birth_parent.filter(|id| *id != process.id).and_then(|id| index.get(&id).copied());
            let head = match parent {
                Some(parent) => {
                    // Where every parent is older than its child, there can be no ring.
                    rings |= parent as usize >= at;
                    &mut self.nodes[parent as usize].first
                }
                None => &mut self.roots,
            };
            self.nodes[at].next = std::mem::replace(head, at as u32);
        }
        if rings {
            self.unwind();
        }
    }

    /// Processes that are each other's ancestors (a malformed stream) hang under no group: one of each ring does.
    fn unwind(&mut self) {
        let mut reached = vec![false; self.nodes.len()];
        let mut stack: Vec<u32> = Vec::new();
        push_list(&self.nodes, self.roots, &mut stack);
        self.reach(&mut stack, &mut reached);
        for at in 0..self.nodes.len() {
            if reached[at] {
                continue;
            }
            self.detach(at as u32, self.nodes[at].process);
            self.nodes[at].next = std::mem::replace(&mut self.roots, at as u32);
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
}
