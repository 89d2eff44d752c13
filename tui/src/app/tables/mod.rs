//! The tables of the views that are no trees: containers, who talks to whom, and what happened when.

use super::{App, View};
use crate::model::GroupKey;
use crate::store::Moment;

mod audited;
mod containers;
mod flows;
mod moments;
mod table;

#[cfg(test)]
mod tests;

pub use audited::AuditRow;
pub use containers::{ContainerRow, Risk};
pub use flows::{End, FlowRow};
pub use moments::{MomentKind, MomentRow};
pub use table::{Row, Table};

use super::node::NodeKey;

/// How long rows stay as they are, in nanoseconds; many of them longer, as they cost more.
const MOMENT: u64 = 250_000_000;
/// How many rows are many.
const MANY: usize = 1_000;

/// All tables; the one whose view is shown is up to date.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Containers, services and the host.
    pub containers: Table<ContainerRow>,
    /// Who talks to whom.
    pub flows: Table<FlowRow>,
    /// Findings, notes and losses, by time.
    pub moments: Table<MomentRow>,
    /// What containers should not be allowed.
    pub audit: Table<AuditRow>,
}

impl App {
    /// Rows of a table that fit.
    pub(super) fn table_height(&self) -> usize {
        usize::from(self.layout().table.map_or(0, |pane| pane.body.height))
    }

    /// Makes the rows, unless that was a moment ago: numbers that change at every frame cannot be read. False when what
    /// is shown is not up to date.
    pub(super) fn refresh_tables_in_time(&mut self) -> bool {
        let rows = if self.view == View::Network { self.tables.flows.rows.len() } else { 0 };
        let moment = MOMENT * (1 + rows / MANY).min(8) as u64;
        let fresh = self.table_made.is_some_and(|made| self.live.now.since(made) < moment);
        if !fresh {
            self.refresh_tables();
        }
        !fresh || !matches!(self.view, View::Containers | View::Network | View::Time | View::Audit)
    }

    /// Makes the rows of the view that is shown.
    pub(super) fn refresh_tables(&mut self) {
        self.table_made = Some(self.live.now);
        let height = self.table_height();
        match self.view {
            View::Containers => {
                let picture = self.picture();
                let mut rows = containers::rows(&picture.model, &picture.alarms, &picture.activity, picture.now);
                let table = &self.tables.containers;
                containers::order(&mut rows, table.sort, table.reversed);
                self.tables.containers.adopt(rows, height);
            }
            View::Audit => {
                let mut rows = audited::rows(self.model());
                audited::order(&mut rows, self.tables.audit.sort, self.tables.audit.reversed);
                self.tables.audit.adopt(rows, height);
            }
            View::Network => {
                let picture = self.travel.as_mut().map_or(&mut self.live, |travel| &mut travel.picture);
                let judge = picture.sieve.as_mut().map(|sieve| &mut sieve.judge);
                let mut rows = flows::rows(&picture.model, &picture.alarms, judge);
                let table = &self.tables.flows;
                flows::order(&mut rows, table.sort, table.reversed);
                self.tables.flows.adopt(rows, height);
            }
            View::Time => {
                let rows = moments::rows(&self.deck, &self.live.model);
                let first = self.tables.moments.rows.is_empty() && !rows.is_empty();
                self.tables.moments.adopt(rows, height);
                if first {
                    let now = self.now();
                    let at = self.tables.moments.rows.iter().rposition(|row| row.time <= now).unwrap_or(0);
                    self.tables.moments.mark(at, height);
                }
            }
            View::Tree | View::Incidents | View::Events => {}
        }
    }

    /// Moves the mark by `by` rows; what is marked is selected, so that the detail tells of it.
    pub(super) fn step_table(&mut self, by: i64) {
        let height = self.table_height();
        match self.view {
            View::Containers => self.tables.containers.step(by, height),
            View::Network => self.tables.flows.step(by, height),
            View::Audit => self.tables.audit.step(by, height),
            _ => self.tables.moments.step(by, height),
        }
        self.select_row_of_table();
    }

    pub(super) fn scroll_table(&mut self, by: i64) {
        let height = self.table_height();
        match self.view {
            View::Containers => self.tables.containers.scroll(by, height),
            View::Network => self.tables.flows.scroll(by, height),
            View::Audit => self.tables.audit.scroll(by, height),
            _ => self.tables.moments.scroll(by, height),
        }
        self.dirty = true;
    }

