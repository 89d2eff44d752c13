//! Orders the table by the next column.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "sort", keys: &["S"], does: "order the table by the next column", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.sort_on();
    None
}
