//! The mouse.

use super::layout::Columns;
use super::node::Fold;
use super::{App, Panel, View};

/// Lines that one notch of the wheel scrolls.
const NOTCH: i64 = 3;

impl App {
    pub(super) fn click(&mut self, x: u16, y: u16) {
        self.dirty = true;
        if self.help.take().is_some()
            || self.palette.take().is_some()
            || self.prompt.is_some()
            || self.containing.is_some()
            || self.notes_cursor.take().is_some()
        {
            return;
        }
        let layout = self.layout();
        if let Some(pane) = layout.tree.filter(|pane| pane.holds(x, y)) {
            self.focus = Panel::Tree;
            if pane.body.holds(x, y) {
                self.click_tree(x - pane.body.x, y - pane.body.y, pane.body.width);
            }
        } else if let Some(pane) = layout.table.filter(|pane| pane.holds(x, y)) {
            self.focus = Panel::Table;
            if pane.body.holds(x, y) {
                self.click_table(y - pane.body.y);
            }
        } else if layout.detail.is_some_and(|pane| pane.holds(x, y)) {
            self.focus = Panel::Detail;
        } else if let Some(pane) = layout.incidents.filter(|pane| pane.holds(x, y)) {
            self.focus = Panel::Incidents;
            if pane.body.holds(x, y) && self.view == View::Incidents {
                let (top, _) = self.alarm_window(usize::from(pane.body.height));
                let alarm = self.alarms().list.get(top + usize::from(y - pane.body.y)).map(|alarm| alarm.id);
                alarm.into_iter().for_each(|id| self.mark_alarm(id));
            } else if pane.body.holds(x, y) {
                let top = self.alarm_top(usize::from(pane.body.height));
                self.alarm_cursor = top + usize::from(y - pane.body.y);
                self.step_incidents(0);
                self.open_stage();
                self.focus = Panel::Incidents;
            }
        } else if let Some(pane) = layout.timeline.filter(|pane| pane.holds(x, y)) {
            self.focus = Panel::Timeline;
            if pane.body.holds(x, y) {
                self.click_timeline(x - pane.body.x, pane.body.width);
            }
        } else if let Some(pane) = layout.events.filter(|pane| pane.holds(x, y)) {
            self.focus = Panel::Events;
            if pane.body.holds(x, y) {
                self.click_events(y - pane.body.y, pane.body.height);
            }
        }
    }

    fn click_tree(&mut self, x: u16, line: u16, width: u16) {
        let Some(row) = self.tree.rows.get(self.top + usize::from(line)).cloned() else { return };
        self.select(row.key.clone());
        let mark = Columns::new(width, |name| self.hidden.has(View::Tree, name)).fold_mark(&row);
        let on_mark = (mark..=mark + 1).contains(&x);
        match row.fold {
            Fold::Open if on_mark => self.set_fold(row.key, false),
            Fold::Closed if on_mark => self.set_fold(row.key, true),
            _ => {}
        }
    }

    fn click_events(&mut self, line: u16, height: u16) {
        let stream = self.events();
        let window = self.look.window(stream, usize::from(height));
        let number = window.start + u64::from(line);
        if !window.contains(&number) {
            return;
        }
        let process = stream.get(number).and_then(super::process_of);
        self.look = super::Look { cursor: Some(number), bottom: Some(window.end - 1) };
        if let Some(id) = process.filter(|_| self.view == View::Tree) {
            self.visit(id);
            self.focus = Panel::Events;
        }
    }

    pub(super) fn wheel(&mut self, x: u16, y: u16, down: bool) {
        let by = if down { NOTCH } else { -NOTCH };
        let layout = self.layout();
        if self.help.is_some() {
            self.step(by);
        } else if self.palette.is_some() {
            self.step_palette(by.signum());
        } else if self.notes_cursor.is_some() {
            self.press_notes(super::NotesKey::Move(by.signum()));
        } else if layout.tree.is_some_and(|pane| pane.holds(x, y)) {
            self.scroll_tree(by);
        } else if layout.table.is_some_and(|pane| pane.holds(x, y)) {
            self.scroll_table(by);
        } else if layout.events.is_some_and(|pane| pane.holds(x, y)) {
            self.scroll_events(by);
        } else if layout.timeline.is_some_and(|pane| pane.holds(x, y)) {
            self.zoom_time(!down);
        } else if layout.incidents.is_some_and(|pane| pane.holds(x, y)) {
            self.step_incidents(by);
            self.dirty = true;
        } else if layout.detail.is_some_and(|pane| pane.holds(x, y)) {
            let top = i64::try_from(self.detail_top).unwrap_or(0).saturating_add(by).max(0);
            self.detail_top = usize::try_from(top).unwrap_or(0).min(self.detail_end());
            self.dirty = true;
        }
    }
}
