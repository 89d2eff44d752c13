//! What an audit says of a container.

use super::super::audited::why;
use super::super::incidents::severity;
use super::super::sheet::Sheet;
use crate::app::App;
use crate::audit::audit_of;
use crate::model::GroupKey;

/// Writes what the container should not be allowed, the worst first; nothing where nobody tells.
pub(super) fn fill(sheet: &mut Sheet<'_>, key: &GroupKey, app: &App) {
    let Some(audited) = audit_of(app.model(), key).filter(|audited| !audited.witnesses.is_empty()) else { return };
    sheet.heading("Allowed more than it should");
    let (dim, warn) = (sheet.theme.dim, sheet.theme.warn);
    for outcome in &audited.results {
        sheet.fact(outcome.severity.name(), &outcome.check.title, severity(outcome.severity, sheet.theme));
        let differ = outcome.disagree.is_some();
        sheet.fact(if differ { "differ" } else { " " }, &why(outcome), if differ { warn } else { dim });
    }
    if audited.results.is_empty() {
        sheet.line(&[("nothing was found", dim)]);
    }
    if !audited.unknown.is_empty() {
        let unknown: Vec<&str> = audited.unknown.iter().map(|check| check.id.as_str()).collect();
        sheet.fact("not known", &unknown.join(", "), dim);
    }
}
