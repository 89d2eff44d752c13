//! Shows or hides the detail.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "detail", keys: &["d"], does: "show or hide the detail", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.toggle_detail();
    None
}
