//! Lets a frozen container go on.

use super::Action;
use crate::app::{App, Effect, Verb};

pub(super) const ACTION: Action = Action {
    name: "contain-thaw",
    keys: &["K t"],
    does: "let a frozen container go on; asks twice",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.start_containing(Verb::Thaw);
    None
}
