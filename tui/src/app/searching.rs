//! What the search does to the tree.

use super::App;

impl App {
    /// Opens the search line.
    pub fn start_search(&mut self) {
        if self.view != super::View::Tree {
            self.drill(super::View::Tree);
        } else if self.layout().tree.is_none() {
            self.leave_detail();
        }
        self.focus = super::Panel::Tree;
        self.search.before = Some((self.selected.clone(), self.folds.clone()));
        self.search.set(String::new(), self.anchor());
        self.search.typing = true;
        self.aid.begin("");
        self.following = false;
        self.notice = None;
        self.refold();
    }

    /// Keeps what was found; `n` and `N` go on from here. What cannot be understood stays open.
    pub(super) fn accept_search(&mut self) {
        self.dirty = true;
        if self.search.error.is_some() {
            return;
        }
        self.search.typing = false;
        self.look_for(self.search.query.clone());
        self.search.before = None;
        if !self.search.active() {
            self.tell("search closed: nothing was typed");
        } else if self.tree.matches.is_empty() {
            self.tell_no_match();
        }
    }

    /// Ends the search; while it is still typed, everything is as it was before.
    pub fn end_search(&mut self) {
        self.search.typing = false;
        self.search.set(String::new(), self.anchor());
        if let Some((selected, folds)) = self.search.before.take() {
            self.folds = folds;
            self.refold();
            if let Some(key) = selected {
                self.select(key);
            }
        }
        self.refold();
    }

    /// Goes to the next line that was found, or with `back` to the one before, around the ends.
    pub fn next_match(&mut self, back: bool) {
        if !self.search.active() {
            return self.hint("no search yet: [search] starts one");
        }
        self.refresh(true);
        let count = self.tree.matches.len();
        if count == 0 {
            return self.tell_no_match();
        }
        let to = match (self.match_position(), back) {
            (Some(at), false) => (at + 1) % count,
            (Some(at), true) => (at + count - 1) % count,
            (None, false) => self.first_match_below().unwrap_or(0),
            (None, true) => self.first_match_below().map_or(count - 1, |at| (at + count - 1) % count),
        };
        self.go_to_match(to);
    }

    /// Which of the lines that were found is selected, counted from 0.
    pub fn match_position(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.tree.matches.iter().position(|key| key == selected)
    }

    pub(super) fn look_for(&mut self, query: String) {
        if let Some((_, folds)) = &self.search.before {
            self.folds = folds.clone();
        }
        self.search.set(query, self.anchor());
        self.refold();
        if let Some((Some(origin), _)) = self.search.before.clone()
            && self.tree.position(&origin).is_some()
        {
            self.select(origin);
        }
        if self.match_position().is_none() && !self.tree.matches.is_empty() {
            self.go_to_match(self.tree.closest.or_else(|| self.first_match_below()).unwrap_or(0));
        }
    }

    /// The first match that stands below the selected line; folded ones are passed over.
    fn first_match_below(&self) -> Option<usize> {
        let at = self.selected.as_ref().and_then(|key| self.tree.position(key))?;
        let below: std::collections::HashSet<_> = self.tree.rows[at..].iter().map(|row| &row.key).collect();
        self.tree.matches.iter().position(|key| below.contains(key))
    }

    fn go_to_match(&mut self, at: usize) {
        let Some(key) = self.tree.matches.get(at).cloned() else { return };
        self.reveal(&key);
        self.select(key);
    }

    fn tell_no_match(&mut self) {
        self.tell(format!("nothing matches “{}”", self.search.query));
    }
}
