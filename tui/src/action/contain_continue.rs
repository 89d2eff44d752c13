//! Lets what was stopped go on.

use super::Action;
use crate::app::{App, Effect, Verb};

pub(super) const ACTION: Action = Action {
    name: "contain-continue",
    keys: &["K c"],
    does: "let what was stopped go on; asks twice",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.start_containing(Verb::Continue);
    None
}
