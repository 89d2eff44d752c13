//! Recordings: what somebody hands on as one, and what is left of one on a disk that forgets.
#![cfg(any(test, fuzzing))]
#![allow(clippy::unwrap_used, reason = "to panic is how a fuzzer is told")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use rusqlite::{Connection, params};

use super::batch::{Batch, Packed};
use super::{Limits, Moment, Player, Recording, StoreError, Tape as _, Writer};
use crate::fuzz::{Bytes, harmless, live_on, live_through};
use crate::model::filter::{Anchor, Filter};
use crate::model::{Event, Memory, Model};
use crate::source::tetragon::Import;

/// An attack in some fifty events, as another sensor told of it.
static KNOWN: LazyLock<Vec<Event>> = LazyLock::new(|| {
    let mut import = Import::default();
    let lines = include_str!("../../tests/data/tetragon/tetragon-attack.jsonl").lines();
    lines.flat_map(|line| import.line(line).unwrap_or_default()).collect()
});

/// A recording of them in three batches, as the bytes of its file.
static RECORDED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let place = place("base");
    let mut writer = Writer::create(&place, &vec![("host".into(), "fuzz".into())], None, Limits::default()).unwrap();
    let (mut model, mut first) = (Model::default(), 1);
    for events in KNOWN.chunks(KNOWN.len() / 3 + 1) {
        let memory = Some(model.remember());
        let batch = Batch { first, events: events.to_vec(), memory, ..Batch::default() };
        writer.write(&Arc::new(Packed::pack(&batch)), &batch).unwrap();
        events.iter().for_each(|event| model.apply(event));
        first += events.len() as u64;
    }
    writer.close(crate::model::Time(1)).unwrap();
    let bytes = fs::read(&place).unwrap();
    fs::remove_file(&place).unwrap();
    bytes
});

/// Events that are there for whoever asks something of events.
pub(crate) fn known_events() -> &'static [Event] {
    &KNOWN
}

/// A file in memory, of this process alone.
fn place(name: &str) -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id());
    let number: String = thread.chars().filter(char::is_ascii_digit).collect();
    Path::new("/dev/shm").join(format!("ktrace-fuzz-{}-{number}-{name}", std::process::id()))
}

/// Tries bytes as what is in a batch, or in a memory: the first says which.
pub(crate) fn batch(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let squeezed = zstd::bulk::compress(bytes, 1).unwrap();
    match which % 3 {
        0 => events(&Packed { first: 1, events: squeezed, ..Packed::default() }),
        1 => memory(&Packed { memory: Some(squeezed), ..Packed::default() }),
        // As it is, without the compression that would make it right.
        _ => {
            let packed = Packed { events: bytes.to_vec(), memory: Some(bytes.to_vec()), ..Packed::default() };
            drop((packed.unpack(), packed.memory()));
        }
    }
}

/// A batch is the same when it is written and read again.
fn events(packed: &Packed) {
    let batch = match packed.opened() {
        Ok(batch) => batch,
        Err(error) => return harmless(&error.to_string()),
    };
    let written = Packed::pack(&batch);
    let again = written.unpack().unwrap();
    assert_eq!(Packed::pack(&again), written);
    live_through(&batch.events);
}

/// A memory is one that a model goes on from.
fn memory(packed: &Packed) {
    let memory: Memory = match packed.memory() {
        Ok(Some(memory)) => memory,
        Ok(None) => return,
        Err(error) => return harmless(&error.to_string()),
    };
    let mut model = Model::recall(memory);
    live_on(&mut model, known_events());
    let _ = model.remember();
}

/// Tries bytes as a recording, where they begin like one; else as changes of a good one. It is opened, verified, gone
/// through, searched and asked for its notes.
pub(crate) fn recording(bytes: &[u8]) {
    let file = place("tried");
    let whole = bytes.starts_with(b"SQLite format 3\0");
    fs::write(&file, if whole { bytes } else { RECORDED.as_slice() }).unwrap();
    if !whole {
        change(&file, Bytes(bytes));
    }
    if let Err(error) = look(&file) {
        error.to_string().lines().for_each(harmless);
    }
    fs::remove_file(&file).unwrap();
}

