//! Keeping within the limits: the oldest goes first, and what an incident rests on last.

use rusqlite::{Connection, OptionalExtension as _, Result, params};

use super::Limits;
use crate::detect::{Entry, Severity};
use crate::model::LossKind;
use crate::store::batch::{Batch, Found};
use crate::store::dictionary::key;

/// Generations of ancestors whose beginnings are kept with a finding.
const ANCESTORS: i64 = 16;

/// A stretch of batches that begins with a memory.
struct Segment {
    first: i64,
    last: i64,
    from_seq: i64,
    to_seq: i64,
    from: i64,
    to: i64,
}

/// Marks what the findings of a batch rest on: it goes last.
pub(super) fn mark(database: &Connection, batch: &Batch) -> Result<()> {
    for Found { at, entry } in &batch.found {
        let Entry::Found(finding) = entry else { continue };
        if finding.severity < Severity::Medium || finding.muted.is_some() {
            continue;
        }
        let sql = "UPDATE batch SET kept = 1 WHERE first <= ?1 AND first + count > ?1";
        database.prepare_cached(sql)?.execute([*at as i64])?;
        for process in std::iter::once(&finding.process).chain(&finding.others) {
            // All that it did, and how its ancestors came to be.
            let sql = "WITH RECURSIVE line (id, far) AS (
                           SELECT ?1, 0
                           UNION ALL
                           SELECT process.parent, far + 1 FROM line JOIN process ON process.id = line.id
                           WHERE process.parent IS NOT NULL AND far < ?2
                       ), of (seq) AS (
                           SELECT seq FROM run JOIN line ON run.process = line.id
                           UNION
                           SELECT seq FROM event WHERE process = ?1
                       )
                       UPDATE batch SET kept = 1 WHERE kept = 0 AND number IN (
                           SELECT (SELECT number FROM batch WHERE first <= of.seq ORDER BY first DESC LIMIT 1) FROM of
                       )";
            database.prepare_cached(sql)?.execute(params![key(*process), ANCESTORS])?;
        }
    }
    Ok(())
}

/// Lets go of what is too much, and tells which batches that were; `now` is the latest moment.
pub(super) fn prune(database: &Connection, limits: Limits, now: u64) -> Result<Vec<(u64, u64)>> {
    let mut gone = Vec::new();
    if let Some(age) = limits.age {
        while let Some(segment) = oldest(database, Which::OlderThan(now.saturating_sub(age) as i64))? {
            gone.push(drop_segment(database, &segment)?);
        }
    }
    if let Some(size) = limits.size.filter(|size| used(database).is_ok_and(|used| used > *size)) {
        // A tenth more than necessary, so that the next time is not soon.
        while used(database)? > size - size / 10 {
            let idle = oldest(database, Which::Idle)?;
            let segment = if idle.is_some() { idle } else { oldest(database, Which::Any)? };
            let Some(segment) = segment else { break };
            gone.push(drop_segment(database, &segment)?);
        }
    }
    if !gone.is_empty() {
        sweep(database)?;
    }
    Ok(gone)
}

/// Bytes that are in use.
fn used(database: &Connection) -> Result<u64> {
    let number = |name| database.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let pages = number("page_count")? - number("freelist_count")?;
    Ok((pages * number("page_size")?) as u64)
}

/// Which segments may go.
#[derive(Clone, Copy)]
enum Which {
    /// All of it is older than this, and nothing rests on it.
    OlderThan(i64),
    /// Nothing rests on it.
    Idle,
    /// Whatever is there.
    Any,
}

