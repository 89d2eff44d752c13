//! A recording that is looked at: nothing is written into it.

use std::fs::File as Handle;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags, Row};
use rustix::fs::FlockOperation;

use super::batch::{Found, Packed};
use super::chain::{self, Hash};
use super::note::{Note, NoteChange};
use super::notebook;
use super::tape::{Outline, Span, Tape};
use super::{APPLICATION, FORMAT, StoreError};
use crate::model::{Event, Loss, LossKind, Time};

/// What every SQLite file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// A recording.
#[derive(Debug)]
pub struct Recording {
    pub(super) database: Connection,
    path: PathBuf,
    /// Batch numbers, by their place in the outline.
    numbers: Vec<i64>,
    outline: Option<Arc<Outline>>,
    /// Somebody writes it now: it grows.
    live: bool,
    /// Declared after the database: to close it would let go of SQLite's locks.
    _lock: Handle,
}

/// True for a file that begins like a recording.
///
/// # Errors
/// When it cannot be read.
pub fn is_recording(path: &Path) -> std::io::Result<bool> {
    let mut start = Vec::new();
    Handle::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut start)?;
    Ok(start == MAGIC)
}

impl Recording {
    /// Opens a recording to look at it.
    ///
    /// # Errors
    /// When it is none, is of a newer version, or cannot be read.
    pub fn open(path: &Path) -> Result<Recording, StoreError> {
        let not_one = || StoreError::NoRecording { file: path.into() };
        let io = |error| StoreError::file(path, error);
        if !is_recording(path).map_err(io)? {
            return Err(not_one());
        }
        let lock = Handle::open(path).map_err(io)?;
        let live = rustix::fs::flock(&lock, FlockOperation::NonBlockingLockShared).is_err();
        let database = connect(path, live).map_err(|error| StoreError::sql(path, error))?;
        let number = |name| database.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        match (number("application_id"), number("user_version")) {
            (Ok(APPLICATION), Ok(FORMAT)) => {}
            (Ok(APPLICATION), Ok(version)) => return Err(StoreError::Newer { file: path.into(), version }),
            (Ok(_), Ok(_)) => return Err(not_one()),
            (Err(error), _) | (_, Err(error)) => return Err(StoreError::sql(path, error)),
        }
        // Where that cannot be read nothing can, and whoever asks for something is told.
        if let Ok(Some(what)) = foreign(&database) {
            return Err(StoreError::Foreign { file: path.into(), what });
        }
        Ok(Recording { database, path: path.into(), numbers: Vec::new(), outline: None, live, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// True while somebody writes it.
    pub fn live(&self) -> bool {
        self.live
    }

    /// What it says of the node that it came from.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn facts(&self) -> Result<Vec<(String, String)>, StoreError> {
        let read = || -> rusqlite::Result<_> {
            let mut rows = self.database.prepare("SELECT key, value FROM node ORDER BY place")?;
            rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        read().map_err(|error| self.sql(error))
    }

    /// When the node was booted, as its processes are told; 0 where it does not say.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn boot(&mut self) -> Result<Time, StoreError> {
        if self.outline()?.spans.is_empty() {
            return Ok(Time(0));
        }
        let first = self.batch(0)?;
        let told = first.memory()?.map(|memory| memory.boot().time).filter(|time| *time > Time(0));
        let begun = |event| if let Event::Boot(boot) = event { Some(boot.time) } else { None };
        Ok(told.or(first.unpack()?.events.into_iter().find_map(begun)).unwrap_or_default())
    }

    /// Has `look` called every now and then while the database works; it stops when that says no.
    pub fn on_work(&mut self, mut look: impl FnMut() -> bool + Send + 'static) {
        // Some ten thousand steps are under a millisecond.
        let _ = self.database.progress_handler(10_000, Some(move || !look()));
    }

    /// The hash of its last batch: over all that is in it.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn root(&self) -> Result<Hash, StoreError> {
        let sql = "SELECT hash FROM batch ORDER BY number DESC LIMIT 1";
        let read = || self.database.query_row(sql, [], |row| row.get::<_, Hash>(0));
        match read() {
            Err(rusqlite::Error::QueryReturnedNoRows) => Ok(chain::genesis([].into_iter())),
            read => read.map_err(|error| self.sql(error)),
        }
    }

    /// A key out of all that is in it, which nobody can tell who has only what reports say of it: its root.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn secret(&self) -> Result<[u8; 32], StoreError> {
        let read = || -> rusqlite::Result<[u8; 32]> {
            let mut hasher = blake3::Hasher::new_derive_key("ktrace-tui pseudonyms of a recording");
            let mut rows = self.database.prepare("SELECT digest FROM batch ORDER BY number")?;
            let mut rows = rows.query([])?;
            while let Some(row) = rows.next()? {
                hasher.update(row.get_ref(0)?.as_blob()?);
            }
            Ok(*hasher.finalize().as_bytes())
        };
        read().map_err(|error| self.sql(error))
    }

    /// A batch, by its number.
    pub(super) fn packed(&self, number: i64) -> Result<Packed, StoreError> {
        let sql = "SELECT first, count, from_time, to_time, events, memory FROM batch WHERE number = ?";
        let read = || -> rusqlite::Result<_> {
            self.database.prepare_cached(sql)?.query_row([number], |row| {
                let events: Option<Vec<u8>> = row.get(4)?;
                let packed = Packed {
                    first: unsigned(row.get(0)?),
                    count: unsigned(row.get(1)?),
                    from: Time(unsigned(row.get(2)?)),
                    to: Time(unsigned(row.get(3)?)),
                    events: Vec::new(),
                    memory: row.get(5)?,
                };
                Ok(events.map(|events| Packed { events, ..packed }))
            })
        };
        read().map_err(|error| self.sql(error))?.ok_or(StoreError::Gone)
    }

