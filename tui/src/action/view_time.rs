//! Shows the time line.

use super::Action;
use crate::app::{App, Effect, View};

pub(super) const ACTION: Action = Action {
    name: "view-time",
    keys: &["6"],
    does: "view: the time line, what was found and noted",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.show_view(View::Time);
    None
}
