//! Shows the audit.

use super::Action;
use crate::app::{App, Effect, View};

pub(super) const ACTION: Action = Action {
    name: "view-audit",
    keys: &["7"],
    does: "view: containers that run with more than they should",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.show_view(View::Audit);
    None
}
