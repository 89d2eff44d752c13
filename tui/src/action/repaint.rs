//! Paints every cell anew.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "repaint", keys: &["Ctrl-l"], does: "paint the screen anew", block: false, run };

fn run(_: &mut App) -> Option<Effect> {
    Some(Effect::Repaint)
}
