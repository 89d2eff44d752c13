//! Opens the search line.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action = Action {
    name: "search",
    keys: &["/"],
    does: "search: pid, program, arguments, container, remote",
    block: true,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.start_search();
    None
}
