//! Goes from the selected process to its incident.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action = Action {
    name: "to-incident",
    keys: &["I"],
    does: "the incident that the selected line belongs to",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.to_incident();
    None
}
