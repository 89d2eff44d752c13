//! The picture: everything that is shown of the node, at one moment.

use std::sync::Arc;

use super::activity::Activity;
use super::alarm::Alarms;
use super::sieve::Sieve;
use super::stream::Stream;
use crate::model::filter::Filter;
use crate::model::{Event, Model, Time};

/// Everything that is shown of the node. There is one that events go on to change, and, while the cursor stands
/// elsewhere, one of the moment where it stands.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The model.
    pub model: Model,
    /// The last events.
    pub stream: Stream,
    /// What was found.
    pub alarms: Arc<Alarms>,
    /// The moment that ages are counted to.
    pub now: Time,
    /// How much happens in each group.
    pub activity: Activity,
    /// Number of the last event that it knows.
    pub number: u64,
    /// What the filter lets through, while there is one.
    pub(super) sieve: Option<Box<Sieve>>,
    /// What the filter let through that is being changed, in case that it comes back.
    pub(super) aside: Option<Box<Sieve>>,
}

impl Picture {
    pub(super) fn new(model: Model) -> Picture {
        let (sieve, aside) = (None, None);
        Picture {
            model,
            stream: Stream::default(),
            alarms: Arc::default(),
            now: Time(0),
            activity: Activity::default(),
            number: 0,
            sieve,
            aside,
        }
    }

    /// Keeps events, all of which the model has taken in already.
    pub(super) fn keep(&mut self, events: Vec<Event>) {
        for sieve in [&mut self.sieve, &mut self.aside].into_iter().flatten() {
            events.iter().for_each(|event| sieve.take(event, &self.model));
        }
        events.iter().for_each(|event| self.activity.note(event, &self.model));
        events.into_iter().for_each(|event| self.stream.push(event));
    }

    /// Lets through what fulfils `filter`; everything without one.
    pub(super) fn sift(&mut self, filter: Option<&Filter>) {
        self.sieve = filter.map(|filter| {
            let mut sieve = Sieve::new(filter.clone());
            self.stream.iter().for_each(|event| sieve.take(event, &self.model));
            Box::new(sieve)
        });
    }

    /// The events that are shown: the last of those that the filter lets through.
    pub(super) fn shown(&self) -> &Stream {
        self.sieve.as_ref().map_or(&self.stream, |sieve| &sieve.stream)
    }
}
