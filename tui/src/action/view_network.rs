//! Shows the network.

use super::Action;
use crate::app::{App, Effect, View};

pub(super) const ACTION: Action =
    Action { name: "view-network", keys: &["3"], does: "view: who talks to whom", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.show_view(View::Network);
    None
}
