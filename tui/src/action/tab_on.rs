//! Shows the next tab.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action = Action {
    name: "tab-on",
    keys: &["."],
    does: "detail: the next tab (in it, Left and Right too)",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.next_tab(false);
    None
}
