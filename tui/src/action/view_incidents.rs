//! Shows the incidents.

use super::Action;
use crate::app::{App, Effect, View};

pub(super) const ACTION: Action =
    Action { name: "view-incidents", keys: &["2"], does: "view: incidents, stage by stage", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.show_view(View::Incidents);
    None
}
