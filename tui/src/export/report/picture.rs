//! Where everything of the picture of a chain stands: pure geometry, in pixels.
//!
//! Every process has a row of its own, makers above those whom they made; every container and the host is a box in a
//! column. So a line to a process, along its row, and a line down from its maker, left of all that it made, meet no
//! other process: nothing overlaps, however many there are.

use std::collections::{BTreeMap, BTreeSet};

use super::cards::{self, chosen, contacts_of, head_of, height, home, lines_of, stages_of};
use super::dossier::{Actor, Dossier, EdgeKind};
use super::key::Key;
use super::words::Clock;
use crate::detect::Severity;
use crate::escape::Shown;

/// Ends of the lines of relations that are drawn.
const RELATIONS: usize = 60;

/// Width of a process.
pub(super) const BOX: i32 = 248;
/// Width of an address.
pub(super) const CONTACT: i32 = 204;
/// Width of the stages.
pub(super) const RAIL: i32 = 236;
/// What stands around the whole, and between columns.
const MARGIN: i32 = 12;
/// What stands within a place, around its processes.
const PAD: i32 = 12;
/// Height of the head of a place.
const HEAD: i32 = 50;
/// Between two rows.
const GAP: i32 = 16;
/// Between columns.
const STREET: i32 = 26;
/// Height of a line of text.
pub(super) const LINE: i32 = 15;
/// From the left edge of a process to the line that goes down from it.
const STEM: i32 = 9;

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) w: i32,
    pub(super) h: i32,
}

/// A line of text in something: what it is for, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) style: Style,
    pub(super) text: Shown,
}

/// How text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// 13 pixels, bold.
    Name,
    /// 11 pixels.
    Plain,
    /// 11 pixels, faint.
    Faint,
}

/// Something with text in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) rect: Rect,
    pub(super) sort: Sort,
    pub(super) lines: Vec<Line>,
}

/// What a card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// The border of a container.
    Container,
    /// The border of the host.
    Host,
    /// A process, and the worst that was found of it.
    Process(Option<Severity>),
    /// An address.
    Contact,
    /// A stage, and how bad it is.
    Stage(Severity),
}

/// A line between two cards, by its corners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wire {
    pub(super) corners: Vec<(i32, i32)>,
    pub(super) sort: WireSort,
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WireSort {
    /// One made the other.
    Born,
    /// One made the other outside of its own container.
    Crossed,
    /// They have to do with each other.
    Relation,
    /// A connection.
    Connection,
    /// From a stage to its process.
    Stage,
}

/// The picture of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) width: i32,
    pub(super) height: i32,
    /// Borders first, then what stands on them.
    pub(super) borders: Vec<Card>,
    pub(super) cards: Vec<Card>,
    pub(super) wires: Vec<Wire>,
    /// Processes that are not in it.
    pub(super) left_out: usize,
}

/// Lays out the chain of a dossier.
pub(super) fn picture(dossier: &Dossier, clock: Clock) -> Picture {
    let mut draft = Draft::new(dossier, clock);
    draft.nest();
    draft.settle_columns();
    draft.draw()
}

/// A row: a process, and what stands beside it.
struct Row<'a> {
    process: &'a Actor,
    /// The border that it stands in.
    lane: usize,
    /// How far it is moved to the right, in steps.
    indent: i32,
    /// The row of its maker.
    parent: Option<usize>,
    lines: Vec<Line>,
    stages: Vec<(Severity, Vec<Line>)>,
    contacts: Vec<(Key, Vec<Line>)>,
    rect: Rect,
}

/// A border: the host with its services, or a container.
struct Lane {
    lines: Vec<Line>,
    sort: Sort,
    column: usize,
    /// Its first and last row.
    rows: (usize, usize),
    /// The last row that a line from one of its processes goes down to.
    until: usize,
    indent: i32,
}

impl Lane {
    fn new(dossier: &Dossier, place: Key, row: usize) -> Lane {
        let inside = cards::inside(dossier, place);
        let sort = if inside { Sort::Container } else { Sort::Host };
        Lane { lines: head_of(dossier, place), sort, column: 0, rows: (row, row), until: row, indent: 0 }
    }
}

struct Draft<'a> {
    dossier: &'a Dossier,
    rows: Vec<Row<'a>>,
    lanes: Vec<Lane>,
    /// Left edge and step of each column.
    columns: Vec<(i32, i32)>,
    worst: BTreeMap<Key, Severity>,
    left_out: usize,
}

