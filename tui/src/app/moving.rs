//! Moving: the selection, and what of each panel is in sight.

use super::node::NodeKey;
use super::tree::Tree;
use super::{App, Look, Panel, View};
use crate::model::ProcessId;

impl App {
    /// Lines of the tree that fit.
    fn tree_height(&self) -> usize {
        usize::from(self.layout().tree.map_or(0, |pane| pane.body.height))
    }

    fn events_height(&self) -> usize {
        usize::from(self.layout().events.map_or(0, |pane| pane.body.height))
    }

    /// Moves by `by` lines in the panel that has the keys.
    pub fn step(&mut self, by: i64) {
        self.dirty = true;
        if let Some(top) = self.help {
            self.help = Some(add(top, by).min(self.help_end()));
            return;
        }
        match self.focus {
            Panel::Tree => {
                self.refresh(false);
                self.following = false;
                let Some(last) = self.tree.rows.len().checked_sub(1) else { return };
                let at = self.selected.as_ref().and_then(|key| self.tree.position(key)).unwrap_or(0);
                self.select_row(add(at, by).min(last));
            }
            Panel::Incidents => self.step_incidents(by),
            Panel::Table => self.step_table(by),
            Panel::Detail => self.detail_top = add(self.detail_top, by).min(self.detail_end()),
            Panel::Events => {
                let height = self.events_height();
                let mut look = self.look;
                look.step(self.events(), height, by);
                self.look = look;
            }
            Panel::Timeline => self.zoom_time(by < 0),
        }
    }

    /// Moves by a page.
    pub fn page(&mut self, down: bool) {
        let height = match self.focus {
            Panel::Tree => self.tree_height(),
            Panel::Detail => usize::from(self.layout().detail.map_or(0, |pane| pane.body.height)),
            Panel::Events => self.events_height(),
            Panel::Table => self.table_height(),
            Panel::Incidents => usize::from(self.layout().incidents.map_or(0, |pane| pane.body.height)),
            Panel::Timeline if self.help.is_none() => return self.slide(if down { 10 } else { -10 }),
            Panel::Timeline => self.tree_height(),
        };
        let by = i64::try_from(height.saturating_sub(1).max(1)).unwrap_or(i64::MAX);
        self.step(if down { by } else { -by });
    }

    /// Goes to the first line.
    pub fn first(&mut self) {
        if self.focus == Panel::Timeline && self.help.is_none() {
            return self.seek_edge(false);
        }
        self.step(i64::MIN / 2);
    }

    /// Goes to the last line.
    pub fn last(&mut self) {
        if self.focus == Panel::Timeline && self.help.is_none() {
            return self.seek_edge(true);
        }
        self.step(i64::MAX / 2);
    }

    /// Selects a line that is in the tree.
    pub(super) fn select(&mut self, key: NodeKey) {
        self.following = false;
        if let Some(at) = self.tree.position(&key) {
            self.select_row(at);
        }
    }

    pub(super) fn select_row(&mut self, at: usize) {
        let key = self.tree.rows.get(at).map(|row| row.key.clone());
        if self.selected != key {
            self.detail_top = 0;
        }
        self.selected = key;
        self.dirty = true;
        self.keep_in_sight();
    }

    /// Selects a process wherever it is, opening folds, and shows its detail.
    pub(super) fn visit(&mut self, id: ProcessId) {
        if self.model().process(id).is_none() {
            return self.tell(format!("process {} ended, and is no longer kept", id.pid));
        }
        if self.view != View::Tree {
            self.drill(View::Tree);
        }
        self.point_at(id);
        self.focus = Panel::Tree;
        self.settle_focus();
    }

    /// Selects a process wherever it is, opening folds; the keys stay where they are.
    pub(super) fn point_at(&mut self, id: ProcessId) {
        let key = NodeKey::Process(id);
        // Selected first: that brings back one that has left the tree.
        self.selected = Some(key.clone());
        self.detail_top = 0;
        self.reveal(&key);
        self.refresh(true);
        if self.filter.active() && self.tree.position(&key).is_none() {
            let change = self.with_keys("[filter] changes it");
            return self.tell(format!("process {} does not fulfil the filter; {change}", id.pid));
        }
        self.select(key);
    }

    /// Follows the newest process, or stops.
    pub fn toggle_following(&mut self) {
        if self.paused() && !self.following {
            return self.hint("paused: [pause] goes on, then [follow] follows");
        }
        self.following = !self.following;
        self.look = Look::default();
        self.stamp = None;
        self.tell(if self.following { "following the newest process" } else { "following no more" });
    }

    /// Scrolls the tree without moving the selection.
    pub(super) fn scroll_tree(&mut self, by: i64) {
        let end = self.tree.rows.len().saturating_sub(self.tree_height());
        self.top = add(self.top, by).min(end);
        self.following = false;
        self.dirty = true;
    }

