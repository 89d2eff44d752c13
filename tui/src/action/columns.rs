//! Offers the columns of the view.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "columns", keys: &["c"], does: "choose the columns of the view", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.start_columns();
    None
}
