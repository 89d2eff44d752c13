//! Goes to the finding before.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "go-finding-back", keys: &["g F"], does: "go to the one before", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.to_finding(true);
    None
}
