//! Which panel is where, for any size of terminal.

use super::node::{NodeKey, Row};
use super::views::View;

/// A rectangle of cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Leftmost column.
    pub x: u16,
    /// Topmost row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    fn new(x: u16, y: u16, width: u16, height: u16) -> Area {
        Area { x, y, width, height }
    }

    /// True when the cell is inside.
    pub fn holds(&self, x: u16, y: u16) -> bool {
        x >= self.x && y >= self.y && x - self.x < self.width && y - self.y < self.height
    }
}

/// A panel: one line of title, and what is under it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pane {
    /// The title line.
    pub title: Area,
    /// The rest.
    pub body: Area,
}

impl Pane {
    fn new(area: Area) -> Pane {
        let title = Area { height: area.height.min(1), ..area };
        let body = Area { y: area.y + title.height, height: area.height - title.height, ..area };
        Pane { title, body }
    }

    /// True when the cell is inside.
    pub fn holds(&self, x: u16, y: u16) -> bool {
        self.title.holds(x, y) || self.body.holds(x, y)
    }
}

/// What the user asked to see; `None` leaves it to the size of the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// The detail panel.
    pub detail: Option<bool>,
    /// The event stream.
    pub events: Option<bool>,
    /// The incidents; unasked they are shown when there are any.
    pub incidents: Option<bool>,
    /// The time line; unasked it is shown while the cursor is in the past.
    pub timeline: Option<bool>,
}

/// What there is to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Incidents.
    pub incidents: u16,
    /// Lines of incidents and their stages.
    pub alarms: u16,
    /// Lines of the caption, while there is one.
    pub caption: Option<u16>,
    /// Whether the time line is of use.
    pub timeline: bool,
    /// Whether there is a filter, or one is typed.
    pub filter: bool,
}

/// Where everything is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The first line: the node and its sums.
    pub header: Option<Area>,
    /// The line of the views, and of the way here.
    pub views: Option<Area>,
    /// The line that names the filter.
    pub filter: Option<Area>,
    /// The tree; `None` while the detail has the whole page, and in other views.
    pub tree: Option<Pane>,
    /// The table of the view: containers, who talks to whom, moments.
    pub table: Option<Pane>,
    /// The chain of the marked incident.
    pub chain: Option<Pane>,
    /// The column between tree or table and detail, when they stand side by side.
    pub divider: Option<Area>,
    /// The detail.
    pub detail: Option<Pane>,
    /// The incidents.
    pub incidents: Option<Pane>,
    /// The event stream.
    pub events: Option<Pane>,
    /// The time line.
    pub timeline: Option<Pane>,
    /// The caption of a walkthrough. It stands beside the rest, so that it hides nothing.
    pub caption: Option<Pane>,
    /// The last line: rates, losses, runtimes, keys.
    pub status: Area,
}

/// From this width on, the detail stands beside the tree without being asked for.
const WIDE: u16 = 140;
/// From this height on, the detail fits under the tree.
const TALL: u16 = 36;

impl Layout {
    /// Lays out a terminal of `width` × `height` cells. Where there is little room, panels fold away in this order: the
    /// time line, the events, the detail beside, the line of the views, the incidents, the filter, the header; the tree
    /// or table and the status line stay.
    pub fn new(width: u16, height: u16, view: View, wants: Wants, needs: Needs) -> Layout {
        let status = Area::new(0, height.saturating_sub(1), width, height.min(1));
        let mut rest = Area::new(0, 0, width, height.saturating_sub(1));
        let mut line = |shown: bool| shown.then(|| above(&mut rest, 1));
        let header = line(height >= 6);
        let views = line(height >= 12);
        let filter = line(needs.filter && height >= 8);
        let caption = caption_height(rest.height, needs.caption).map(|lines| Pane::new(above(&mut rest, lines)));
        let mut layout = Layout { header, views, filter, caption, status, ..Layout::default() };
        let setting = |rest: Area| Setting { height, rest: rest.height, wants, needs };
        match view {
            View::Tree => {
                layout.timeline = timeline_height(setting(rest)).map(|lines| below(&mut rest, lines));
                layout.events = events_height(setting(rest)).map(|lines| below(&mut rest, lines));
                layout.incidents = incidents_height(setting(rest)).map(|lines| Pane::new(above(&mut rest, lines)));
            }
            View::Time => {
                let lines = (rest.height / 3).clamp(3, 12).min(rest.height);
                layout.timeline = Some(Pane::new(above(&mut rest, lines)));
            }
            View::Incidents => {
                let lines = (needs.incidents.max(1) + 1).min(rest.height / 3).max(2).min(rest.height);
                layout.timeline = timeline_height(setting(rest)).map(|lines| below(&mut rest, lines));
                layout.incidents = Some(Pane::new(above(&mut rest, lines)));
            }
            View::Network | View::Containers | View::Events | View::Audit => {
                layout.timeline = timeline_height(setting(rest)).map(|lines| below(&mut rest, lines));
            }
        }
        match view {
            View::Incidents => layout.chain = Some(Pane::new(rest)),
            View::Events => layout.events = Some(Pane::new(rest)),
            View::Time => layout.table = Some(Pane::new(rest)),
            View::Tree | View::Network | View::Containers | View::Audit => {
                layout.split(rest, view, width, height, wants)
            }
        }
        layout
    }

