//! Goes back to where the stage of the incident before began.

use super::Action;
use crate::app::{App, Effect, Step};

pub(super) const ACTION: Action =
    Action { name: "stage-back", keys: &["<"], does: "to the stage of the incident before", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.step_time(Step::Stage { back: true });
    None
}
