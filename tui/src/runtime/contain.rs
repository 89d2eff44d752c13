//! What was asked for is done to what runs, and told as an event, so that every recording has it.

use crate::app::{App, Order};
use crate::contain;
use crate::model::{Event, Health, Status, Time};

/// The topic under which it is told.
const TOPIC: &str = "contain";

/// What was done, for the look at whether it was all.
#[derive(Debug)]
pub(super) struct After {
    order: Order,
    /// Pids that were tried.
    tried: Vec<u32>,
}

/// What was done, in a line and as an event.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) text: String,
    pub(super) event: Event,
}

/// Does it; `now` is the wall clock. `None` where it is not allowed.
pub(super) fn carry_out(order: Order, app: &App, before: Vec<u32>, now: Time) -> Option<(Told, After)> {
    let allowed = app.settings().allowed.as_ref()?;
    let done = contain::perform(&order, allowed);
    let text = done.told(&order, &allowed.who);
    let status = Status { time: now, topic: TOPIC.into(), health: Health::Ok, text: text.clone() };
    let tried = before.into_iter().chain(done.reached).chain(done.missed.into_iter().map(|(pid, _)| pid)).collect();
    Some((Told { text, event: Event::Status(status) }, After { order, tried }))
}

impl After {
    /// Who was made meanwhile and must be reached, too, and who was tried already.
    pub(super) fn left(self, app: &App) -> Option<(Order, Vec<u32>)> {
        let order = app.left_of(&self.order, &self.tried)?;
        Some((order, self.tried))
    }
}
