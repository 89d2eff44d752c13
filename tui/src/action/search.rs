//! Opens the search line.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "search", keys: &["/"], does: "search: words, or like exe ~ \"nc$\" and uid = 0", block: true, run };

fn run(app: &mut App) -> Option<Effect> {
    app.start_search();
    None
}
