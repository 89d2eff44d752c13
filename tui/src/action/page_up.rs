//! Goes up one page.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "page-up", keys: &["PageUp", "Ctrl-b"], does: "up one page", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.page(false);
    None
}
