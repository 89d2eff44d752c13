//! Writes the incident up as a page.

use super::Action;
use crate::app::{App, Effect, Export};

pub(super) const ACTION: Action =
    Action { name: "export-html", keys: &["x h"], does: "write the incident up, as a page", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.start_report(Export::Html, "html");
    None
}
