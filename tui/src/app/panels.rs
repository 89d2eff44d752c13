//! Panels: which are shown, which one the keys go to.

use super::{App, View};

/// A panel that keys can go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// The tree.
    #[default]
    Tree,
    /// The table of the view that is shown.
    Table,
    /// The detail of what is selected.
    Detail,
    /// The event stream.
    Events,
    /// The incidents.
    Incidents,
    /// The time line.
    Timeline,
}

impl App {
    /// Shows or hides the detail.
    pub fn toggle_detail(&mut self) {
        let shown = self.layout().detail.is_some();
        self.wants.detail = Some(!shown);
        self.detail_top = 0;
        self.after_layout();
    }

    /// Opens the detail and gives it the keys; if it has them, closes it (beside the tree: goes back to the tree).
    pub fn open_detail(&mut self) {
        if self.focus == Panel::Detail {
            return self.leave_detail();
        }
        if self.focus == Panel::Events {
            return self.open_event();
        }
        if self.focus == Panel::Incidents {
            return self.open_stage();
        }
        if self.focus == Panel::Timeline {
            return self.start_jump();
        }
        if self.focus == Panel::Table {
            return self.open_row();
        }
        if self.selected.is_none() {
            return self.tell("nothing is selected yet");
        }
        if self.layout().detail.is_none() {
            self.wants.detail = Some(true);
        }
        self.focus = Panel::Detail;
        self.detail_top = 0;
        self.after_layout();
    }

    /// Goes back to the tree or table; a detail that hides it is closed.
    pub fn leave_detail(&mut self) {
        if self.layout().detail_alone() {
            self.wants.detail = Some(false);
        }
        self.focus = self.view.panel();
        self.after_layout();
    }

    /// Shows or hides the event stream.
    pub fn toggle_events(&mut self) {
        if self.view != View::Tree {
            return self.show_view(View::Events);
        }
        let shown = self.layout().events.is_some();
        self.wants.events = Some(!shown);
        if !shown && self.layout().events.is_none() {
            self.tell("no room for the event stream: make the terminal taller");
        }
        self.after_layout();
    }

    /// Gives the keys to the next panel that is shown, or with `back` to the one before.
    pub fn next_panel(&mut self, back: bool) {
        let layout = self.layout();
        let shown = [
            (Panel::Tree, layout.tree.is_some()),
            (Panel::Table, layout.table.is_some()),
            (Panel::Detail, layout.detail.is_some()),
            (Panel::Incidents, layout.incidents.is_some()),
            (Panel::Events, layout.events.is_some()),
            (Panel::Timeline, layout.timeline.is_some()),
        ];
        let shown: Vec<_> = shown.into_iter().filter(|(_, shown)| *shown).map(|(panel, _)| panel).collect();
        let at = shown.iter().position(|panel| *panel == self.focus).unwrap_or(0);
        let step = if back { shown.len().saturating_sub(1) } else { 1 };
        match shown.get((at + step) % shown.len().max(1)) {
            Some(&panel) if panel != self.focus => self.focus = panel,
            _ => self.hint("this is the only panel: [detail] opens the detail, [events] the events"),
        }
        self.dirty = true;
    }

    /// Selects the process of the marked event and opens its detail.
    fn open_event(&mut self) {
        let stream = self.events();
        let number = self.look.cursor.or(stream.end().checked_sub(1));
        let process = number.and_then(|number| stream.get(number)).and_then(super::process_of);
        match process {
            Some(id) => self.visit(id),
            None => self.tell("this event is not about a process"),
        }
    }

    /// Closes what is on top: help, search, filter, detail.
    pub fn cancel(&mut self) {
        if self.help.take().is_some() || self.stop_seeking() {
            self.dirty = true;
        } else if self.search.typing || self.search.active() {
            self.end_search();
        } else if self.filter.typing {
            self.end_filter();
        } else if self.filter.active() {
            self.end_filtering();
        } else if self.focus == Panel::Detail || self.layout().detail_alone() {
            self.leave_detail();
        } else if self.focus != self.view.panel() {
            if self.focus == Panel::Events {
                self.look = super::Look::default();
            }
            self.focus = self.view.panel();
        } else if !self.trail.is_empty() {
            self.back();
        } else if self.view != View::Tree {
            self.show_view(View::Tree);
        } else if self.following {
            self.toggle_following();
        } else if self.travelling() && !self.replay() {
            self.back_to_now();
        } else {
            self.hint("nothing to close; [quit] quits");
        }
        self.settle_focus();
        self.dirty = true;
    }

    /// Opens or closes the help.
    pub fn toggle_help(&mut self) {
        self.help = if self.help.is_some() { None } else { Some(0) };
        self.dirty = true;
    }

    pub(super) fn after_layout(&mut self) {
        self.settle_focus();
        self.keep_in_sight();
        self.dirty = true;
    }

    /// The keys never go to a panel that is not shown.
    pub(super) fn settle_focus(&mut self) {
        let layout = self.layout();
        let shown = match self.focus {
            Panel::Tree => layout.tree.is_some(),
            Panel::Table => layout.table.is_some(),
            Panel::Detail => layout.detail.is_some(),
            Panel::Events => layout.events.is_some(),
            Panel::Incidents => layout.incidents.is_some(),
            Panel::Timeline => layout.timeline.is_some(),
        };
        if !shown {
            self.focus = if layout.detail_alone() { Panel::Detail } else { self.view.panel() };
        }
    }
}