    /// What can be read of it: of a damaged file, all up to where it is damaged.
    fn read_outline(&mut self) -> rusqlite::Result<Outline> {
        let mut outline = Outline::default();
        if self.read_spans("INDEXED BY batch_outline", &mut outline).is_err() {
            // The index is damaged, or more than that.
            outline.spans.clear();
            let read = self.read_spans("NOT INDEXED", &mut outline);
            if outline.spans.is_empty() {
                read?;
            }
        }
        let log = self.each("SELECT seq, entry FROM log ORDER BY rowid", &mut |row| {
            if let Ok(entry) = rmp_serde::from_slice(row.get_ref(1)?.as_blob()?) {
                outline.found.push(Found { at: unsigned(row.get(0)?), entry });
            }
            Ok(())
        });
        let losses = self.each("SELECT time, kind, count, from_time, to_time FROM loss ORDER BY rowid", &mut |row| {
            let kind: String = row.get(1)?;
            outline.losses.push(Loss {
                time: Time(unsigned(row.get(0)?)),
                kind: LossKind::of(&kind),
                count: unsigned(row.get(2)?),
                from: Time(unsigned(row.get(3)?)),
                to: Time(unsigned(row.get(4)?)),
                group: None,
            });
            Ok(())
        });
        // What is beyond the damage is missing; `verify` tells where that is.
        drop((log, losses));
        Ok(outline)
    }

    fn read_spans(&mut self, by: &str, outline: &mut Outline) -> rusqlite::Result<()> {
        let mut numbers = Vec::new();
        let sql = format!(
            "SELECT number, first, count, from_time, to_time, begins FROM batch {by} \
             WHERE pruned = 0 AND count > 0 ORDER BY number"
        );
        let read = self.each(&sql, &mut |row| {
            let span = Span {
                first: unsigned(row.get(1)?),
                count: unsigned(row.get(2)?),
                from: Time(unsigned(row.get(3)?)),
                to: Time(unsigned(row.get(4)?)),
                memory: row.get(5)?,
            };
            numbers.push(row.get(0)?);
            outline.spans.push(span);
            Ok(())
        });
        self.numbers = numbers;
        read
    }

    fn each(&self, sql: &str, take: &mut dyn FnMut(&Row<'_>) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
        let mut statement = self.database.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(row)?;
        }
        Ok(())
    }

    pub(super) fn sql(&self, error: rusqlite::Error) -> StoreError {
        StoreError::sql(&self.path, error)
    }
}

impl Tape for Recording {
    fn outline(&mut self) -> Result<Arc<Outline>, StoreError> {
        if let Some(outline) = self.outline.as_ref().filter(|_| !self.live) {
            return Ok(Arc::clone(outline));
        }
        let outline = Arc::new(self.read_outline().map_err(|error| StoreError::sql(&self.path, error))?);
        self.outline = Some(Arc::clone(&outline));
        Ok(outline)
    }

    fn batch(&mut self, at: usize) -> Result<Arc<Packed>, StoreError> {
        let number = *self.numbers.get(at).ok_or(StoreError::Gone)?;
        self.packed(number).map(Arc::new)
    }

    fn notes(&mut self) -> Vec<Note> {
        // A table that cannot be read has no notes to show; `verify` looks at it.
        notebook::read(&self.database).unwrap_or_default()
    }

    fn change(&mut self, change: NoteChange) -> Result<(), StoreError> {
        if self.live {
            return Err(StoreError::Growing { file: self.path.clone() });
        }
        // What is open does not expect that anybody writes.
        self.database = Connection::open_in_memory().map_err(|error| self.sql(error))?;
        let done = notebook::change(&self.path, &change);
        self.database = connect(&self.path, false).map_err(|error| self.sql(error))?;
        done
    }

    fn lasting(&self) -> bool {
        true
    }
}

/// A view, a trigger or a table with a program behind it that is not one of ours: it could go on for ever, or tell what no
/// batch tells. Those of ours are written as they stand in our own text.
fn foreign(database: &Connection) -> rusqlite::Result<Option<String>> {
    let own = include_str!("schema.sql");
    let sql = "SELECT type, name, coalesce(sql, '') FROM sqlite_schema \
               WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%'";
    let mut statement = database.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name, text): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if text.is_empty() || !own.contains(&text) {
            return Ok(Some(format!("a {kind} `{name}`")));
        }
    }
    Ok(None)
}

/// What the database keeps with a sign has none.
pub(super) fn unsigned(number: i64) -> u64 {
    number as u64
}

/// Opens the database so that nothing is written, not even beside it, whether it was closed well or not.
fn connect(path: &Path, live: bool) -> rusqlite::Result<Connection> {
    let mut beside = path.as_os_str().to_owned();
    beside.push("-wal");
    let unfinished = std::fs::metadata(beside).is_ok_and(|file| file.len() > 0);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let name = uri(path);
    if live {
        return Connection::open_with_flags(format!("{name}?mode=ro"), flags);
    }
    if !unfinished {
        return Connection::open_with_flags(format!("{name}?mode=ro&immutable=1"), flags);
    }
    // What was committed last stands beside the file. Nobody writes it any more: without locks and shared memory it is
    // read from there, and nothing has to be made.
    let database = Connection::open_with_flags_and_vfs(format!("{name}?mode=ro"), flags, c"unix-none")?;
    database.pragma_update(None, "locking_mode", "exclusive")?;
    Ok(database)
}

fn uri(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            uri.push(byte as char);
        } else {
            uri.push_str(&format!("%{byte:02x}"));
        }
    }
    uri
}
