//! What is dead and uninteresting leaves, and is counted.

use petgraph::Direction::Incoming;

use super::super::process::ProcessId;
use super::Model;

impl Model {
    /// Keeps the dead within [`super::Limits::dead`]: oldest first, sparing those with a child that is kept.
    pub(super) fn evict(&mut self) {
        let mut spared = 0;
        while self.dead.len() > self.limits.dead && spared < self.dead.len() {
            let Some(id) = self.dead.pop_front() else { break };
            if self.born_of(id).next().is_some() && spared < 64 {
                self.dead.push_back(id);
                spared += 1;
            } else {
                self.forget(id);
            }
        }
    }

    fn forget(&mut self, id: ProcessId) {
        let Some(at) = self.processes.remove(&id) else { return };
        let _ = self.graph.edges_directed(at, Incoming).count();
        self.graph.remove_node(at);
        self.totals.dead -= 1;
        self.totals.evicted += 1;
    }
}