    /// The tree or table, and the detail beside, below or instead of it.
    fn split(&mut self, rest: Area, view: View, width: u16, height: u16, wants: Wants) {
        let mut main = Some(rest);
        if !wants.detail.unwrap_or(width >= WIDE) {
        } else if width >= WIDE {
            let detail = (width * 2 / 5).min(88);
            let left = width - detail - 1;
            main = Some(Area { width: left, ..rest });
            self.divider = Some(Area { x: left, width: 1, ..rest });
            self.detail = Some(Pane::new(Area { x: left + 1, width: detail, ..rest }));
        } else if height >= TALL {
            let upper = rest.height / 2;
            main = Some(Area { height: upper, ..rest });
            self.detail = Some(Pane::new(Area { y: rest.y + upper, height: rest.height - upper, ..rest }));
        } else {
            main = None;
            self.detail = Some(Pane::new(rest));
        }
        let main = main.map(Pane::new);
        if view == View::Tree { self.tree = main } else { self.table = main }
    }

    /// The detail has the page to itself: what it hides comes back when it is closed.
    pub fn detail_alone(&self) -> bool {
        self.detail.is_some() && self.tree.is_none() && self.table.is_none()
    }
}

/// Takes lines from the top of what is left.
fn above(rest: &mut Area, lines: u16) -> Area {
    let lines = lines.min(rest.height);
    let taken = Area { height: lines, ..*rest };
    *rest = Area { y: rest.y + lines, height: rest.height - lines, ..*rest };
    taken
}

/// Takes lines from its bottom.
fn below(rest: &mut Area, lines: u16) -> Pane {
    let lines = lines.min(rest.height);
    rest.height -= lines;
    Pane::new(Area { y: rest.y + rest.height, height: lines, ..*rest })
}

/// What the height of a panel follows from.
#[derive(Clone, Copy)]
struct Setting {
    /// Rows of the terminal.
    height: u16,
    /// Rows that are left.
    rest: u16,
    wants: Wants,
    needs: Needs,
}

fn events_height(Setting { height, rest, wants, needs }: Setting) -> Option<u16> {
    let lines = match height {
        0..20 => 4,
        20..30 => 5,
        30..44 => 8,
        _ => 12,
    };
    let room = if wants.events == Some(true) { rest >= 4 } else { height >= 16 };
    // Where there is little room, it is for the tree of whoever is told a story or looks back, and for the detail.
    let busy = needs.caption.is_some() || wants.timeline.unwrap_or(needs.timeline) || wants.detail == Some(true);
    let wanted = wants.events.unwrap_or(!busy || height >= 30);
    (wanted && room).then(|| lines.min(rest / 2))
}

/// As many lines as there are to show and a title, but never more than two fifths of what is left.
fn incidents_height(Setting { rest, wants, needs, .. }: Setting) -> Option<u16> {
    let shown = wants.incidents.unwrap_or(needs.alarms > 0) && rest >= 8;
    shown.then(|| (needs.alarms.max(1) + 1).min(rest * 2 / 5))
}

/// A title, what happened, what was found; with more room, what happened on two lines, and the times below.
fn timeline_height(Setting { height, rest, wants, needs }: Setting) -> Option<u16> {
    let shown = wants.timeline.unwrap_or(needs.timeline && height >= 20) && rest >= 8;
    shown.then_some(if height >= 30 { 5 } else { 3 })
}

/// A title and the text, but never more than half of what is left.
fn caption_height(rest: u16, caption: Option<u16>) -> Option<u16> {
    caption.filter(|_| rest >= 6).map(|lines| (lines.max(1) + 1).min(rest / 2))
}

/// The columns of the tree: first cell and width of each; a width of 0 means that there is no room for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Process id.
    pub pid: (u16, u16),
    /// User.
    pub user: (u16, u16),
    /// Age, or run time of the dead.
    pub age: (u16, u16),
    /// Tree lines and command.
    pub command: (u16, u16),
    /// Connections, or how it ended.
    pub end: (u16, u16),
}

impl Columns {
    /// Columns for a tree of `width` cells, without those that are hidden, by the words at their heads.
    pub fn new(width: u16, hidden: impl Fn(&str) -> bool) -> Columns {
        let end = match width {
            _ if hidden("CONNECTIONS / END") => 0,
            0..50 => 0,
            50..72 => 12,
            72..100 => 20,
            _ => 28,
        };
        // The mark of an incident and the rail of the border stand before it all.
        let mut at = 2;
        let mut take = |name: &str, from: u16, cells: u16, gap: u16| {
            let cells = if width >= from && !hidden(name) { cells } else { 0 };
            let place = (at, cells);
            at += if cells > 0 { cells + gap } else { 0 };
            place
        };
        let (pid, user, age) = (take("PID", 18, 7, 1), take("USER", 44, 8, 1), take("AGE", 30, 5, 2));
        let gap = u16::from(end > 0) * 2;
        let command = (at, width.saturating_sub(at + end + gap));
        Columns { pid, user, age, command, end: (width.saturating_sub(end + u16::from(end > 0)), end) }
    }

    /// How many levels of tree lines are drawn; deeper ones are cut on the left.
    pub fn levels(&self) -> u16 {
        (self.command.1 / 4).min(60)
    }

    /// The cell of a row's fold mark, from the left edge of the tree.
    pub fn fold_mark(&self, row: &Row) -> u16 {
        match row.key {
            NodeKey::Group(_) => 2 + row.depth * 2,
            NodeKey::Process(_) => self.command.0 + 2 * row.depth.min(self.levels()),
        }
    }
}
