//! Goes down one line.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "down", keys: &["Down", "j"], does: "down one line", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.step(1);
    None
}
