//! Goes one event back in time.

use super::Action;
use crate::app::{App, Effect, Step};

pub(super) const ACTION: Action =
    Action { name: "event-back", keys: &["["], does: "one event back in time", block: true, run };

fn run(app: &mut App) -> Option<Effect> {
    app.step_time(Step::Event { back: true });
    None
}
