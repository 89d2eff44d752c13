//! Reports as JSON lines: an object for each incident, as docs/REPORT.md shows it.

use serde::Serialize;

use super::dossier::Dossier;

#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    dossier: &'a Dossier,
}

/// Every dossier as one line.
///
/// # Errors
/// None that is known: a dossier has no map with keys that JSON would not take.
pub fn json(dossiers: &[Dossier]) -> serde_json::Result<String> {
    let mut out = String::new();
    for dossier in dossiers {
        out.push_str(&serde_json::to_string(&Line { r#type: "report", dossier })?);
        out.push('\n');
    }
    Ok(out)
}
