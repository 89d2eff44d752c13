//! What the screen shows and what the user did to it: pure state, changed by messages, drawn by the view.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::baseline::{Acceptance, Baseline};
use crate::detect::{Chain, Detector, Entry, Exception, Severity};
use crate::model::{Limits, Model, Process, ProcessId, Time};
use crate::store::Moment;

mod accepting;
mod activity;
mod aid;
mod alarm;
mod border;
mod chord;
mod columns;
mod contain;
mod copying;
mod filtering;
mod finds;
mod folding;
mod fresh;
mod glance;
mod incidents;
mod jumps;
mod keys;
mod layout;
mod moving;
mod muting;
mod node;
mod notes;
mod palette;
mod panels;
mod picture;
mod pointer;
mod prompt;
mod rate;
mod search;
mod searching;
mod sieve;
mod stream;
mod tables;
mod tabs;
mod timeline;
mod travel;
mod tree;
mod typing;
mod update;
mod views;
mod walk;
pub mod when;

#[cfg(test)]
mod calm;
#[cfg(test)]
pub(crate) mod scene;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use travel::desk;

pub use accepting::Accepting;
pub use activity::Activity;
pub use aid::Aid;
pub use alarm::{Alarm, Alarms, Mark, Stage};
pub use chord::Chord;
pub use columns::HiddenColumns;
pub use contain::{Allowed, Containing, Order, Target, Verb, Whom};
pub use copying::Piece;
pub use filtering::Filtering;
pub use finds::Find;
pub use incidents::AlarmLine;
pub use layout::{Area, Columns, Layout, Needs, Pane, Wants};
pub use muting::Muting;
pub use node::{Fold, NodeKey, Row};
pub use notes::NotesKey;
pub use palette::{Aim, Goal, Palette};
pub use panels::Panel;
pub use picture::Picture;
pub use prompt::{Asks, Prompt};
pub use rate::Rate;
pub use search::Search;
pub use stream::{KEPT, Look, Stream, process_of};
pub use tables::{AuditRow, ContainerRow, End, FlowRow, MomentKind, MomentRow, Risk, Row as TableRow, Table, Tables};
pub use tabs::Tab;
pub use timeline::{Column, Timeline};
pub use travel::{Answer, Answered, Ask, Deck, Speed, Step, Travel};
pub use tree::Tree;
pub use update::{Effect, Export, Measure, Message};
pub use views::{View, program};

/// What is given at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long the dead stay in the tree, in nanoseconds.
    pub linger: u64,
    /// What the model keeps.
    pub limits: Limits,
    /// User names of the node, by id.
    pub users: HashMap<u32, String>,
    /// Seconds that local time is ahead of UTC.
    pub utc_offset: i32,
    /// Keys and what they do, for the help.
    pub help: Vec<HelpLine>,
    /// What is known to be innocent.
    pub exceptions: Vec<Exception>,
    /// What is normal, to compare with.
    pub baseline: Option<Arc<Baseline>>,
    /// Of a recording: what findings would be taken for if they were normal, by their numbers.
    pub acceptable: BTreeMap<u64, Acceptance>,
    /// Something to tell at once, such as a typo in a theme.
    pub notice: Option<String>,
    /// A recording is shown: there is no present.
    pub replay: bool,
    /// The moment to begin at, in a recording.
    pub begin: Moment,
    /// Whether to begin with the notes of the recording, one after the other.
    pub walkthrough: bool,
    /// Who writes notes.
    pub author: String,
    /// Names of the themes that can be had.
    pub themes: Vec<String>,
    /// What may be done to what runs; `None` for nothing.
    pub allowed: Option<Allowed>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            linger: 10_000_000_000,
            limits: Limits::default(),
            users: HashMap::new(),
            utc_offset: 0,
            help: Vec::new(),
            exceptions: Vec::new(),
            baseline: None,
            acceptable: BTreeMap::new(),
            notice: None,
            replay: false,
            begin: Moment::End,
            walkthrough: false,
            author: String::new(),
            themes: Vec::new(),
            allowed: None,
        }
    }
}

