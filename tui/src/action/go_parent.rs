//! Goes to the parent by birth.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "go-parent", keys: &["g p", "u"], does: "go to the process that made it", block: true, run };

fn run(app: &mut App) -> Option<Effect> {
    app.to_parent();
    None
}
