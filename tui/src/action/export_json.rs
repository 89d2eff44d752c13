//! Writes the incident up as JSON.

use super::Action;
use crate::app::{App, Effect, Export};

pub(super) const ACTION: Action =
    Action { name: "export-json", keys: &["x j"], does: "write the incident up, as JSON", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.start_report(Export::Json, "json");
    None
}
