//! Writes the incident up in Markdown.

use super::Action;
use crate::app::{App, Effect, Export};

pub(super) const ACTION: Action =
    Action { name: "export-markdown", keys: &["x m"], does: "write the incident up, in Markdown", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.start_report(Export::Markdown, "md");
    None
}
