//! Goes up one line.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action = Action { name: "up", keys: &["Up", "k"], does: "up one line", block: true, run };

fn run(app: &mut App) -> Option<Effect> {
    app.step(-1);
    None
}
