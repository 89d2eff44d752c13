//! Gives the terminal back to the shell.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "suspend", keys: &["Ctrl-z"], does: "back to the shell; fg returns", block: false, run };

fn run(_: &mut App) -> Option<Effect> {
    Some(Effect::Suspend)
}
