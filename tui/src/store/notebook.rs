//! Notes in the file of a recording: beside the chain, never in it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row, params};

use super::StoreError;
use super::dictionary::{id_of, key};
use super::file::unsigned;
use super::note::{Note, NoteChange};
use crate::model::Time;

/// All notes, in the order of their moments.
pub(super) fn read(database: &Connection) -> rusqlite::Result<Vec<Note>> {
    let sql = "SELECT id, written, author, seq, time, process, mark, text FROM note ORDER BY seq, time, id";
    database.prepare(sql)?.query_map([], note)?.collect()
}

fn note(row: &Row<'_>) -> rusqlite::Result<Note> {
    Ok(Note {
        id: unsigned(row.get(0)?),
        written: Time(unsigned(row.get(1)?)),
        author: row.get(2)?,
        at: unsigned(row.get(3)?),
        time: Time(unsigned(row.get(4)?)),
        process: row.get::<_, Option<i64>>(5)?.map(id_of),
        mark: row.get(6)?,
        text: row.get(7)?,
    })
}

/// Writes a change into a recording that nobody else writes.
///
/// # Errors
/// When it cannot be written; then the file is as it was.
pub(super) fn change(path: &Path, change: &NoteChange) -> Result<(), StoreError> {
    let write = || -> rusqlite::Result<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(path, flags)?;
        match change {
            NoteChange::Add(note) => add(&database, note)?,
            NoteChange::Edit(id, text) => {
                database.execute("UPDATE note SET text = ? WHERE id = ?", params![text, *id as i64])?
            }
            NoteChange::Delete(id) => database.execute("DELETE FROM note WHERE id = ?", [*id as i64])?,
        };
        database.close().map_err(|(_, error)| error)
    };
    write().map_err(|error| StoreError::Notes { file: path.into(), error })
}

/// Writes these notes in place of those that are there.
pub(super) fn replace(database: &Connection, notes: &[Note]) -> rusqlite::Result<()> {
    let step = database.unchecked_transaction()?;
    step.execute("DELETE FROM note", [])?;
    for note in notes {
        add(&step, note)?;
    }
    step.commit()
}

fn add(database: &Connection, note: &Note) -> rusqlite::Result<usize> {
    let sql = "INSERT INTO note (written, author, seq, time, process, mark, text) VALUES (?, ?, ?, ?, ?, ?, ?)";
    let process = note.process.map(key);
    let (written, at, time) = (note.written.0 as i64, note.at as i64, note.time.0 as i64);
    database.execute(sql, params![written, note.author, at, time, process, note.mark, note.text])
}
