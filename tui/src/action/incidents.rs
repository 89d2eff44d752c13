//! Shows or hides the incidents.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "incidents", keys: &["i"], does: "the incidents, or hide them", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.toggle_incidents();
    None
}