/// The oldest segment of a sort; never the newest, which is still being written.
fn oldest(database: &Connection, which: Which) -> Result<Option<Segment>> {
    let sql = "SELECT segment, max(number), min(first), max(first + count) - 1, min(from_time), max(to_time)
               FROM (
                   SELECT *, sum(begins) OVER (ORDER BY number) AS segment, sum(begins) OVER () AS newest FROM batch
               )
               WHERE pruned = 0 AND count > 0 AND segment < newest GROUP BY segment
               HAVING (?1 OR max(kept) = 0) AND max(to_time) < ?2 ORDER BY segment LIMIT 1";
    let (any, before) = match which {
        Which::OlderThan(time) => (false, time),
        Which::Idle => (false, i64::MAX),
        Which::Any => (true, i64::MAX),
    };
    let read = |row: &rusqlite::Row<'_>| {
        let (last, from_seq, to_seq) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(Segment { first: 0, last, from_seq, to_seq, from: row.get(4)?, to: row.get(5)? })
    };
    let found = database.prepare_cached(sql)?.query_row(params![any, before], read).optional()?;
    let Some(mut segment) = found else { return Ok(None) };
    let sql = "SELECT max(number) FROM batch WHERE begins AND number <= ?";
    segment.first = database.prepare_cached(sql)?.query_row([segment.last], |row| row.get(0))?;
    Ok(Some(segment))
}

fn drop_segment(database: &Connection, segment: &Segment) -> Result<(u64, u64)> {
    let Segment { first, last, from_seq, to_seq, from, to } = *segment;
    let run = |sql: &str, values: &[i64]| database.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values));
    // What says which batches went is kept: those without events.
    run(
        "UPDATE batch SET events = NULL, memory = NULL, pruned = 1 WHERE number BETWEEN ? AND ? AND count > 0",
        &[first, last],
    )?;
    let count = run("DELETE FROM event WHERE seq BETWEEN ? AND ?", &[from_seq, to_seq])?;
    run("DELETE FROM touched WHERE seq BETWEEN ? AND ?", &[from_seq, to_seq])?;
    run("DELETE FROM status WHERE seq BETWEEN ? AND ?", &[from_seq, to_seq])?;
    run("DELETE FROM connection WHERE seq BETWEEN ? AND ? AND closed <= ?", &[from_seq, to_seq, to])?;
    database
        .prepare_cached("INSERT INTO loss (seq, time, kind, count, from_time, to_time) VALUES (?, ?, ?, ?, ?, ?)")?
        .execute(params![from_seq, to, LossKind::Pruned.name(), count as i64, from, to])?;
    Ok((first as u64, last as u64))
}

/// Takes out what nothing refers to any more.
fn sweep(database: &Connection) -> Result<()> {
    database.execute_batch(
        // Whoever did something that is still there, or was found, with all ancestors.
        "CREATE TEMP TABLE needed AS WITH RECURSIVE line (id) AS (
             SELECT id FROM process WHERE ended IS NULL OR EXISTS (SELECT 1 FROM event WHERE event.process = process.id)
             UNION SELECT process FROM finding
             UNION SELECT process.parent FROM line JOIN process ON process.id = line.id WHERE process.parent IS NOT NULL
         ) SELECT id FROM line;
         DELETE FROM process WHERE id NOT IN (SELECT id FROM needed);
         DROP TABLE needed;
         DELETE FROM run WHERE process NOT IN (SELECT id FROM process);
         DELETE FROM member WHERE process NOT IN (SELECT id FROM process);
         INSERT INTO image_text (image_text, rowid, exe, command, cwd)
             SELECT 'delete', id, exe, command, cwd FROM image WHERE id NOT IN (SELECT image FROM run WHERE image > 0);
         DELETE FROM image WHERE id NOT IN (SELECT image FROM run WHERE image > 0);
         DELETE FROM path WHERE id NOT IN (SELECT path FROM touched);
         DELETE FROM endpoint WHERE id NOT IN (
             SELECT remote FROM event WHERE remote > 0 UNION SELECT local FROM event WHERE local > 0
             UNION SELECT remote FROM connection WHERE remote > 0 UNION SELECT local FROM connection WHERE local > 0
         );",
    )
}
