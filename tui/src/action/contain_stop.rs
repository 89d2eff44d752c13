//! Stops what is marked.

use super::Action;
use crate::app::{App, Effect, Verb};

pub(super) const ACTION: Action = Action {
    name: "contain-stop",
    keys: &["K s"],
    does: "stop a process, branch or incident; asks twice",
    block: true,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.start_containing(Verb::Stop);
    None
}
