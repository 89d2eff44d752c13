//! Opens the line of the filter.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action = Action {
    name: "filter",
    keys: &["&", "F4"],
    does: "show only what fulfils: uid = 0 and kind = exec …",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.start_filter();
    None
}
