//! Gives the keys to the panel before.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "previous-panel", keys: &["BackTab"], does: "keys to the panel before", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.next_panel(true);
    None
}
