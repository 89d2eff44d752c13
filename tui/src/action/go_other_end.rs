//! Goes to the other end.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action = Action {
    name: "go-other-end",
    keys: &["g x"],
    does: "go to the other end of its pipe, terminal or connection",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.to_other_end();
    None
}
