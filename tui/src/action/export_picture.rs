//! Writes the screen as a picture.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "export-picture", keys: &["x s"], does: "write what is on the screen, as SVG", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.start_picture();
    None
}
