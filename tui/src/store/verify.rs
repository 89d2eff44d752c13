//! Whether a recording is whole and unchanged: the chain from the first batch to the last, the signatures, and whether
//! the tables hold what the batches tell.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::StoreError;
use super::batch::Packed;
use super::chain::{self, Hash, Header, PublicKey, hex};
use super::file::{Recording, unsigned};
use super::rows::Rows;
use super::writer::SIGNER;
use crate::model::Time;

/// What became of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is missing or changed.
    Whole,
    /// It was not ended: the program was killed, or the end was cut off. What is there is unchanged.
    CutShort,
    /// Something is not as it was written.
    Changed(Change),
}

/// The first thing that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Number of the batch, where it is in one.
    pub batch: Option<u64>,
    /// Number of its first event.
    pub event: Option<u64>,
    /// When that was.
    pub time: Option<Time>,
    /// What is wrong.
    pub what: String,
}

/// What a look at a recording found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The verdict.
    pub verdict: Verdict,
    /// Batches that are as they were written, from the first on.
    pub batches: u64,
    /// Their events.
    pub events: u64,
    /// The latest moment of them.
    pub until: Time,
    /// Batches that were let go to keep within the limits.
    pub pruned: u64,
    /// The last hash of the chain.
    pub root: Hash,
    /// Whose key signed it.
    pub signer: Option<String>,
    /// True when it is signed by the key that was asked for.
    pub trusted: bool,
}

/// What is told while it goes on: batches done, of how many; false stops it.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64) -> bool;

impl Recording {
    /// Looks whether the recording is whole and unchanged, and signed by `trust` where that is given.
    ///
    /// # Errors
    /// When it cannot be read at all, or was stopped.
    pub fn verify(&self, trust: Option<&PublicKey>, progress: Progress<'_>) -> Result<Report, StoreError> {
        let facts = self.facts()?;
        let signer = facts.iter().find(|(key, _)| key == SIGNER).map(|(_, value)| value.clone());
        let key = signer.as_deref().and_then(PublicKey::of);
        let root = chain::genesis(facts.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        let trusted = trust.is_some() && trust == key.as_ref();
        let (batches, events, until, pruned) = (0, 0, Time(0), 0);
        let report = Report { verdict: Verdict::Whole, batches, events, until, pruned, root, signer, trusted };
        let mut walk = Walk {
            recording: self,
            report,
            key,
            table: Table::new().map_err(|error| self.sql(error))?,
            missing: BTreeSet::new(),
        };
        let signed = walk.report.signer.is_none() || walk.key.is_some();
        let verdict = if !signed {
            Err(Fault::Changed(Change::of("the name of who signed it is no key")))
        } else if trust.is_some() && !trusted {
            let by = walk
                .report
                .signer
                .as_deref()
                .map_or("it is not signed".to_owned(), |by| format!("it is signed by {by}"));
            Err(Fault::Changed(Change::of(&format!("{by}, not by the key that is trusted"))))
        } else {
            walk.all(progress)
        };
        let mut report = walk.report;
        match verdict {
            Ok(verdict) => report.verdict = verdict,
            Err(Fault::Changed(change)) => report.verdict = Verdict::Changed(change),
            Err(Fault::Stopped) => return Err(StoreError::Stopped),
        }
        Ok(report)
    }
}

impl Change {
    fn of(what: &str) -> Change {
        Change { batch: None, event: None, time: None, what: what.to_owned() }
    }
}

enum Fault {
    Changed(Change),
    Stopped,
}

struct Walk<'a> {
    recording: &'a Recording,
    report: Report,
    key: Option<PublicKey>,
    table: Table,
    /// Batches that are not there, and of which nothing says yet that they were let go.
    missing: BTreeSet<u64>,
}

/// A batch as the file has it.
struct Stored {
    header: Header,
    packed: Option<Packed>,
    pruned: bool,
    hash: Vec<u8>,
    digest: Vec<u8>,
    signature: Option<Vec<u8>>,
}