/// What finds what is wrong; of what is replayed, all that was found comes from the tape.
fn detector(settings: &Settings) -> Detector {
    let mut detector = Detector::new(settings.exceptions.clone());
    let baseline = settings.baseline.iter().filter(|_| !settings.replay);
    baseline.for_each(|baseline| detector.compare_with(Arc::clone(baseline)));
    detector
}

/// One line of the help: what is pressed and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpLine {
    /// The name of the action, as a config file calls it.
    pub name: &'static str,
    /// Names of the keys, as the user's keyboard calls them; empty where it has none.
    pub keys: String,
    /// What they do.
    pub does: &'static str,
    /// True when it begins a new block.
    pub block: bool,
}

/// Everything that the screen is made of.
#[derive(Debug)]
pub struct App {
    live: Picture,
    detector: Detector,
    /// Whom the source is to look at closely, until it is asked to.
    attention: Vec<ProcessId>,
    /// What the last batch brought to light, by the place of the event in it.
    log: Vec<(usize, Entry)>,
    /// Findings that were made, without those that are muted.
    found: u64,
    /// The cursor, while it is not at now.
    travel: Option<Box<Travel>>,
    deck: Deck,
    settings: Settings,
    stamp: Option<fresh::Stamp>,
    folds: HashMap<NodeKey, bool>,
    /// Grows with everything but the model that the lines of the tree depend on.
    folds_version: u64,
    /// When the lines of the tree were made last.
    tree_made: Time,
    /// What was found is not shown yet.
    news: bool,
    dirty: bool,
    /// What the last frame measured.
    measure: Measure,
    /// The lines of the tree, as of the last [`App::prepare`].
    pub tree: Tree,
    /// First line of the tree on screen.
    pub top: usize,
    /// The line that is selected.
    pub selected: Option<NodeKey>,
    /// While nobody touched anything: how bad what was selected by itself is.
    glance: Option<Option<Severity>>,
    /// True while the selection goes to each new process.
    pub following: bool,
    /// The search.
    pub search: Search,
    /// The filter.
    pub filter: Filtering,
    /// What helps to type them.
    pub aid: Aid,
    /// The line that is being typed: a moment, a note, a file.
    pub prompt: Option<Prompt>,
    /// The line of the list of notes that is marked, while the list is open.
    pub notes_cursor: Option<usize>,
    /// Which note is told, during a walkthrough.
    walk: Option<usize>,
    /// The exception that is being typed.
    pub muting: Option<Muting>,
    /// What is about to be accepted into the baseline.
    pub accepting: Option<Accepting>,
    /// What is asked before something is done to what runs.
    pub containing: Option<Containing>,
    /// What the page shows.
    pub view: View,
    /// The way here.
    trail: Vec<views::Stop>,
    /// The tables of the views that are no trees.
    pub tables: Tables,
    /// Columns that the user does not want.
    pub hidden: HiddenColumns,
    /// What the detail tells.
    pub tab: Tab,
    /// Keys that were begun.
    pub chord: Option<Chord>,
    /// The palette, while it is open.
    pub palette: Option<Palette>,
    /// The panel that the keys go to.
    pub focus: Panel,
    /// What the user asked to see.
    pub wants: Wants,
    /// First line of the detail on screen.
    pub detail_top: usize,
    /// Where the user looks in the stream.
    pub look: Look,
    /// The events that the user scrolled back in, while the rest goes on.
    held: Option<Stream>,
    /// Where the lines of the tree were when it was drawn last, and how many the incidents above it had.
    tree_area: Option<(Area, u16)>,
    /// When the rows of the table were made last.
    table_made: Option<Time>,
    /// The line of the incidents that is marked.
    pub alarm_cursor: usize,
    /// First line of the help on screen, while it is open.
    pub help: Option<usize>,
    /// An answer to what the user just did, and when it goes away.
    pub notice: Option<(String, Time)>,
    /// True while what happens cannot be written down.
    pub unrecorded: bool,
    /// Events per second.
    pub rate: Rate,
    /// True when no more events will come.
    pub ended: bool,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
}

