//! Freezes a container.

use super::Action;
use crate::app::{App, Effect, Verb};

pub(super) const ACTION: Action = Action {
    name: "contain-freeze",
    keys: &["K f"],
    does: "freeze a container by its cgroup; asks twice",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.start_containing(Verb::Freeze);
    None
}