impl<'a> Draft<'a> {
    fn new(dossier: &'a Dossier, clock: Clock) -> Draft<'a> {
        let chosen = chosen(dossier);
        let mut draft = Draft {
            dossier,
            rows: Vec::new(),
            lanes: Vec::new(),
            columns: Vec::new(),
            worst: BTreeMap::new(),
            left_out: dossier.processes.len() - chosen.len(),
        };
        for (_, finding) in dossier.findings() {
            if let Some(key) = finding.process {
                let worst = draft.worst.entry(key).or_insert(finding.severity);
                *worst = finding.severity.max(*worst);
            }
        }
        let mut lanes: BTreeMap<Key, usize> = BTreeMap::new();
        let mut shown_contacts = BTreeSet::new();
        for process in dossier.processes.iter().filter(|process| chosen.contains(&process.key)) {
            let row = draft.rows.len();
            let place = home(dossier, process.place);
            let lane = *lanes.entry(place).or_insert_with(|| {
                draft.lanes.push(Lane::new(dossier, place, row));
                draft.lanes.len() - 1
            });
            draft.lanes[lane].rows.1 = row;
            let parent = draft.rows.iter().position(|other| Some(other.process.key) == process.parent);
            draft.rows.push(Row {
                process,
                lane,
                indent: 0,
                parent,
                lines: lines_of(dossier, process),
                stages: stages_of(dossier, process.key, clock),
                contacts: contacts_of(dossier, process.key, &mut shown_contacts),
                rect: Rect::default(),
            });
        }
        draft
    }

    /// How far each is moved to the right: past the line of the nearest of its makers in the same border, where that
    /// goes further down than to it.
    fn nest(&mut self) {
        let mut children = vec![0; self.rows.len()];
        for parent in self.rows.iter().filter_map(|row| row.parent) {
            children[parent] += 1;
        }
        for at in 0..self.rows.len() {
            let lane = self.rows[at].lane;
            let mut up = self.rows[at].parent;
            if let Some(parent) = up {
                let lane = self.rows[parent].lane;
                self.lanes[lane].until = self.lanes[lane].until.max(at);
            }
            while let Some(next) = up.filter(|&up| self.rows[up].lane != lane) {
                up = self.rows[next].parent;
            }
            let indent = up.map_or(0, |up| self.rows[up].indent + i32::from(children[up] > 1));
            self.rows[at].indent = indent;
            let lane = &mut self.lanes[lane];
            lane.until = lane.until.max(at);
            lane.indent = lane.indent.max(indent);
        }
    }

    /// Borders that are not beside each other share a column.
    fn settle_columns(&mut self) {
        let mut taken: Vec<Vec<(usize, usize)>> = Vec::new();
        for lane in &mut self.lanes {
            let free = |column: &Vec<(usize, usize)>| column.iter().all(|it| it.1 < lane.rows.0 || it.0 > lane.until);
            let column = taken.iter().position(free).unwrap_or(taken.len());
            if column == taken.len() {
                taken.push(Vec::new());
            }
            taken[column].push((lane.rows.0, lane.until));
            lane.column = column;
        }
        let mut x = MARGIN + RAIL + STREET;
        for column in 0..taken.len() {
            let deepest = self.lanes.iter().filter(|it| it.column == column).map(|it| it.indent).max().unwrap_or(0);
            // What is nested deep is moved less, but always past the line.
            let step = (180 / deepest.max(1)).clamp(2 * STEM, 24);
            self.columns.push((x, step));
            x += 2 * PAD + BOX + deepest * step + STREET;
        }
    }

    fn draw(mut self) -> Picture {
        let mut picture = Picture { left_out: self.left_out, ..Picture::default() };
        let last = self.lanes.iter().map(|lane| self.right_of(lane)).max().unwrap_or(MARGIN + RAIL + STREET);
        let related: Vec<(usize, usize)> = self.relations().into_iter().take(RELATIONS).collect();
        let tracks = i32::try_from(related.len().min(8)).unwrap_or(8);
        let street = last + 10 + tracks * 7;
        let beside = street + STREET;
        let mut y = MARGIN;
        let mut ends: BTreeMap<Key, Rect> = BTreeMap::new();
        for at in 0..self.rows.len() {
            if self.lanes.iter().any(|lane| lane.rows.0 == at) {
                y += HEAD;
            }
            y = self.row(at, y, beside, &mut picture, &mut ends) + GAP;
        }
        for lane in &self.lanes {
            picture.borders.push(self.border(lane));
        }
        for (track, (from, to)) in related.into_iter().enumerate() {
            let x = last + 10 + i32::try_from(track % 8).unwrap_or(0) * 7;
            let (from, to) = (self.rows[from].rect, self.rows[to].rect);
            let (a, b) = (from.y + from.h - 6, to.y + to.h - 10);
            let corners = vec![(from.x + from.w, a), (x, a), (x, b), (to.x + to.w, b)];
            picture.wires.push(Wire { corners, sort: WireSort::Relation });
        }
        self.connect(street, &ends, &mut picture);
        picture.width = if ends.is_empty() { last } else { beside + CONTACT } + MARGIN;
        picture.height = y - GAP + PAD + MARGIN;
        picture
    }

    /// Draws a row whose top is at `y`; gives its bottom.
    fn row(&mut self, at: usize, y: i32, beside: i32, picture: &mut Picture, ends: &mut BTreeMap<Key, Rect>) -> i32 {
        let (left, step) = self.columns[self.lanes[self.rows[at].lane].column];
        let row = &mut self.rows[at];
        row.rect = Rect { x: left + PAD + row.indent * step, y, w: BOX, h: height(&row.lines) };
        let sort = Sort::Process(self.worst.get(&row.process.key).copied());
        picture.cards.push(Card { rect: row.rect, sort, lines: row.lines.clone() });
        let mut bottom = y + row.rect.h;
        let mut top = y;
        for (severity, lines) in &row.stages {
            let rect = Rect { x: MARGIN, y: top, w: RAIL, h: height(lines) };
            picture.cards.push(Card { rect, sort: Sort::Stage(*severity), lines: lines.clone() });
            top += rect.h + 6;
            bottom = bottom.max(rect.y + rect.h);
        }
        if !row.stages.is_empty() {
            let corners = vec![(MARGIN + RAIL, y + 9), (row.rect.x, y + 9)];
            picture.wires.push(Wire { corners, sort: WireSort::Stage });
        }
        top = y;
        for (key, lines) in &row.contacts {
            let rect = Rect { x: beside, y: top, w: CONTACT, h: height(lines) };
            picture.cards.push(Card { rect, sort: Sort::Contact, lines: lines.clone() });
            ends.insert(*key, rect);
            top += rect.h + 6;
            bottom = bottom.max(rect.y + rect.h);
        }
        if let Some(parent) = self.rows[at].parent {
            picture.wires.push(self.birth(parent, at));
        }
        bottom
    }

    /// The line from a maker down to the row of the one that it made, and along that row.
    fn birth(&self, parent: usize, child: usize) -> Wire {
        // Into a container from the host is how every container begins.
        let (out, into) = (self.rows[parent].lane, self.rows[child].lane);
        let crossed = out != into && self.lanes[out].sort == Sort::Container;
        let (from, to) = (self.rows[parent].rect, self.rows[child].rect);
        let (x, y) = (from.x + STEM, to.y + to.h / 2);
        let corners = if from.x == to.x {
            vec![(x, from.y + from.h), (x, to.y)]
        } else if to.x > x {
            vec![(x, from.y + from.h), (x, y), (to.x, y)]
        } else {
            vec![(x, from.y + from.h), (x, y), (to.x + to.w, y)]
        };
        Wire { corners, sort: if crossed { WireSort::Crossed } else { WireSort::Born } }
    }

    fn right_of(&self, lane: &Lane) -> i32 {
        let (left, step) = self.columns[lane.column];
        left + 2 * PAD + BOX + lane.indent * step
    }

    fn border(&self, lane: &Lane) -> Card {
        let (first, last) = (&self.rows[lane.rows.0], &self.rows[lane.rows.1]);
        let (left, _) = self.columns[lane.column];
        let (top, bottom) = (first.rect.y - HEAD + 6, last.rect.y + last.rect.h + 8);
        let rect = Rect { x: left, y: top, w: self.right_of(lane) - left, h: bottom - top };
        Card { rect, sort: lane.sort, lines: lane.lines.clone() }
    }

    /// The rows that have something to do with each other beside birth.
    fn relations(&self) -> BTreeSet<(usize, usize)> {
        let row = |key| self.rows.iter().position(|row| row.process.key == key);
        let related = self.dossier.edges.iter().filter(|edge| edge.kind == EdgeKind::Relation);
        related.filter_map(|edge| Some((row(edge.from)?, row(edge.to)?))).collect()
    }

    /// The lines to and from addresses, through the street before them.
    fn connect(&self, street: i32, ends: &BTreeMap<Key, Rect>, picture: &mut Picture) {
        for edge in self.dossier.edges.iter().filter(|edge| edge.kind == EdgeKind::Connection) {
            let inbound = matches!(edge.from, Key::Endpoint(_));
            let (process, contact) = if inbound { (edge.to, edge.from) } else { (edge.from, edge.to) };
            let row = self.rows.iter().find(|row| row.process.key == process);
            let (Some(row), Some(contact)) = (row, ends.get(&contact)) else { continue };
            let (a, b) = (row.rect.y + 12, contact.y + 12);
            let mut corners = vec![(row.rect.x + row.rect.w, a), (street + 12, a), (street + 12, b), (contact.x, b)];
            corners.dedup();
            if inbound {
                corners.reverse();
            }
            picture.wires.push(Wire { corners, sort: WireSort::Connection });
        }
    }
}
