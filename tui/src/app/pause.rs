//! Pausing: the picture stands still while ingest goes on.

use std::sync::Arc;

use super::App;
use super::alarm::Alarms;
use super::stream::Stream;
use crate::model::{Model, Time};

/// Everything that is shown of the node: taken whole when the user pauses.
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
}

impl Picture {
    pub(super) fn new(model: Model) -> Picture {
        Picture { model, stream: Stream::default(), alarms: Arc::default(), now: Time(0) }
    }
}

impl App {
    /// True while the picture stands still.
    pub fn paused(&self) -> bool {
        self.frozen.is_some()
    }

    /// Process events that came since the pause; 0 when not paused.
    pub fn waiting(&self) -> u64 {
        let shown = self.frozen.as_ref().map_or(self.live.model.totals().events, |it| it.model.totals().events);
        self.live.model.totals().events - shown
    }

    /// Stops the picture, or lets it go on.
    pub fn toggle_pause(&mut self) {
        match self.frozen.take() {
            Some(_) => {
                self.stamp = None;
                self.tell("live again");
            }
            None => {
                self.following = false;
                self.frozen = Some(Box::new(self.live.clone()));
                self.tell("paused, nothing is missed; p goes on");
            }
        }
    }
}
