//! Gives the keys to the next panel.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "next-panel", keys: &["Tab"], does: "keys to the next panel", block: true, run };

fn run(app: &mut App) -> Option<Effect> {
    app.next_panel(false);
    None
}
