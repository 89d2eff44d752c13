//! Goes one event on in time.

use super::Action;
use crate::app::{App, Effect, Step};

pub(super) const ACTION: Action = Action { name: "event-on", keys: &["]"], does: "one event on", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.step_time(Step::Event { back: false });
    None
}
