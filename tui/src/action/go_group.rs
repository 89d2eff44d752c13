//! Goes to the group.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "go-group", keys: &["g c"], does: "go to its container, service or host", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.to_group();
    None
}