/// Changes of a recording, one after the other: bytes of the file, its length, what stands in its tables.
fn change(file: &Path, mut bytes: Bytes<'_>) {
    for _ in 0..16 {
        if bytes.0.is_empty() {
            return;
        }
        match bytes.byte() % 8 {
            0..=1 => overwrite(file, &mut bytes),
            2 => {
                let length = fs::metadata(file).map_or(0, |data| data.len());
                let handle = fs::OpenOptions::new().write(true).open(file).unwrap();
                handle.set_len(length * bytes.short() as u64 / 0xffff).unwrap();
            }
            // What is no database any more cannot be changed as one.
            what => drop(tables(file, what, &mut bytes)),
        }
    }
}

fn overwrite(file: &Path, bytes: &mut Bytes<'_>) {
    let mut all = fs::read(file).unwrap();
    let at = (bytes.short() << 8 | usize::from(bytes.byte())) % all.len().max(1);
    let count = usize::from(bytes.byte() % 16) + 1;
    for (to, from) in all.iter_mut().skip(at).zip(bytes.take(count)) {
        *to = *from;
    }
    fs::write(file, all).unwrap();
}

fn tables(file: &Path, what: u8, bytes: &mut Bytes<'_>) -> rusqlite::Result<()> {
    const NUMBERS: [&str; 7] = ["first", "count", "from_time", "to_time", "begins", "pruned", "number"];
    let database = Connection::open(file)?;
    database.execute_batch("PRAGMA journal_mode = off; PRAGMA synchronous = off")?;
    let number = i64::from(bytes.byte() % 4);
    match what {
        3 => {
            let column = NUMBERS[usize::from(bytes.byte()) % NUMBERS.len()];
            database
                .execute(&format!("UPDATE batch SET {column} = ? WHERE number = ?"), params![bytes.long(), number])?;
        }
        4 | 5 => {
            let column = if what == 4 { "events" } else { "memory" };
            let squeezed = zstd::bulk::compress(bytes.piece(), 1).unwrap_or_default();
            database.execute(&format!("UPDATE batch SET {column} = ? WHERE number = ?"), params![squeezed, number])?;
            resign(&database, number)?;
        }
        6 => {
            let text = String::from_utf8_lossy(bytes.piece()).into_owned();
            database.execute("INSERT INTO node (place, key, value) VALUES (9, 'signer', ?)", [text])?;
        }
        // Whatever a database may hold: views that never end, triggers, other types.
        _ => database.execute_batch(&String::from_utf8_lossy(bytes.piece()))?,
    }
    Ok(())
}

/// Makes the digest of a batch right again, so that `verify` looks into it.
fn resign(database: &Connection, number: i64) -> rusqlite::Result<()> {
    let sql = "SELECT events, memory FROM batch WHERE number = ?";
    let (events, memory) = database.query_row(sql, [number], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let digest = super::chain::digest(&Packed { events, memory, ..Packed::default() });
    database.execute("UPDATE batch SET digest = ? WHERE number = ?", params![digest, number])?;
    Ok(())
}

/// Everything that is done with a recording.
fn look(file: &Path) -> Result<(), StoreError> {
    let mut recording = Recording::open(file)?;
    // What a hostile one asks of the database ends when somebody is tired of it, as on the screen.
    let began = std::time::Instant::now();
    recording.on_work(move || began.elapsed().as_secs() < 2);
    let report = recording.verify(None, &mut |_, _| true);
    if let Ok(report) = &report
        && let super::Verdict::Changed(change) = &report.verdict
    {
        change.what.lines().for_each(harmless);
    }
    let _ = (recording.facts(), recording.root(), recording.secret(), recording.boot());
    for text in ["uid = 0 and kind = exec", "under (path ~ bash) or severity >= low", "remote = 10.0.0.0/8"] {
        let filter = Filter::parse(text, Anchor::default()).unwrap().unwrap();
        let _ =
            (recording.hunt(&filter, 100, &mut |_| true), recording.count(&filter), recording.hunt_findings(&filter));
    }
    let notes = recording.notes();
    assert!(notes.len() < 1 << 20);
    let outline = recording.outline()?;
    let _ = (outline.times(), outline.holding(3));
    let numbers = outline.numbers();
    let mut player = Player::new(Box::new(recording), 8);
    for moment in [Moment::Start, Moment::End, Moment::Number(numbers.start / 2 + numbers.end / 2)] {
        let shot = player.seek(moment)?;
        let _ = player.forward(shot.number, Moment::End, 16);
    }
    Ok(())
}
