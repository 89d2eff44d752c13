//! Goes to the next finding.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action = Action {
    name: "go-finding",
    keys: &["g f", "!"],
    does: "go to the next process that something was found of",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.to_finding(false);
    None
}
