//! Shows the tab before.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "tab-back", keys: &[","], does: "detail: the tab before", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.next_tab(true);
    None
}
