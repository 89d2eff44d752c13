//! What a filter lets through of one picture.

use super::stream::{Stream, tells};
use crate::model::filter::{Filter, Judge};
use crate::model::{Event, Model};

/// A filter, what it says of the processes of one picture, and the last events that fulfil it: those are kept apart, as
/// in a storm the few that are looked for would be gone with the many that are not.
#[derive(Clone, Debug)]
pub(super) struct Sieve {
    pub(super) judge: Judge,
    pub(super) stream: Stream,
}

impl Sieve {
    pub(super) fn new(filter: Filter) -> Sieve {
        Sieve { judge: Judge::new(filter), stream: Stream::default() }
    }

    /// Keeps an event that fulfils the filter. What is said of it once holds: it does not come and go.
    pub(super) fn take(&mut self, event: &Event, model: &Model) {
        if let Event::Process(told) = event
            && tells(event)
            && self.judge.event(told, model)
        {
            self.stream.push(event.clone());
        }
    }
}
