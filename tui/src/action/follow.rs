//! Follows the newest process, or stops.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "follow", keys: &["f"], does: "follow the newest process", block: true, run };

fn run(app: &mut App) -> Option<Effect> {
    app.toggle_following();
    None
}