impl App {
    /// A screen of `width` × `height` cells that knows nothing yet.
    pub fn new(settings: Settings, width: u16, height: u16) -> App {
        // Of what is replayed, all that was found comes from the tape.
        let muted = if settings.replay { settings.exceptions.clone() } else { Vec::new() };
        let mut app = App {
            live: Picture::new(Model::new(settings.limits)),
            detector: detector(&settings),
            attention: Vec::new(),
            log: Vec::new(),
            found: 0,
            travel: None,
            unrecorded: false,
            deck: Deck::muting(muted),
            stamp: None,
            folds: HashMap::new(),
            folds_version: 0,
            tree_made: Time(0),
            news: false,
            dirty: true,
            measure: Measure::default(),
            tree: Tree::default(),
            top: 0,
            selected: None,
            glance: Some(None),
            following: false,
            search: Search::default(),
            filter: Filtering::default(),
            aid: Aid::default(),
            prompt: None,
            notes_cursor: None,
            walk: None,
            muting: None,
            accepting: None,
            containing: None,
            view: View::default(),
            trail: Vec::new(),
            tables: Tables::default(),
            hidden: HiddenColumns::default(),
            tab: Tab::default(),
            chord: None,
            palette: None,
            focus: Panel::Tree,
            wants: Wants::default(),
            detail_top: 0,
            look: Look::default(),
            held: None,
            tree_area: None,
            table_made: None,
            alarm_cursor: 0,
            help: None,
            notice: None,
            rate: Rate::default(),
            ended: false,
            size: (width, height),
            settings,
        };
        if let Some(notice) = app.settings.notice.take() {
            // The clock is not known yet; it stays until something else is said.
            app.notice = Some((notice, Time(u64::MAX)));
        }
        if app.settings.replay {
            app.seek(app.settings.begin, None);
        }
        app
    }

    /// What is shown: the present, or the moment where the cursor is.
    pub fn picture(&self) -> &Picture {
        self.travel.as_ref().map_or(&self.live, |travel| &travel.picture)
    }

    /// The model that events go into, whatever is shown.
    pub fn live_model(&self) -> &Model {
        &self.live.model
    }

    /// The model that is shown.
    pub fn model(&self) -> &Model {
        &self.picture().model
    }

    /// The moment that is shown: what ages are counted to.
    pub fn now(&self) -> Time {
        self.picture().now
    }

    /// The events that are shown: the last of those that fulfil the filter.
    pub fn events(&self) -> &Stream {
        self.held.as_ref().unwrap_or_else(|| self.picture().shown())
    }

    /// Which parts of which chains a process shows, and which are missing.
    pub fn chains(&self, process: &Process) -> Vec<Chain> {
        self.detector().explain(process, self.model())
    }

    /// What was given at the start.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where everything is.
    pub fn layout(&self) -> Layout {
        let alarms = self.alarms().list.iter().map(|alarm| 1 + alarm.stages.len()).sum::<usize>();
        let needs = Needs {
            incidents: u16::try_from(self.alarms().list.len()).unwrap_or(u16::MAX),
            alarms: u16::try_from(alarms).unwrap_or(u16::MAX),
            caption: self.caption_lines(self.size.0.saturating_sub(4).into()).map(|lines| lines.len() as u16),
            timeline: self.travelling() && !self.only_stopped(),
            filter: self.filter.active() || self.filter.typing,
        };
        Layout::new(self.size.0, self.size.1, self.view, self.wants, needs)
    }

    /// True when a frame would look different from the last one.
    pub fn needs_draw(&self) -> bool {
        self.dirty || self.playing()
    }

    /// Says something to the user for a few seconds.
    pub fn tell(&mut self, text: impl Into<String>) {
        const STAY: u64 = 4_000_000_000;
        self.notice = Some((text.into(), Time(self.live.now.0.saturating_add(STAY))));
        self.dirty = true;
    }
}
