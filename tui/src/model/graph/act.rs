//! What an act changes in the process that it is of.

use petgraph::stable_graph::NodeIndex;

use super::super::act::{Act, Deed};
use super::Model;

impl Model {
    pub(super) fn act(&mut self, at: NodeIndex, act: &Act) {
        let Some(process) = self.process_mut(at).filter(|_| act.error.is_none()) else { return };
        match &act.what {
            Deed::Descriptor { fd, now, .. } => {
                if let Some(place) = process.stdio.get_mut(*fd as usize) {
                    *place = Some(now.clone());
                }
            }
            Deed::Namespaces { now, .. } => process.namespaces = *now,
            Deed::Creds { creds, caps, .. } => (process.creds, process.caps) = (*creds, *caps),
            _ => {}
        }
    }
}
