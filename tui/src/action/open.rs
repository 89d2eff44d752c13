//! Opens the detail of the selected line, or closes it.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "open", keys: &["Enter"], does: "everything known of the selected line", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.open_detail();
    None
}
