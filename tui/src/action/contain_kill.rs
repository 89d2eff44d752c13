//! Kills what is marked.

use super::Action;
use crate::app::{App, Effect, Verb};

pub(super) const ACTION: Action = Action {
    name: "contain-kill",
    keys: &["K k"],
    does: "kill a process, branch or incident; asks twice",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.start_containing(Verb::Kill);
    None
}
