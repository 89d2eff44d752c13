//! Opens the palette.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action = Action {
    name: "palette",
    keys: &[":", "Ctrl-p"],
    does: "find anything: actions, processes, containers, themes",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.start_palette();
    None
}
