//! What the screen of the fleet shows, and what the user did to it.

use std::cmp::Reverse;

use super::{Fleet, Joined, Node, NodeName};
use crate::detect::Severity;
use crate::model::{Health, Time};

/// What has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The incidents.
    #[default]
    Incidents,
    /// The nodes.
    Nodes,
}

/// A line of the incidents: an incident, a stage of it, or where it went from node to node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// The incident of this place in the list.
    Incident(usize),
    /// Its step of this place.
    Step(usize, usize),
    /// Its crossing of this place.
    Crossing(usize, usize),
}

/// What is marked, so that it is found again when there is more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marked {
    /// An incident, by its first name, and how many lines below it.
    Incident(String, usize),
    /// A node.
    Node(NodeName),
}

/// The screen of the fleet.
#[derive(Debug, Default)]
pub struct Screen {
    /// What is known.
    pub fleet: Fleet,
    /// What has the keys.
    pub focus: Focus,
    /// What the bus is called, and since when it was read.
    pub bus: String,
    /// How the bus is.
    pub health: Option<(Health, String)>,
    /// Messages that were no line of a node, by why.
    pub refused: Vec<(String, u64)>,
    /// What is looked for, while it is typed and after.
    pub search: String,
    /// True while it is typed.
    pub typing: bool,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Seconds that local time is ahead of UTC.
    pub utc_offset: i32,
    /// The wall clock.
    pub now: Time,
    /// Which keys do what, in a line.
    pub keys: String,
    incidents: Vec<Joined>,
    rows: Vec<Row>,
    nodes: Vec<NodeName>,
    /// As of which lines and which search the nodes are, and the incidents.
    made: Option<(u64, String)>,
    told: Option<(u64, String)>,
    row: usize,
    node: usize,
}

/// Lines that are neither of the one list nor of the other: header, two titles, status.
const FRAME: u16 = 4;

impl Screen {
    /// One that knows nothing yet; `bus` is what it is read from, in words.
    pub fn new(bus: String, utc_offset: i32) -> Screen {
        Screen { bus, utc_offset, ..Screen::default() }
    }

    /// Puts together what is shown; the mark stays on what it was on.
    pub fn prepare(&mut self) {
        let stamp = (self.fleet.version(), self.search.clone());
        if self.made.as_ref() == Some(&stamp) {
            return;
        }
        let marked = (self.marked_row(), self.nodes.get(self.node).cloned());
        let wanted = self.search.to_lowercase();
        let finds = |text: &str| wanted.is_empty() || text.to_lowercase().contains(&wanted);
        let told = (self.fleet.story(), self.search.clone());
        if self.told.as_ref() != Some(&told) {
            self.incidents = self.fleet.incidents();
            self.incidents.retain(|it| it.severity >= Severity::Medium && (finds(&it.id) || finds(&it.title())));
            self.rows = self.incidents.iter().enumerate().flat_map(|(at, incident)| rows(at, incident)).collect();
            self.told = Some(told);
        }
        let mut nodes: Vec<&Node> = self.fleet.nodes().filter(|node| finds(&node.name.to_string())).collect();
        // They come by name, which stays where the rest is the same.
        nodes.sort_by_cached_key(|node| Reverse((node.worst, !node.troubles().is_empty())));
        self.nodes = nodes.into_iter().map(|node| node.name.clone()).collect();
        self.mark_again(marked);
        self.made = Some(stamp);
    }

    fn marked_row(&self) -> Option<Marked> {
        let row = self.rows.get(self.row)?;
        let (Row::Incident(at) | Row::Step(at, _) | Row::Crossing(at, _)) = *row;
        let head = self.rows.iter().position(|row| *row == Row::Incident(at))?;
        let first = self.incidents.get(at)?.incidents.first()?;
        Some(Marked::Incident(format!("{}/{}", first.node, first.id), self.row - head))
    }

    fn mark_again(&mut self, (row, node): (Option<Marked>, Option<NodeName>)) {
        if let Some(Marked::Incident(name, below)) = row {
            let has = |it: &Joined| it.incidents.iter().any(|part| format!("{}/{}", part.node, part.id) == name);
            let at = self.incidents.iter().position(has);
            let head = at.and_then(|at| self.rows.iter().position(|row| *row == Row::Incident(at)));
            self.row = head.map_or(self.row, |head| head + below);
        }
        if let Some(at) = node.and_then(|node| self.nodes.iter().position(|it| *it == node)) {
            self.node = at;
        }
        self.row = self.row.min(self.rows.len().saturating_sub(1));
        self.node = self.node.min(self.nodes.len().saturating_sub(1));
    }

    /// Moves the mark by `by` lines.
    pub fn step(&mut self, by: i64) {
        let (at, count) = match self.focus {
            Focus::Incidents => (&mut self.row, self.rows.len()),
            Focus::Nodes => (&mut self.node, self.nodes.len()),
        };
        let to = i64::try_from(*at).unwrap_or(i64::MAX).saturating_add(by).max(0);
        *at = usize::try_from(to).unwrap_or(usize::MAX).min(count.saturating_sub(1));
    }

    /// Gives the keys to the other list.
    pub fn turn(&mut self) {
        self.focus = match self.focus {
            Focus::Incidents => Focus::Nodes,
            Focus::Nodes => Focus::Incidents,
        };
    }

    /// The node that is marked: of a stage the one on which it was, of an incident that on which it began.
    pub fn marked_node(&self) -> Option<NodeName> {
        match self.focus {
            Focus::Nodes => self.nodes.get(self.node).cloned(),
            Focus::Incidents => match *self.rows.get(self.row)? {
                Row::Incident(at) => Some(self.incidents.get(at)?.incidents.first()?.node.clone()),
                Row::Step(at, step) => Some(self.incidents.get(at)?.steps.get(step)?.node.clone()),
                Row::Crossing(at, crossing) => Some(self.incidents.get(at)?.crossings.get(crossing)?.to.node.clone()),
            },
        }
    }

    /// Incidents worth a look.
    pub fn incidents(&self) -> &[Joined] {
        &self.incidents
    }

    /// The lines of the incidents that are on screen, and which of them is marked.
    pub fn incident_rows(&self) -> (&[Row], usize) {
        window(&self.rows, self.row, self.heights().0)
    }

    /// The nodes that are on screen, and which of them is marked.
    pub fn node_rows(&self) -> (&[NodeName], usize) {
        window(&self.nodes, self.node, self.heights().1)
    }

    /// Lines for the incidents and for the nodes. Nodes get what they need up to half of the screen, and all that the
    /// incidents do not need.
    pub fn heights(&self) -> (usize, usize) {
        let all = usize::from(self.size.1.saturating_sub(FRAME + 1));
        let nodes = (self.nodes.len().max(1)).min(all / 2);
        let incidents = self.rows.len().max(1).min(all.saturating_sub(nodes));
        (incidents, all.saturating_sub(incidents))
    }
}

/// An incident, where it went from node to node, and what happened.
fn rows(at: usize, incident: &Joined) -> impl Iterator<Item = Row> {
    let crossings = (0..incident.crossings.len()).map(move |crossing| Row::Crossing(at, crossing));
    let steps = (0..incident.steps.len()).map(move |step| Row::Step(at, step));
    std::iter::once(Row::Incident(at)).chain(crossings).chain(steps)
}

/// The part of a list that fits, with the mark in it.
fn window<T>(all: &[T], at: usize, height: usize) -> (&[T], usize) {
    let top = (at + 1).saturating_sub(height.max(1));
    let end = (top + height).min(all.len());
    (all.get(top..end).unwrap_or_default(), at - top.min(at))
}
