//! The filter: only what fulfils it is shown, with what it hangs under, in every picture.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use super::node::NodeKey;
use super::picture::Picture;
use super::{App, Look};
use crate::model::filter::{Filter, FilterError, unfinished};

/// The filter, while it is typed and after.
#[derive(Clone, Debug, Default)]
pub struct Filtering {
    /// What is typed.
    pub query: String,
    /// True while it is typed: keys go into the query.
    pub typing: bool,
    /// What is wrong with the query: what could be understood last is in force meanwhile.
    pub error: Option<FilterError>,
    /// The one that is in force.
    filter: Option<Filter>,
    /// What is folded without a filter, while there is one.
    folds: HashMap<NodeKey, bool>,
    /// What was there before it was typed.
    before: Option<Box<Before>>,
}

#[derive(Clone, Debug)]
struct Before {
    filter: Option<Filter>,
    /// What was folded, and what was without a filter.
    folds: (HashMap<NodeKey, bool>, HashMap<NodeKey, bool>),
    selected: Option<NodeKey>,
    look: Look,
}

impl Filtering {
    /// True while not everything is shown.
    pub fn active(&self) -> bool {
        self.filter.is_some()
    }

    /// The text of the filter that is in force.
    pub fn text(&self) -> Option<&str> {
        self.filter.as_ref().map(Filter::text)
    }
}

impl App {
    /// Opens the line of the filter, with the one that is in force.
    pub fn start_filter(&mut self) {
        self.filter.query = self.filter.text().unwrap_or_default().to_owned();
        self.filter.before = Some(Box::new(Before {
            filter: self.filter.filter.clone(),
            folds: (self.folds.clone(), self.filter.folds.clone()),
            selected: self.selected.clone(),
            look: self.look,
        }));
        (self.filter.typing, self.filter.error) = (true, None);
        self.pictures().for_each(|picture| picture.aside = picture.sieve.clone());
        self.aid.begin(&self.filter.query);
        self.notice = None;
        self.after_layout();
    }

    /// Filters by what was typed, unless it cannot be understood.
    pub(super) fn sift(&mut self, query: String) {
        let read = Filter::parse(&query, self.anchor());
        self.filter.query = query;
        self.filter.error = None;
        self.dirty = true;
        match read {
            // What may be the name of a field is no condition yet: the picture is not to jump with every letter.
            Ok(_) if self.filter.typing && unfinished(&self.filter.query) => {}
            Ok(filter) => self.filter_by(filter),
            Err(error) => self.filter.error = Some(error),
        }
    }

    /// Keeps the filter; one that cannot be understood stays open.
    pub(super) fn accept_filter(&mut self) {
        self.dirty = true;
        if self.filter.error.is_some() {
            return;
        }
        self.filter.typing = false;
        self.sift(self.filter.query.clone());
        let had = self.filter.before.take().is_some_and(|before| before.filter.is_some());
        self.pictures().for_each(|picture| picture.aside = None);
        match (had, self.filter.active()) {
            (true, false) => self.tell("no filter any more: everything is shown"),
            (false, false) => self.tell("no filter: nothing was typed"),
            (_, true) => {}
        }
        self.after_layout();
    }

    /// Gives back what was there before it was typed.
    pub(super) fn end_filter(&mut self) {
        self.filter.typing = false;
        self.filter.error = None;
        let Some(before) = self.filter.before.take() else { return };
        self.filter.filter = before.filter;
        (self.folds, self.filter.folds) = before.folds;
        self.pictures().for_each(|picture| picture.sieve = picture.aside.take());
        (self.look, self.held, self.table_made) = (before.look, None, None);
        self.refold();
        if let Some(key) = before.selected {
            let following = self.following;
            self.select(key);
            self.following = following;
        }
        self.after_layout();
    }

    /// Takes the filter away.
    pub(super) fn end_filtering(&mut self) {
        self.filter_by(None);
        self.hint("no filter any more; [filter] and Up bring it back");
        self.after_layout();
    }

    fn filter_by(&mut self, filter: Option<Filter>) {
        if self.filter.filter.as_ref().map(Filter::expr) == filter.as_ref().map(Filter::expr) {
            self.filter.filter = filter;
            return;
        }
        // Under a filter all is open, to begin with: what it finds is to be seen.
        match (self.filter.active(), filter.is_some()) {
            (false, true) => self.filter.folds = std::mem::take(&mut self.folds),
            (true, false) => {
                let opened = std::mem::take(&mut self.folds).into_iter().filter(|(_, open)| *open);
                self.folds = std::mem::take(&mut self.filter.folds);
                self.folds.extend(opened);
            }
            _ => {}
        }
        self.filter.filter = filter;
        let filter = self.filter.filter.clone();
        self.pictures().for_each(|picture| picture.sift(filter.as_ref()));
        (self.look, self.held, self.table_made) = (Look::default(), None, None);
        self.refold();
    }

    /// A picture that is to be shown is filtered as the one before.
    pub(super) fn sift_picture(&self, mut picture: Picture) -> Picture {
        if let Some(before) = &self.filter.before {
            picture.sift(before.filter.as_ref());
            picture.aside = picture.sieve.take();
        }
        picture.sift(self.filter.filter.as_ref());
        picture
    }

    fn pictures(&mut self) -> impl Iterator<Item = &mut Picture> {
        let travel = self.travel.as_mut().map(|travel| &mut travel.picture);
        std::iter::once(&mut self.live).chain(travel)
    }
}
