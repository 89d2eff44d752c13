//! The panel of incidents: its lines, the one that is marked, and the ways between it and the tree.

use super::alarm::{Alarm, Alarms, Stage};
use super::node::NodeKey;
use super::{App, Panel, View};
use crate::detect::Finding;
use crate::model::ProcessId;

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

    /// What was found of a process, in the order of time; without what an exception mutes.
    pub fn findings_of(&self, id: ProcessId) -> Vec<&Finding> {
        self.detector().findings().filter(|finding| finding.process == id && finding.muted.is_none()).collect()
    }

    /// A finding by its number.
    pub fn finding(&self, number: u64) -> Option<&Finding> {
        self.detector().finding(number)
    }

    /// What is marked, so that it can be found again: the incident, and a finding of the stage.
    pub(super) fn marked_line(&self) -> Option<(u64, Option<u64>)> {
        match *self.alarm_lines().get(self.alarm_cursor)? {
            AlarmLine::Alarm(alarm) => Some((alarm.id, None)),
            AlarmLine::Stage(alarm, stage) => Some((alarm.id, Some(*stage.numbers.first()?))),
        }
    }

    /// Marks what was marked before the incidents were put together anew.
    pub(super) fn mark_line(&mut self, marked: Option<(u64, Option<u64>)>) {
        let Some((id, number)) = marked else { return };
        let lines = self.alarm_lines();
        let same = |line: &AlarmLine<'_>| match (line, number) {
            (AlarmLine::Stage(_, stage), Some(number)) => stage.numbers.contains(&number),
            (AlarmLine::Alarm(alarm), None) => alarm.id == id,
            _ => false,
        };
        let at = lines.iter().position(same);
        self.alarm_cursor = at.unwrap_or(self.alarm_cursor);
    }

    /// Shows other incidents; the branches of new ones are unfolded.
    pub(crate) fn show_alarms(&mut self, alarms: Alarms) {
        let marked = if self.travelling() { None } else { self.marked_line() };
        let new: Vec<_> = alarms.list.iter().flat_map(|alarm| alarm.stages.iter().map(|stage| stage.process)).collect();
        let new: Vec<_> =
            new.into_iter().filter(|process| !self.live.alarms.mark(*process).is_some_and(|m| m.own)).collect();
        self.live.alarms = std::sync::Arc::new(alarms);
        self.mark_line(marked);
        self.folds_version += 1;
        self.dirty = true;
        if !self.travelling() {
            for process in new {
                self.reveal(&NodeKey::Process(process));
            }
            self.glance();
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
        if self.view != View::Tree {
            return self.show_view(View::Incidents);
        }
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
        let lines = self.alarm_lines();
        let last = lines.len().saturating_sub(1);
        if self.view == View::Incidents {
            // Here stages are laid out beside each other: up and down go from incident to incident.
            let heads: Vec<usize> = (0..lines.len()).filter(|at| matches!(lines[*at], AlarmLine::Alarm(_))).collect();
            let here = heads.iter().rposition(|at| *at <= self.alarm_cursor).unwrap_or(0);
            let to = super::moving::add(here, by).min(heads.len().saturating_sub(1));
            self.alarm_cursor = heads.get(to).copied().unwrap_or(0);
            return;
        }
        self.alarm_cursor = super::moving::add(self.alarm_cursor.min(last), by).min(last);
    }

    /// Goes along the chain of the marked incident by `by` stages.
    pub(super) fn step_stages(&mut self, by: i64) {
        let Some(last) = self.marked_alarm().map(|alarm| alarm.stages.len().saturating_sub(1)) else {
            return self.tell("nothing was found");
        };
        let (at, on_head) = (self.marked_stage(), self.on_alarm());
        // The first stage is shown while the incident itself is marked.
        let to = super::moving::add(at, by).min(last);
        self.alarm_cursor = self.alarm_cursor + usize::from(on_head) + to - at;
        self.dirty = true;
    }

    /// True while an incident itself is marked, and none of its stages.
    pub fn on_alarm(&self) -> bool {
        let lines = self.alarm_lines();
        matches!(lines.get(self.alarm_cursor.min(lines.len().saturating_sub(1))), Some(AlarmLine::Alarm(_)))
    }

    /// First incident of the list on screen, for `height` lines, and the place of the marked one.
    pub fn alarm_window(&self, height: usize) -> (usize, usize) {
        let marked = self.marked_alarm().map(|alarm| alarm.id);
        let at = self.alarms().list.iter().position(|alarm| Some(alarm.id) == marked).unwrap_or(0);
        ((at + 1).saturating_sub(height.max(1)), at)
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

    /// Marks an incident.
    pub(super) fn mark_alarm(&mut self, id: u64) {
        let lines = self.alarm_lines();
        let at = lines.iter().position(|line| matches!(line, AlarmLine::Alarm(alarm) if alarm.id == id));
        self.alarm_cursor = at.unwrap_or(self.alarm_cursor);
    }

    /// Marks the last stage of a process, where it has one.
    pub(super) fn mark_stage(&mut self, process: ProcessId) {
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
        if self.view != View::Tree {
            return self.drill(View::Incidents);
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
