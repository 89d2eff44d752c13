//! Shows or hides the event stream.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "events", keys: &["e"], does: "show or hide the events", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.toggle_events();
    None
}