    pub(super) fn scroll_events(&mut self, by: i64) {
        let (mut look, height) = (self.look, self.events_height());
        look.scroll(self.events(), height, by);
        self.look = look;
        self.dirty = true;
    }

    /// Events that are read stay: as long as the user looks back, a copy is shown.
    pub(super) fn hold_stream(&mut self) {
        match (self.look.bottom, &mut self.held) {
            (None, _) => self.held = None,
            (Some(_), None) => self.held = Some(self.picture().shown().hold()),
            (Some(_), Some(held)) => {
                let picture = self.travel.as_ref().map_or(&self.live, |travel| &travel.picture);
                held.behind(picture.shown());
            }
        }
    }

    /// Where the lines of the tree are, and how many the incidents above it have.
    pub(super) fn tree_place(&self) -> Option<(super::Area, u16)> {
        let layout = self.layout();
        let incidents = layout.incidents.map_or(0, |pane| pane.title.height + pane.body.height);
        layout.tree.map(|pane| (pane.body, incidents))
    }

    /// Takes over new lines: the selection stays on what it was on, and on the same line of the screen; where it is out
    /// of sight, what is on the first line stays there.
    pub(super) fn adopt(&mut self, tree: Tree) {
        let place = self.tree_place();
        let (before, incidents) = self.tree_area.or(place).unwrap_or_default();
        let height = self.tree_height();
        // Incidents that come by themselves cover lines; they do not push down what one reads.
        let pushed = place.map_or(0, |(_, now)| i64::from(now) - i64::from(incidents));
        let old_at = self.selected.as_ref().and_then(|key| self.tree.position(key));
        let in_sight = old_at.is_some_and(|at| at >= self.top && at < self.top + usize::from(before.height));
        let anchor = match old_at.filter(|_| in_sight) {
            Some(at) => self.tree.rows.get(at).map(|row| (row.key.clone(), at - self.top)),
            None => self.tree.rows.get(self.top).map(|row| (row.key.clone(), 0)),
        };
        self.tree = tree;
        if let Some((key, line)) = anchor
            && let Some(at) = self.tree.position(&key)
        {
            self.top = add(at, pushed).saturating_sub(line);
            if in_sight {
                self.top = self.top.clamp((at + 1).saturating_sub(height.max(1)), at);
            }
        }
        self.tree_area = place;
        // What leaves below leaves room there, until it is half of the page.
        self.top = self.top.min(self.tree.rows.len().saturating_sub(height - height / 2));
        if self.following {
            self.select_newest();
        } else if self.selected.as_ref().is_none_or(|key| self.tree.position(key).is_none()) {
            self.select_instead(old_at.unwrap_or(0));
        }
        self.dirty = true;
    }

    /// What was selected is folded away or forgotten: its next ancestor in the tree takes over, or whatever stands
    /// in its place.
    fn select_instead(&mut self, old_at: usize) {
        let mut above = self.selected.as_ref().and_then(|key| key.parent(self.model()));
        for _ in 0..64 {
            let Some(key) = above else { break };
            if let Some(at) = self.tree.position(&key) {
                return self.select_row(at);
            }
            above = key.parent(self.model());
        }
        match self.tree.rows.len().checked_sub(1) {
            Some(last) => self.select_row(old_at.min(last)),
            None => self.selected = None,
        }
    }

    fn select_newest(&mut self) {
        let mut key = self.tree.newest.map(NodeKey::Process);
        for _ in 0..1_000 {
            let Some(wanted) = key else { return };
            if let Some(at) = self.tree.position(&wanted) {
                return self.select_row(at);
            }
            // Folded away: the fold that holds it.
            key = wanted.parent(self.model());
        }
    }

    /// Scrolls so that the selected line is the first.
    pub(super) fn show_from_top(&mut self) {
        let height = self.tree_height();
        if let Some(at) = self.selected.as_ref().and_then(|key| self.tree.position(key)) {
            self.top = at.min(self.tree.rows.len().saturating_sub(height));
        }
        self.dirty = true;
    }

    /// Scrolls so that the selected line has those above it in sight, and more of what is below.
    pub(super) fn show_amid(&mut self) {
        let height = self.tree_height();
        if let Some(at) = self.selected.as_ref().and_then(|key| self.tree.position(key)) {
            self.top = at.saturating_sub(height / 2).min(self.tree.rows.len().saturating_sub(height));
        }
    }

    /// Scrolls as little as it takes to show the selected line.
    pub(super) fn keep_in_sight(&mut self) {
        let height = self.tree_height().max(1);
        let Some(at) = self.selected.as_ref().and_then(|key| self.tree.position(key)) else { return };
        self.top = self.top.clamp((at + 1).saturating_sub(height), at);
    }
}

pub(super) fn add(at: usize, by: i64) -> usize {
    let by = isize::try_from(by).unwrap_or(if by < 0 { isize::MIN } else { isize::MAX });
    at.saturating_add_signed(by)
}
