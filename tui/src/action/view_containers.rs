//! Shows the containers.

use super::Action;
use crate::app::{App, Effect, View};

pub(super) const ACTION: Action = Action {
    name: "view-containers",
    keys: &["4"],
    does: "view: containers, their risk and activity",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.show_view(View::Containers);
    None
}
