//! Shows the events.

use super::Action;
use crate::app::{App, Effect, View};

pub(super) const ACTION: Action =
    Action { name: "view-events", keys: &["5"], does: "view: events as they come", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.show_view(View::Events);
    None
}
