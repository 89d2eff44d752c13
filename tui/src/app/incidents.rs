//! The panel of incidents: its lines, the one that is marked, and the ways between it and the tree.

use super::alarm::{Alarm, Alarms, Stage};
use super::node::NodeKey;
use super::{App, Panel};

/// A line of the panel.
#[derive(Clone, Copy, Debug)]
pub enum AlarmLine<'a> {
    /// An incident.
    Alarm(&'a Alarm),
    /// A stage of the incident above.
    Stage(&'a Alarm, &'a Stage),
}

impl App {
    /// What was found, as it is shown.
    pub fn alarms(&self) -> &Alarms {
        &self.picture().alarms
    }

    /// Shows other incidents; the branches of new ones are unfolded.
    pub(crate) fn show_alarms(&mut self, alarms: Alarms) {
        let new: Vec<_> = alarms.list.iter().flat_map(|alarm| alarm.stages.iter().map(|stage| stage.process)).collect();
        let new: Vec<_> =
            new.into_iter().filter(|process| !self.live.alarms.mark(*process).is_some_and(|m| m.own)).collect();
        self.live.alarms = std::sync::Arc::new(alarms);
        self.folds_version += 1;
        self.dirty = true;
        if !self.travelling() {
            for process in new {
                self.reveal(&NodeKey::Process(process));
            }
        }
    }

    /// The lines of the panel: each incident and its stages.
    pub fn alarm_lines(&self) -> Vec<AlarmLine<'_>> {
        let mut lines = Vec::new();
        for alarm in &self.alarms().list {
            lines.push(AlarmLine::Alarm(alarm));
            lines.extend(alarm.stages.iter().map(|stage| AlarmLine::Stage(alarm, stage)));
        }
        lines
    }

    /// First line of the panel on screen, for `height` lines: the marked one is always in sight.
    pub fn alarm_top(&self, height: usize) -> usize {
        let count = self.alarm_lines().len();
        let cursor = self.alarm_cursor.min(count.saturating_sub(1));
        (cursor + 1).saturating_sub(height.max(1))
    }

    /// Shows or hides the incidents.
    pub fn toggle_incidents(&mut self) {
        let shown = self.layout().incidents.is_some();
        if shown && self.focus != Panel::Incidents {
            // It came by itself: the first key goes there, the second closes it.
            self.focus = Panel::Incidents;
            return self.after_layout();
        }
        self.wants.incidents = Some(!shown);
        if !shown && self.layout().incidents.is_none() {
            self.tell("no room for the incidents: make the terminal taller");
        } else if !shown {
            self.focus = Panel::Incidents;
        }
        self.after_layout();
    }

    /// Moves the mark of the panel by `by` lines.
    pub(super) fn step_incidents(&mut self, by: i64) {
        let last = self.alarm_lines().len().saturating_sub(1);
        self.alarm_cursor = super::moving::add(self.alarm_cursor.min(last), by).min(last);
    }

    /// From the panel to the tree: selects the process of the marked stage.
    pub(super) fn open_stage(&mut self) {
        let process = match self.alarm_lines().get(self.alarm_cursor) {
            Some(AlarmLine::Alarm(alarm)) => alarm.stages.first().map(|stage| stage.process),
            Some(AlarmLine::Stage(_, stage)) => Some(stage.process),
            None => None,
        };
        match process {
            Some(id) => self.visit(id),
            None => self.tell("nothing was found yet"),
        }
    }

    /// Marks the last stage of a process, where it has one.
    pub(super) fn mark_stage(&mut self, process: crate::model::ProcessId) {
        let lines = self.alarm_lines();
        let of = |line: &AlarmLine<'_>| matches!(line, AlarmLine::Stage(_, stage) if stage.process == process);
        self.alarm_cursor = lines.iter().rposition(of).unwrap_or(self.alarm_cursor);
    }

    /// From the tree to the panel: marks the stage of the selected process, or its incident where it only lies between.
    pub fn to_incident(&mut self) {
        let selected = match self.selected {
            Some(NodeKey::Process(id)) => Some(id),
            _ => None,
        };
        let Some((id, mark)) = selected.and_then(|id| Some((id, self.alarms().mark(id)?))) else {
            return self.tell("what is selected belongs to no incident");
        };
        let lines = self.alarm_lines();
        let stage = lines.iter().position(|line| matches!(line, AlarmLine::Stage(_, stage) if stage.process == id));
        let alarm = lines.iter().position(|line| matches!(line, AlarmLine::Alarm(alarm) if alarm.id == mark.alarm));
        if let Some(at) = stage.or(alarm) {
            self.alarm_cursor = at;
        }
        if self.layout().incidents.is_none() {
            self.wants.incidents = Some(true);
        }
        if self.layout().incidents.is_some() {
            self.focus = Panel::Incidents;
        }
        self.after_layout();
    }
}
