//! Leaves the program.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action = Action { name: "quit", keys: &["q", "Ctrl-c"], does: "quit", block: false, run };

fn run(_: &mut App) -> Option<Effect> {
    Some(Effect::Quit)
}
