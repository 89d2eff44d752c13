//! The table of the audit: what containers should not be allowed, and who says that they are.

use std::sync::Arc;

use super::table::Row;
use crate::audit::{Audited, Outcome, audit};
use crate::detect::Severity;
use crate::model::{GroupKey, Model, ProcessId};

/// What the table can be ordered by; the words at the heads of its columns.
pub(super) const COLUMNS: &[&str] = &["RISK", "CONTAINER", "WHAT"];

/// Something that a container should not be allowed, or that nothing of the kind was found or could be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Which container.
    pub key: GroupKey,
    /// Its name, or as much of its id as people use.
    pub name: String,
    /// True when nothing of it runs any more.
    pub ended: bool,
    /// Whether anybody tells what it is allowed.
    pub told: bool,
    /// What it should not be allowed; `None` for a container of which nothing was found.
    pub outcome: Option<Outcome>,
}

impl AuditRow {
    /// How bad it is.
    pub fn severity(&self) -> Option<Severity> {
        self.outcome.as_ref().map(|outcome| outcome.severity)
    }

    /// The process that it is about, where it is about one.
    pub fn process(&self) -> Option<ProcessId> {
        self.outcome.as_ref().and_then(|outcome| outcome.process)
    }

    fn what(&self) -> &str {
        self.outcome.as_ref().map_or("", |outcome| outcome.check.title.as_str())
    }
}

impl Row for AuditRow {
    type Key = (GroupKey, Option<&'static str>);

    fn key(&self) -> Self::Key {
        (self.key.clone(), self.outcome.as_ref().map(|outcome| outcome.check.id.as_str()))
    }
}

/// Every container with what was found of it, but for what is only worth knowing.
pub(super) fn rows(model: &Model) -> Vec<AuditRow> {
    audit(model).into_iter().flat_map(|audited| of_one(audited, model)).collect()
}

fn of_one(audited: Audited, model: &Model) -> Vec<AuditRow> {
    let Audited { key, id, ended, witnesses, results, .. } = audited;
    let told = model.group(&key).and_then(|group| group.container.as_ref()?.news.name.clone());
    let name = told.unwrap_or_else(|| Arc::clone(&id).chars().take(12).collect());
    let row = AuditRow { key, name, ended, told: !witnesses.is_empty(), outcome: None };
    let worth = results.into_iter().filter(|outcome| outcome.severity > Severity::Info);
    let rows: Vec<_> = worth.map(|outcome| AuditRow { outcome: Some(outcome), ..row.clone() }).collect();
    if rows.is_empty() { vec![row] } else { rows }
}

/// Puts rows in order: by a column, and where that is the same the worst first, and then by name.
pub(super) fn order(rows: &mut [AuditRow], sort: usize, reversed: bool) {
    let worst = |row: &AuditRow| std::cmp::Reverse(row.severity());
    rows.sort_by(|a, b| {
        let by = match COLUMNS[sort] {
            "CONTAINER" => a.name.cmp(&b.name),
            "WHAT" => (a.what().is_empty(), a.what()).cmp(&(b.what().is_empty(), b.what())),
            _ => (a.ended, worst(a)).cmp(&(b.ended, worst(b))),
        };
        let by = if reversed { by.reverse() } else { by };
        by.then_with(|| worst(a).cmp(&worst(b)))
            .then_with(|| a.name.cmp(&b.name))
            .then_with(|| a.key.cmp(&b.key))
            .then_with(|| a.what().cmp(b.what()))
    });
}
