//! Folding and unfolding.

use super::node::{Fold, NodeKey};
use super::{App, Panel, View};

impl App {
    fn fold_of_selected(&self) -> Option<(NodeKey, Fold)> {
        let key = self.selected.clone()?;
        let fold = self.tree.rows.get(self.tree.position(&key)?)?.fold;
        Some((key, fold))
    }

    /// Folds the selected line, or goes to the line that it hangs under.
    pub fn fold_or_parent(&mut self) {
        match self.focus {
            Panel::Timeline => return self.slide(-1),
            Panel::Table if self.view == View::Time => return self.slide(-1),
            Panel::Incidents if self.view == View::Incidents => return self.step_stages(-1),
            Panel::Detail => return self.next_tab(true),
            _ => {}
        }
        if self.focus != Panel::Tree {
            return self.leave_to_main();
        }
        self.refresh(false);
        match self.fold_of_selected() {
            Some((key, Fold::Open)) => self.set_fold(key, false),
            Some((key, _)) => match key.parent(self.model()).filter(|key| self.tree.position(key).is_some()) {
                Some(parent) => self.select(parent),
                None => self.tell("this is a top branch"),
            },
            None => self.tell("nothing is selected yet"),
        }
    }

    /// Unfolds the selected line, or goes to the first one under it.
    pub fn unfold_or_child(&mut self) {
        match self.focus {
            Panel::Timeline => return self.slide(1),
            Panel::Table if self.view == View::Time => return self.slide(1),
            Panel::Incidents if self.view == View::Incidents => return self.step_stages(1),
            Panel::Detail => return self.next_tab(false),
            _ => {}
        }
        if self.focus != Panel::Tree {
            return self.leave_to_main();
        }
        self.refresh(false);
        match self.fold_of_selected() {
            Some((key, Fold::Closed)) => self.set_fold(key, true),
            Some((_, Fold::Open)) => self.step(1),
            Some((_, Fold::Leaf)) => self.hint("nothing under it; [open] shows everything known of it"),
            None => self.tell("nothing is selected yet"),
        }
    }

    /// Folds what is open and opens what is folded.
    pub fn toggle_fold(&mut self) {
        if self.focus == Panel::Timeline || self.view == View::Time {
            return self.toggle_pause();
        }
        if self.focus != Panel::Tree {
            return self.open_detail();
        }
        self.refresh(false);
        match self.fold_of_selected() {
            Some((key, Fold::Open)) => self.set_fold(key, false),
            Some((key, Fold::Closed)) => self.set_fold(key, true),
            Some((_, Fold::Leaf)) => self.hint("nothing under it; [open] shows everything known of it"),
            None => self.tell("nothing is selected yet"),
        }
    }

    fn leave_to_main(&mut self) {
        self.focus = self.view.panel();
        self.dirty = true;
    }

    pub(super) fn set_fold(&mut self, key: NodeKey, open: bool) {
        self.folds.insert(key, open);
        self.refold();
    }

    /// Opens every fold that hides a line.
    pub(super) fn reveal(&mut self, key: &NodeKey) {
        let mut changed = false;
        let mut above = key.parent(self.model());
        let mut left = self.model().totals().alive + self.model().totals().dead + 2;
        while let Some(parent) = above {
            let open = self.folds.get(&parent).copied().unwrap_or_else(|| parent.open_by_default(self.model()));
            if !open {
                self.folds.insert(parent.clone(), true);
                changed = true;
            }
            above = parent.parent(self.model());
            // A malformed stream may make a ring of ancestors.
            left -= 1;
            if left == 0 {
                break;
            }
        }
        if changed {
            self.refold();
        }
    }
}
