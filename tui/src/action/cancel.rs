//! Closes what is on top.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "cancel", keys: &["Esc"], does: "close what is on top; end search, filter", block: true, run };

fn run(app: &mut App) -> Option<Effect> {
    app.cancel();
    None
}