    /// Marks a row by its line on the screen.
    pub(super) fn click_table(&mut self, line: u16) {
        let (line, height) = (usize::from(line), self.table_height());
        match self.view {
            View::Containers => self.tables.containers.mark(self.tables.containers.top + line, height),
            View::Network => self.tables.flows.mark(self.tables.flows.top + line, height),
            View::Audit => self.tables.audit.mark(self.tables.audit.top + line, height),
            _ => self.tables.moments.mark(self.tables.moments.top + line, height),
        }
        self.select_row_of_table();
    }

    fn select_row_of_table(&mut self) {
        let key = match self.view {
            View::Containers => self.tables.containers.marked().map(|row| NodeKey::Group(row.key.clone())),
            View::Network => self.tables.flows.marked().map(|row| NodeKey::Process(row.process)),
            View::Audit => self.tables.audit.marked().map(|row| NodeKey::Group(row.key.clone())),
            _ => None,
        };
        if key.is_some() && key != self.selected {
            self.selected = key;
            self.detail_top = 0;
            self.stamp = None;
        }
        self.dirty = true;
    }

    /// From the marked row to what it is about: a container's branch, a connection's process, a moment.
    pub(super) fn open_row(&mut self) {
        match self.view {
            View::Containers => match self.tables.containers.marked().map(|row| row.key.clone()) {
                Some(group) => self.open_group(group),
                None => self.tell("nothing is known yet"),
            },
            View::Audit => match self.tables.audit.marked().map(|row| (row.process(), row.key.clone())) {
                Some((Some(process), _)) => self.visit(process),
                Some((None, group)) => self.open_group(group),
                None => self.tell("there are no containers"),
            },
            View::Network => match self.tables.flows.marked().map(|row| row.process) {
                Some(process) => {
                    self.visit(process);
                    self.tab = super::Tab::Network;
                }
                None => self.tell("nobody talks to anybody yet"),
            },
            _ => match self.tables.moments.marked().cloned() {
                Some(row) => {
                    self.stop_playing();
                    match row.at {
                        Some(number) => self.seek(Moment::Number(number), row.process),
                        None => self.seek(Moment::Time(row.time), row.process),
                    }
                }
                None => self.tell("nothing was found or written yet"),
            },
        }
    }

    /// To the branch of a container in the tree.
    fn open_group(&mut self, group: GroupKey) {
        self.drill(View::Tree);
        self.selected = Some(NodeKey::Group(group.clone()));
        self.stamp = None;
        self.reveal(&NodeKey::Group(group.clone()));
        self.refresh(true);
        self.set_fold(NodeKey::Group(group), true);
        self.show_from_top();
    }

    /// Orders the table by the next column.
    pub fn sort_on(&mut self) {
        let columns = match self.view {
            View::Containers => containers::COLUMNS,
            View::Network => flows::COLUMNS,
            View::Audit => audited::COLUMNS,
            _ => return self.hint("sorting is for the tables: [view-network] network, [view-containers] containers"),
        };
        let sort = match self.view {
            View::Containers => &mut self.tables.containers.sort,
            View::Audit => &mut self.tables.audit.sort,
            _ => &mut self.tables.flows.sort,
        };
        *sort = (*sort + 1) % columns.len();
        let by = columns[*sort];
        self.refresh_tables();
        self.tell(format!("by {by}"));
    }

    /// Turns the order of the table round.
    pub fn sort_reversed(&mut self) {
        match self.view {
            View::Containers => self.tables.containers.reversed ^= true,
            View::Network => self.tables.flows.reversed ^= true,
            View::Audit => self.tables.audit.reversed ^= true,
            _ => return self.hint("sorting is for the tables: [view-network] network, [view-containers] containers"),
        }
        self.refresh_tables();
        self.dirty = true;
    }

    /// The column that orders a table: the word at its head, and whether it is the other way round.
    pub fn sorted_by(&self) -> Option<(&'static str, bool)> {
        match self.view {
            View::Containers => {
                Some((containers::COLUMNS[self.tables.containers.sort], self.tables.containers.reversed))
            }
            View::Network => Some((flows::COLUMNS[self.tables.flows.sort], self.tables.flows.reversed)),
            View::Audit => Some((audited::COLUMNS[self.tables.audit.sort], self.tables.audit.reversed)),
            _ => None,
        }
    }
}
