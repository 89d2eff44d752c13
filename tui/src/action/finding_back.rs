//! Goes back to the finding before.

use super::Action;
use crate::app::{App, Effect, Step};

pub(super) const ACTION: Action =
    Action { name: "finding-back", keys: &["{"], does: "to the finding before", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.step_time(Step::Finding { back: true });
    None
}
