//! The palette: everything that can be done or gone to, found by a few letters of it.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{App, NodeKey, View};
use crate::model::{GroupKey, ProcessId};

/// Longest text that is typed, in bytes.
const LONGEST: usize = 200;
/// Bytes of a command line that are searched.
const SEARCHED: usize = 400;

/// What an item of the palette leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Does an action, by its name.
    Action(&'static str),
    /// Shows or hides a column.
    Column(&'static str),
    /// Shows with a theme.
    Theme(String),
    /// Goes to a process.
    Process(ProcessId),
    /// Goes to a container, service or the host.
    Group(GroupKey),
    /// Goes to an incident.
    Incident(u64),
}

/// An item of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// What it leads to.
    pub aim: Aim,
    /// What sort it is of: `do`, `process`, …
    pub sort: &'static str,
    /// What it says.
    pub text: String,
    /// The keys that do the same, or where it is.
    pub note: String,
}

impl Goal {
    pub(super) fn process(id: ProcessId, text: String, note: &str) -> Goal {
        Goal { aim: Aim::Process(id), sort: "process", text, note: note.to_owned() }
    }
}

/// The palette, while it is open.
#[derive(Clone, Debug)]
pub struct Palette {
    /// What it is called.
    pub title: &'static str,
    /// What was typed.
    pub query: String,
    /// The items, by their places in what there is: the best first.
    found: Vec<u32>,
    goals: Vec<Goal>,
    /// The item that is marked.
    pub cursor: usize,
}

impl Palette {
    fn new(title: &'static str, goals: Vec<Goal>) -> Palette {
        let found = (0..goals.len() as u32).collect();
        Palette { title, query: String::new(), found, goals, cursor: 0 }
    }

    /// The items that were found, the best first.
    pub fn found(&self) -> impl ExactSizeIterator<Item = &Goal> {
        self.found.iter().map(|at| &self.goals[*at as usize])
    }

    /// The item that is marked.
    pub fn marked(&self) -> Option<&Goal> {
        self.found.get(self.cursor).map(|at| &self.goals[*at as usize])
    }

    /// How many items there are.
    pub fn count(&self) -> usize {
        self.goals.len()
    }

    fn look(&mut self) {
        self.cursor = 0;
        if self.query.trim().is_empty() {
            self.found = (0..self.goals.len() as u32).collect();
            return;
        }
        let pattern = Pattern::parse(&self.query, CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut letters = Vec::new();
        let mut scored: Vec<(u32, u32)> = Vec::new();
        for (at, goal) in self.goals.iter().enumerate() {
            let text = format!("{} {}", goal.text, goal.note);
            if let Some(score) = pattern.score(Utf32Str::new(&text, &mut letters), &mut matcher) {
                scored.push((score, at as u32));
            }
        }
        // The same score: what can be done first, in the order of the help.
        scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        self.found = scored.into_iter().map(|(_, at)| at).collect();
    }
}

impl App {
    /// Opens the palette on everything.
    pub fn start_palette(&mut self) {
        let goals = self.everything();
        self.offer("Everything", goals);
    }

    /// Opens the palette on the themes.
    pub fn start_themes(&mut self) {
        let goals = self.themes();
        self.offer("Themes", goals);
    }

    /// Opens the palette on a few things.
    pub(super) fn offer(&mut self, title: &'static str, goals: Vec<Goal>) {
        self.palette = Some(Palette::new(title, goals));
        self.notice = None;
        self.dirty = true;
    }

    fn everything(&self) -> Vec<Goal> {
        let action = |line: &super::HelpLine| Goal {
            aim: Aim::Action(line.name),
            sort: "do",
            text: line.does.to_owned(),
            note: self.off(line.name).map_or_else(|| line.keys.clone(), str::to_owned),
        };
        let mut goals: Vec<Goal> = self.settings.help.iter().map(action).collect();
        goals.extend(self.alarms().list.iter().map(|alarm| Goal {
            aim: Aim::Incident(alarm.id),
            sort: "incident",
            text: format!("{} {}", alarm.severity.name(), alarm.title),
            note: format!("i{}", alarm.id),
        }));
        goals.extend(self.model().groups().map(|group| {
            let told = group.container.as_ref().map(|container| &container.news);
            let image = told.and_then(|news| news.image.clone()).unwrap_or_default();
            let sort = match group.key {
                GroupKey::Host => "host",
                GroupKey::Service(_) => "service",
                GroupKey::Container(_) => "container",
            };
            let id = match &group.key {
                GroupKey::Container(id) => id.chars().take(12).collect(),
                GroupKey::Host | GroupKey::Service(_) => String::new(),
            };
            let text = format!("{} {image}", self.name_of_group(&group.key));
            Goal { aim: Aim::Group(group.key.clone()), sort, text, note: id }
        }));
        goals.extend(self.themes());
        let mut processes: Vec<_> = self.model().processes().filter(|process| process.id.pid != 0).collect();
        processes.sort_by_key(|process| (!process.alive(), process.id));
        goals.extend(processes.into_iter().map(|process| {
            let mut text = process.id.pid.to_string();
            for arg in process.image().iter().flat_map(|image| image.argv.args.iter()) {
                text.push(' ');
                text.push_str(&arg.lossless());
                if text.len() > SEARCHED {
                    break;
                }
            }
            Goal::process(process.id, text, &self.name_of_group(&process.group))
        }));
        goals
    }

    fn themes(&self) -> Vec<Goal> {
        let theme = |name: &String| Goal {
            aim: Aim::Theme(name.clone()),
            sort: "theme",
            text: format!("theme {name}"),
            note: String::new(),
        };
        self.settings.themes.iter().map(theme).collect()
    }

    /// Adds what was typed or pasted, or takes the last character back.
    pub fn type_palette(&mut self, text: Option<&str>) {
        let Some(palette) = &mut self.palette else { return };
        match text {
            Some(text) if palette.query.len() + text.len() <= LONGEST => {
                palette.query.extend(text.chars().filter(|c| !c.is_control()));
            }
            Some(_) => {}
            None if palette.query.pop().is_none() => return self.close_palette(),
            None => {}
        }
        palette.look();
        self.dirty = true;
    }

    /// Takes back everything that was typed.
    pub fn clear_palette(&mut self) {
        if let Some(palette) = &mut self.palette {
            palette.query.clear();
            palette.look();
            self.dirty = true;
        }
    }

    /// Moves the mark.
    pub fn step_palette(&mut self, by: i64) {
        if let Some(palette) = &mut self.palette {
            let last = palette.found.len().saturating_sub(1);
            palette.cursor = super::moving::add(palette.cursor, by).min(last);
            self.dirty = true;
        }
    }

    /// Closes it.
    pub fn close_palette(&mut self) {
        self.palette = None;
        self.dirty = true;
    }

    /// Takes the marked item; what it leads to is for the caller where it is an action or a theme.
    pub fn accept_palette(&mut self) -> Option<Aim> {
        let aim = self.palette.take()?.marked().map(|goal| goal.aim.clone());
        self.dirty = true;
        match aim? {
            Aim::Process(id) => self.jump_to(id),
            Aim::Group(key) => {
                let key = NodeKey::Group(key);
                self.drill(View::Tree);
                self.reveal(&key);
                self.refresh(true);
                self.select(key);
                self.show_from_top();
            }
            Aim::Column(column) => self.toggle_column(column),
            Aim::Incident(id) => {
                self.drill(View::Incidents);
                self.mark_alarm(id);
            }
            other => return Some(other),
        }
        None
    }
}
