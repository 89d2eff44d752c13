//! The views: what the page shows, the way that led there, and the way back.

use super::{AlarmLine, App, NodeKey, Panel};
use crate::model::{GroupKey, Process, ProcessId, Role};

/// What the page shows. Each has a key of its own, the same everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum View {
    /// Processes by container and host, with incidents, events and the time line beside.
    #[default]
    Tree,
    /// Incidents, and the chain of the one that is marked, stage by stage.
    Incidents,
    /// Who talks to whom.
    Network,
    /// Containers, services and the host: risk, image, counts, activity.
    Containers,
    /// Events, as they come.
    Events,
    /// When what happened: activity, findings, notes, losses.
    Time,
    /// Containers that run with more than they should, and who says so.
    Audit,
}

impl View {
    /// Every view, in the order of their keys.
    pub const ALL: [View; 7] =
        [View::Tree, View::Incidents, View::Network, View::Containers, View::Events, View::Time, View::Audit];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            View::Tree => "Tree",
            View::Incidents => "Incidents",
            View::Network => "Network",
            View::Containers => "Containers",
            View::Events => "Events",
            View::Time => "Time",
            View::Audit => "Audit",
        }
    }

    /// The action that shows it.
    pub fn action(self) -> &'static str {
        match self {
            View::Tree => "view-tree",
            View::Incidents => "view-incidents",
            View::Network => "view-network",
            View::Containers => "view-containers",
            View::Events => "view-events",
            View::Time => "view-time",
            View::Audit => "view-audit",
        }
    }

    /// The panel that has the keys when it is opened.
    pub(super) fn panel(self) -> Panel {
        match self {
            View::Tree => Panel::Tree,
            View::Incidents => Panel::Incidents,
            View::Network | View::Containers | View::Time | View::Audit => Panel::Table,
            View::Events => Panel::Events,
        }
    }
}

/// Where the user was before going on to something.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    view: View,
    focus: Panel,
    selected: Option<NodeKey>,
    top: usize,
    alarm_cursor: usize,
    name: String,
}

/// Stops that are remembered.
const STOPS: usize = 32;

impl App {
    /// Shows a view; the way back begins anew.
    pub fn show_view(&mut self, view: View) {
        self.trail.clear();
        self.enter(view);
    }

    /// Goes on to another view; [`App::back`] comes back.
    pub(super) fn drill(&mut self, view: View) {
        if self.trail.len() >= STOPS {
            self.trail.remove(0);
        }
        self.trail.push(Stop {
            view: self.view,
            focus: self.focus,
            selected: self.selected.clone(),
            top: self.top,
            alarm_cursor: self.alarm_cursor,
            name: self.crumb(),
        });
        self.enter(view);
    }

    /// Back to where the user came from.
    pub fn back(&mut self) {
        let Some(stop) = self.trail.pop() else {
            return self.hint("this is where you began; [view-tree] to [view-audit] show the views");
        };
        self.view = stop.view;
        self.focus = stop.focus;
        self.alarm_cursor = stop.alarm_cursor;
        if let Some(NodeKey::Process(id)) = &stop.selected
            && self.model().process(*id).is_some()
        {
            self.point_at(*id);
        } else if let Some(key) = stop.selected {
            self.select(key);
        }
        self.top = stop.top;
        self.after_layout();
    }

    fn enter(&mut self, view: View) {
        if self.typing() {
            self.end_line();
        }
        // A detail that has the whole page hides what is asked for.
        if self.layout().detail.is_some() && self.focus == Panel::Detail {
            self.leave_detail();
        }
        self.view = view;
        self.focus = view.panel();
        if view == View::Time {
            self.deck.wish_outline();
        }
        self.refresh_tables();
        self.after_layout();
    }

    /// The way here: where the user was before, and where now.
    pub fn crumbs(&self) -> Vec<String> {
        self.trail.iter().map(|stop| stop.name.clone()).chain([self.crumb()]).collect()
    }

    /// The view, and what is marked in it.
    fn crumb(&self) -> String {
        let marked = match self.view {
            View::Tree | View::Containers | View::Network | View::Audit => {
                self.selected.as_ref().map(|key| self.name_of_key(key))
            }
            View::Incidents => self.marked_alarm().map(|alarm| format!("i{}", alarm.id)),
            View::Events | View::Time => None,
        };
        let name = self.view.name();
        marked.map_or_else(|| name.to_owned(), |marked| format!("{name} {marked}"))
    }

    fn name_of_key(&self, key: &NodeKey) -> String {
        match key {
            NodeKey::Group(group) => self.name_of_group(group),
            NodeKey::Process(id) => self.name_of_process(*id),
        }
    }

    /// What a process is called in few words: `nginx (2140)`.
    pub fn name_of_process(&self, id: ProcessId) -> String {
        match self.model().process(id).map(program).filter(|name| !name.is_empty()) {
            Some(name) => format!("{name} ({})", id.pid),
            None => id.pid.to_string(),
        }
    }

    /// What a group is called where there is little room.
    pub fn name_of_group(&self, key: &GroupKey) -> String {
        match key {
            GroupKey::Host => "host".to_owned(),
            GroupKey::Service(name) => name.to_string(),
            GroupKey::Container(id) => {
                let told = self.model().group(key).and_then(|group| group.container.as_ref());
                let name = told.and_then(|container| match (&container.news.name, container.news.role) {
                    // It has no name of its own.
                    (None, Some(Role::Sandbox)) => Some("pause".to_owned()),
                    (name, _) => name.clone(),
                });
                name.unwrap_or_else(|| id.chars().take(12).collect())
            }
        }
    }

    /// The incident that is marked, or whose stage is.
    pub fn marked_alarm(&self) -> Option<&super::Alarm> {
        let lines = self.alarm_lines();
        match lines.get(self.alarm_cursor.min(lines.len().saturating_sub(1)))? {
            AlarmLine::Alarm(alarm) | AlarmLine::Stage(alarm, _) => Some(alarm),
        }
    }

    /// The stage of the marked incident that is marked, counted from 0; the first where the incident itself is.
    pub fn marked_stage(&self) -> usize {
        let lines = self.alarm_lines();
        let at = self.alarm_cursor.min(lines.len().saturating_sub(1));
        let head = (0..=at).rev().find(|line| matches!(lines.get(*line), Some(AlarmLine::Alarm(_)))).unwrap_or(0);
        at.saturating_sub(head + 1)
    }
}

/// What a process runs, without the way there: the name of the file, or what it calls itself where the file has none, as
/// one that is only in memory; empty when nothing is known.
pub fn program(process: &Process) -> String {
    let Some(image) = process.image() else { return String::new() };
    let file = image.exe.file_name().lossless();
    match image.argv.args.first() {
        Some(own) if file.is_empty() || file == "/" => own.lossless(),
        _ => file,
    }
}
