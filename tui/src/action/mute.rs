//! Says that what was found is innocent.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "mute", keys: &["m"], does: "mute what was found, here, because …", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.start_muting();
    None
}
