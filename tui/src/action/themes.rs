//! Offers the themes.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action = Action { name: "themes", keys: &["C"], does: "choose a theme", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.start_themes();
    None
}
