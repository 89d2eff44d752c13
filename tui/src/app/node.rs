//! What stands on one line of the tree.

use crate::model::{GroupKey, Model, ProcessId};

/// A line of the tree, by what it stands for: the same across rebuilds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NodeKey {
    /// The heading of a group.
    Group(GroupKey),
    /// A process.
    Process(ProcessId),
}

impl NodeKey {
    /// The line that this one hangs under; `None` for a top branch.
    ///
    /// A process hangs under its birth parent while both are in one group, otherwise under its group.
    pub fn parent(&self, model: &Model) -> Option<NodeKey> {
        match self {
            NodeKey::Group(GroupKey::Service(_)) => Some(NodeKey::Group(GroupKey::Host)),
            NodeKey::Group(_) => None,
            NodeKey::Process(id) => {
                let process = model.process(*id)?;
                let nested = process
                    .birth_parent
                    .filter(|parent| *parent != *id && parent.pid != 0)
                    .and_then(|parent| model.process(parent))
                    .filter(|parent| parent.group == process.group);
                Some(match nested {
                    Some(parent) => NodeKey::Process(parent.id),
                    None => NodeKey::Group(process.group.clone()),
                })
            }
        }
    }

    /// Whether it is open before the user says anything: services and kernel threads are many and seldom the story.
    pub fn open_by_default(&self, model: &Model) -> bool {
        match self {
            NodeKey::Group(key) => !matches!(key, GroupKey::Service(_)),
            NodeKey::Process(id) => id.pid != 2 || model.process(*id).is_some_and(|process| process.image().is_some()),
        }
    }
}

/// Whether a line has others under it, and whether they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Nothing under it.
    Leaf,
    /// What is under it is shown.
    Open,
    /// What is under it is hidden.
    Closed,
}

/// One line of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it stands for.
    pub key: NodeKey,
    /// For a process: how many ancestors of its group stand above it. For a group: 1 for a service, else 0.
    pub depth: u16,
    /// Bit `n` is set when the line of level `n` goes on below this row (levels beyond 63 are not drawn).
    pub guides: u64,
    /// True for the last among its siblings.
    pub last: bool,
    /// Whether it can be folded, and is.
    pub fold: Fold,
    /// Lines hidden under it when it is closed.
    pub hidden: u32,
    /// True for a process that does not fulfil the filter, and is there for those that hang under it.
    pub aside: bool,
}
