//! Goes on to the next finding.

use super::Action;
use crate::app::{App, Effect, Step};

pub(super) const ACTION: Action =
    Action { name: "finding-on", keys: &["}"], does: "to the next finding", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.step_time(Step::Finding { back: false });
    None
}
