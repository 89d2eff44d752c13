//! The rows of what was found.

use rusqlite::{Connection, Result, params};

use super::batch::Found;
use super::dictionary::key;
use crate::detect::{Entry, Finding, Incident};

/// Writes what was found into the tables of `to`.
///
/// # Errors
/// What the database says.
pub(super) fn write(to: &Connection, found: &[Found]) -> Result<()> {
    for Found { at, entry } in found {
        let bytes = rmp_serde::to_vec(entry).unwrap_or_default();
        to.prepare_cached("INSERT INTO log (seq, entry) VALUES (?, ?)")?.execute(params![*at as i64, bytes])?;
        match entry {
            Entry::Found(finding) => finding_row(to, *at, finding)?,
            Entry::Merged(from, into) => {
                let (from, into) = (*from as i64, *into as i64);
                to.prepare_cached("UPDATE finding SET incident = ?2 WHERE incident = ?1")?.execute([from, into])?;
                to.prepare_cached("UPDATE incident SET merged_into = ?2 WHERE id = ?1")?.execute([from, into])?;
            }
            Entry::Incident(incident) => incident_row(to, incident)?,
        }
    }
    Ok(())
}

fn finding_row(to: &Connection, at: u64, finding: &Finding) -> Result<()> {
    let why: Vec<serde_json::Value> = finding
        .why
        .iter()
        .map(|it| {
            let (time, process) = (it.fact.time.0, it.fact.process.pid);
            serde_json::json!({
                "predicate": it.predicate, "time": time, "pid": process, "kind": it.fact.kind, "text": it.fact.text,
            })
        })
        .collect();
    let sql = "INSERT OR REPLACE INTO finding \
               (number, seq, time, process, rule, class, severity, title, incident, complete, failed, muted, why) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    to.prepare_cached(sql)?.execute(params![
        finding.number as i64,
        at as i64,
        finding.time.0 as i64,
        key(finding.process),
        finding.rule.id,
        finding.class().name(),
        finding.severity.name(),
        finding.title,
        finding.incident as i64,
        finding.complete,
        finding.failed,
        finding.muted.as_ref().map(|exception| exception.because.as_str()),
        serde_json::Value::from(why).to_string(),
    ])?;
    Ok(())
}

fn incident_row(to: &Connection, incident: &Incident) -> Result<()> {
    let stages: Vec<serde_json::Value> = incident
        .stages
        .iter()
        .map(|stage| {
            let (time, process) = (stage.time.0, stage.process.pid);
            serde_json::json!({ "stage": stage.stage, "time": time, "pid": process, "findings": stage.findings })
        })
        .collect();
    let sql = "INSERT OR REPLACE INTO incident (id, title, severity, first, last, stages) VALUES (?, ?, ?, ?, ?, ?)";
    to.prepare_cached(sql)?.execute(params![
        incident.id as i64,
        incident.title,
        incident.severity.name(),
        incident.first.0 as i64,
        incident.last.0 as i64,
        serde_json::Value::from(stages).to_string(),
    ])?;
    Ok(())
}
