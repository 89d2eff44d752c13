//! A recording that is being written.

mod prune;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::batch::{Batch, Packed};
use super::chain::{self, Hash, Header, Key};
use super::note::Note;
use super::notebook;
use super::rows::Rows;
use super::{APPLICATION, FORMAT, StoreError};
use crate::model::Time;

/// What a recording says of the node that it came from, in this order.
pub type Facts = Vec<(String, String)>;

/// How large and old what a recording holds may become; then the oldest and least interesting goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub size: Option<u64>,
    /// Nanoseconds since it happened.
    pub age: Option<u64>,
}

/// A recording that is being written.
#[derive(Debug)]
pub struct Writer {
    database: Connection,
    path: PathBuf,
    number: u64,
    hash: Hash,
    key: Option<Key>,
    rows: Rows,
    limits: Limits,
    /// The latest moment, and what comes after the last event.
    end: (Time, u64),
    /// A batch could not be written: what is remembered may be of it.
    stale: bool,
    /// Held as long as somebody writes. Declared after the database: to close it would let go of SQLite's locks.
    _lock: File,
}

impl Writer {
    /// Makes a recording at `path`, which must not exist. Only its owner can read it.
    ///
    /// # Errors
    /// When it exists, or cannot be made.
    pub fn create(path: &Path, facts: &Facts, key: Option<Key>, limits: Limits) -> Result<Writer, StoreError> {
        let lock = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
        let lock = lock.map_err(|error| StoreError::file(path, error))?;
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive)
            .map_err(|error| StoreError::file(path, error.into()))?;
        let sql = |error| StoreError::sql(path, error);
        let database = Connection::open(path).map_err(sql)?;
        database.set_prepared_statement_cache_capacity(64);
        let begin = || -> rusqlite::Result<()> {
            database.pragma_update(None, "application_id", APPLICATION)?;
            database.pragma_update(None, "user_version", FORMAT)?;
            database.pragma_update(None, "journal_mode", "wal")?;
            // A power cut takes no more than what was not committed.
            database.pragma_update(None, "synchronous", "full")?;
            database.execute_batch(&format!("BEGIN;{}", include_str!("schema.sql")))?;
            for (at, (key, value)) in (0_i64..).zip(facts) {
                database.execute("INSERT INTO node (place, key, value) VALUES (?, ?, ?)", params![at, key, value])?;
            }
            if let Some(key) = &key {
                let row = params![facts.len() as i64, SIGNER, key.public().fingerprint()];
                database.execute("INSERT INTO node (place, key, value) VALUES (?, ?, ?)", row)?;
            }
            database.execute_batch("COMMIT")
        };
        begin().map_err(sql)?;
        let signer = key.as_ref().map(|key| (SIGNER.to_owned(), key.public().fingerprint()));
        let all = facts.iter().chain(&signer).map(|(key, value)| (key.as_str(), value.as_str()));
        let hash = chain::genesis(all);
        let (path, rows) = (path.to_owned(), Rows::default());
        Ok(Writer { database, path, number: 0, hash, key, rows, limits, end: (Time(0), 1), stale: false, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a batch. What is given must be the same batch, packed and not.
    ///
    /// # Errors
    /// When it could not be written: then nothing of it is in the file, and it can be tried again.
    pub fn write(&mut self, packed: &Arc<Packed>, batch: &Batch) -> Result<(), StoreError> {
        self.add(packed, batch).map_err(|error| {
            self.stale = true;
            StoreError::sql(&self.path, error)
        })
    }

    fn add(&mut self, packed: &Packed, batch: &Batch) -> rusqlite::Result<()> {
        if std::mem::take(&mut self.stale) {
            self.rows = self.rows.read_again(&self.database)?;
        }
        if packed.memory.is_some() && self.limits != Limits::default() {
            self.prune()?;
        }
        let step = self.database.unchecked_transaction()?;
        let (number, hash) = self.append(packed, self.number + 1, self.hash)?;
        self.rows.write(&step, batch)?;
        prune::mark(&step, batch)?;
        step.commit()?;
        (self.number, self.hash) = (number, hash);
        self.end = (self.end.0.max(packed.to), packed.end());
        Ok(())
    }

    /// Writes what people noted beside it, in place of what they had noted before.
    ///
    /// # Errors
    /// When it cannot be written; then the notes are as they were.
    pub fn notes(&self, notes: &[Note]) -> Result<(), StoreError> {
        notebook::replace(&self.database, notes).map_err(|error| StoreError::sql(&self.path, error))
    }

    /// Lets go of what is beyond the limits, and says so in a batch of its own: the chain stays whole.
    fn prune(&mut self) -> rusqlite::Result<()> {
        let step = self.database.unchecked_transaction()?;
        let gone = prune::prune(&step, self.limits, self.end.0.0)?;
        if gone.is_empty() {
            return Ok(());
        }
        let batch = Batch { first: self.end.1, pruned: gone, ..Batch::default() };
        let packed = Packed { from: self.end.0, to: self.end.0, ..Packed::pack(&batch) };
        let (number, hash) = self.append(&packed, self.number + 1, self.hash)?;
        step.commit()?;
        (self.number, self.hash) = (number, hash);
        self.rows.forget();
        Ok(())
    }

    /// Adds the row of a batch; gives its number and its hash.
    fn append(&self, packed: &Packed, number: u64, before: Hash) -> rusqlite::Result<(u64, Hash)> {
        let header = Header::of(number, packed);
        let hash = header.link(&before);
        let signature = self.key.as_ref().map(|key| key.sign(&hash));
        let mut step = self.database.prepare_cached(
            "INSERT INTO batch (number, first, count, from_time, to_time, begins, events, memory, digest, hash, signature) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        step.execute(params![
            header.number as i64,
            header.first as i64,
            header.count as i64,
            header.from as i64,
            header.to as i64,
            header.begins,
            packed.events,
            packed.memory,
            header.digest,
            hash,
            signature,
        ])?;
        Ok((number, hash))
    }

    /// Says that nothing comes any more, and makes one file of it.
    ///
    /// # Errors
    /// When that could not be written; what was there before stays readable.
    pub fn close(self, now: Time) -> Result<PathBuf, StoreError> {
        let hash = chain::seal(&self.hash, self.number, now.0);
        let signature = self.key.as_ref().map(|key| key.sign(&hash));
        let end = || -> rusqlite::Result<()> {
            let sql = "INSERT INTO seal (batches, time, hash, signature) VALUES (?, ?, ?, ?)";
            self.database.execute(sql, params![self.number as i64, now.0 as i64, hash, signature])?;
            self.database.pragma_update(None, "wal_checkpoint", "truncate")?;
            self.database.pragma_update(None, "journal_mode", "delete")
        };
        end().map_err(|error| StoreError::sql(&self.path, error))?;
        Ok(self.path)
    }
}

/// The fact that names who signed.
pub(super) const SIGNER: &str = "signer";
