//! Goes on to where the next stage of the incident begins.

use super::Action;
use crate::app::{App, Effect, Step};

pub(super) const ACTION: Action =
    Action { name: "stage-on", keys: &[">"], does: "to the next stage of the incident", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.step_time(Step::Stage { back: false });
    None
}
