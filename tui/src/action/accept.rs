//! Says that what is new for a workload is normal.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "accept", keys: &["a"], does: "accept what is new into the baseline", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.start_accepting();
    None
}
