//! The picture: everything that is shown of the node, at one moment.

use std::sync::Arc;

use super::alarm::Alarms;
use super::stream::Stream;
use crate::model::{Model, Time};

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
    /// Number of the last event that it knows.
    pub number: u64,
}

impl Picture {
    pub(super) fn new(model: Model) -> Picture {
        Picture { model, stream: Stream::default(), alarms: Arc::default(), now: Time(0), number: 0 }
    }
}