impl Walk<'_> {
    fn all(&mut self, progress: Progress<'_>) -> Result<Verdict, Fault> {
        let database = &self.recording.database;
        let total = database.query_row("SELECT coalesce(max(number), 0) FROM batch", [], |row| row.get(0));
        let total = unsigned(total.map_err(|error| self.unreadable(None, &error))?);
        let mut number = 0;
        while number < total {
            number += 1;
            if !progress(number, total) {
                return Err(Fault::Stopped);
            }
            self.step(number)?;
        }
        self.leftovers()?;
        if let Some(&number) = self.missing.first() {
            let what = "it was taken out, and nothing says that this was to keep within the limits";
            return Err(Fault::Changed(Change { batch: Some(number), ..Change::of(what) }));
        }
        self.seal(total)
    }

    fn step(&mut self, number: u64) -> Result<(), Fault> {
        let stored = self.stored(number)?;
        let header = stored.header;
        let wrong = |what: &str| {
            let time = (header.from > 0).then_some(Time(header.from));
            Fault::Changed(Change { batch: Some(number), event: Some(header.first), time, what: what.to_owned() })
        };
        if let Some(packed) = &stored.packed {
            let digest = chain::digest(packed);
            if digest.as_slice() != stored.digest {
                return Err(wrong("what is in it is not what was written"));
            }
        } else if !stored.pruned {
            return Err(wrong("what was in it is gone"));
        }
        let hash = header.link(&self.report.root);
        if hash.as_slice() != stored.hash {
            return Err(wrong("it does not follow upon the one before it"));
        }
        self.signed(&hash, stored.signature.as_deref()).map_err(&wrong)?;
        match &stored.packed {
            Some(packed) => {
                let pruned = self.table.check(&self.recording.database, packed).map_err(|what| wrong(&what))?;
                for (first, last) in pruned {
                    self.missing = self.missing.iter().copied().filter(|it| !(first..=last).contains(it)).collect();
                }
                self.report.events += header.count;
            }
            None => {
                self.missing.insert(number);
                self.report.pruned += 1;
                self.table.skip();
            }
        }
        self.report.root = hash;
        self.report.batches = number;
        self.report.until = self.report.until.max(Time(header.to));
        Ok(())
    }

    fn stored(&self, number: u64) -> Result<Stored, Fault> {
        let sql = "SELECT first, count, from_time, to_time, begins, events, memory, digest, hash, signature, pruned \
                   FROM batch WHERE number = ?";
        let read = |row: &Row<'_>| {
            let (events, digest): (Option<Vec<u8>>, Vec<u8>) = (row.get(5)?, row.get(7)?);
            let header = Header {
                number,
                first: unsigned(row.get(0)?),
                count: unsigned(row.get(1)?),
                from: unsigned(row.get(2)?),
                to: unsigned(row.get(3)?),
                begins: row.get(4)?,
                digest: digest.as_slice().try_into().unwrap_or_default(),
            };
            let (first, count, memory) = (header.first, header.count, row.get(6)?);
            let (from, to) = (Time(header.from), Time(header.to));
            let packed = events.map(|events| Packed { first, count, from, to, events, memory });
            let (hash, signature, pruned) = (row.get(8)?, row.get(9)?, row.get(10)?);
            Ok(Stored { header, packed, pruned, hash, digest, signature })
        };
        let found = self
            .recording
            .database
            .prepare_cached(sql)
            .and_then(|mut it| it.query_row([number as i64], read).optional());
        let found = found.map_err(|error| self.unreadable(Some(number), &error))?;
        let missing = Change { batch: Some(number), ..Change::of("it is not there, and later ones are") };
        found.ok_or(Fault::Changed(missing))
    }

    fn signed(&self, hash: &Hash, signature: Option<&[u8]>) -> Result<(), &'static str> {
        match (&self.key, signature) {
            (None, _) => Ok(()),
            (Some(_), None) => Err("its signature is gone"),
            (Some(key), Some(signature)) if key.signed(hash, signature) => Ok(()),
            (Some(_), Some(_)) => Err("its signature is not of the key that signed the rest"),
        }
    }

    /// Rows that no batch tells of.
    fn leftovers(&self) -> Result<(), Fault> {
        let sql = "SELECT seq FROM event WHERE seq > (SELECT coalesce(max(first + count), 0) - 1 FROM batch) LIMIT 1";
        let stray: Option<i64> = self
            .recording
            .database
            .query_row(sql, [], |row| row.get(0))
            .optional()
            .map_err(|error| self.unreadable(None, &error))?;
        match stray {
            Some(seq) => Err(Fault::Changed(Change {
                event: Some(unsigned(seq)),
                ..Change::of("the table of events has rows that no batch tells of")
            })),
            None => Ok(()),
        }
    }

    fn seal(&mut self, total: u64) -> Result<Verdict, Fault> {
        let read = |row: &Row<'_>| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, Vec<u8>>(2)?,
                row.get::<_, Option<Vec<u8>>>(3)?,
            ))
        };
        let sql = "SELECT batches, time, hash, signature FROM seal ORDER BY rowid DESC LIMIT 1";
        let found = self.recording.database.query_row(sql, [], read).optional();
        let found = found.map_err(|error| self.unreadable(None, &error))?;
        let Some((batches, time, hash, signature)) = found else { return Ok(Verdict::CutShort) };
        let batches = unsigned(batches);
        if batches != total {
            let what = format!("{batches} batches were written, and {total} are there");
            return Err(Fault::Changed(Change { batch: Some(total), ..Change::of(&what) }));
        }
        let own = chain::seal(&self.report.root, batches, unsigned(time));
        if own.as_slice() != hash {
            return Err(Fault::Changed(Change::of("its seal is not of these batches")));
        }
        self.signed(&own, signature.as_deref())
            .map_err(|what| Fault::Changed(Change::of(&format!("the seal: {what}"))))?;
        self.report.root = own;
        Ok(Verdict::Whole)
    }

    fn unreadable(&self, batch: Option<u64>, error: &rusqlite::Error) -> Fault {
        Fault::Changed(Change { batch, ..Change::of(&format!("it cannot be read: {error}")) })
    }
}

