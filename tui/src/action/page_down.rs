//! Goes down one page.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "page-down", keys: &["PageDown", "Ctrl-f"], does: "down one page", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.page(true);
    None
}