/// The tables, made again from a segment: nothing but it and what the file holds is needed.
struct Table {
    database: Connection,
    rows: Rows,
    /// A segment began: without its memory, what was before is not known.
    known: bool,
}

impl Table {
    fn new() -> rusqlite::Result<Table> {
        let database = Connection::open_in_memory()?;
        database.execute_batch(include_str!("schema.sql"))?;
        Ok(Table { database, rows: Rows::default(), known: false })
    }

    /// A batch is gone: what follows is not known until the next memory.
    fn skip(&mut self) {
        self.known = false;
    }

    /// Whether the tables of `file` hold what a batch tells; if not, what is wrong. Gives the batches that it says were
    /// let go.
    fn check(&mut self, file: &Connection, packed: &Packed) -> Result<Vec<(u64, u64)>, String> {
        let words = |error: rusqlite::Error| error.to_string();
        let mut batch = packed.unpack().map_err(|error| error.to_string())?;
        if packed.memory.is_some() {
            *self = Table::new().map_err(words)?;
            self.known = true;
            batch.memory = packed.memory().map_err(|error| error.to_string())?;
        }
        if !self.known {
            return Ok(batch.pruned);
        }
        let step = self.database.transaction().map_err(words)?;
        self.rows.write(&step, &batch).map_err(words)?;
        step.commit().map_err(words)?;
        let (first, last) = (packed.first as i64, packed.end().saturating_sub(1) as i64);
        for (name, sql) in COMPARED {
            let own = digest(&self.database, sql, first, last).map_err(words)?;
            if digest(file, sql, first, last).map_err(words)? != own {
                return Err(format!("the table of {name} is not what its events tell"));
            }
        }
        Ok(batch.pruned)
    }
}

/// What is compared of each batch. Numbers of dictionaries differ; what they stand for must not.
const COMPARED: [(&str, &str); 6] = [
    ("events", "SELECT * FROM events WHERE seq BETWEEN ? AND ?"),
    ("losses", "SELECT * FROM loss WHERE seq BETWEEN ? AND ? ORDER BY rowid"),
    ("statuses", "SELECT * FROM status WHERE seq BETWEEN ? AND ?"),
    ("the log", "SELECT * FROM log WHERE seq BETWEEN ? AND ? ORDER BY rowid"),
    (
        "findings",
        "SELECT number, seq, time, process, rule, class, severity, title, complete, failed, muted, why FROM finding \
         WHERE seq BETWEEN ? AND ?",
    ),
    (
        "processes",
        "SELECT DISTINCT process.id, process.pid, process.start FROM event JOIN process ON process.id = event.process \
         WHERE event.seq BETWEEN ? AND ? ORDER BY process.id",
    ),
];

/// A hash of all rows.
fn digest(database: &Connection, sql: &str, first: i64, last: i64) -> rusqlite::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    let mut statement = database.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(params![first, last])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            use rusqlite::types::ValueRef;
            match row.get_ref(column)? {
                ValueRef::Null => hasher.update(b"n"),
                ValueRef::Integer(number) => hasher.update(b"i").update(&number.to_le_bytes()),
                ValueRef::Real(number) => hasher.update(b"r").update(&number.to_le_bytes()),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    hasher.update(b"t").update(&(bytes.len() as u64).to_le_bytes()).update(bytes)
                }
            };
        }
    }
    Ok(hasher.finalize())
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.verdict {
            Verdict::Whole => {
                write!(f, "whole: {} events in {} batches, root {}", self.events, self.batches, hex(&self.root))
            }
            Verdict::CutShort => write!(
                f,
                "cut short: it was not ended; unchanged up to event {}, in batch {}, root {}",
                self.events,
                self.batches,
                hex(&self.root)
            ),
            Verdict::Changed(change) => {
                f.write_str("changed")?;
                if let Some(batch) = change.batch {
                    write!(f, " in batch {batch}")?;
                }
                if let Some(event) = change.event {
                    write!(f, ", from event {event} on")?;
                }
                write!(f, ": {}", change.what)
            }
        }
    }
}
