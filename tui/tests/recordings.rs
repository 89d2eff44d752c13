//! Recordings: written, looked at, verified, damaged.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../benches/kit/storm.rs"]
mod storm;

use std::path::{Path, PathBuf};

use ktrace_tui::model::{Event, Limits as Kept, Model};
use ktrace_tui::store::{
    Key, Limits, Moment, Note, NoteChange, Player, PublicKey, Recorder, Recording, Said, Settings, StoreError, Tape,
    Verdict,
};
use rusqlite::Connection;
use storm::Storm;
use tempfile::TempDir;

const LIMITS: Kept = Kept { dead: 1_000, connections: 16, images: 4 };

/// Records `events` to a file, with `change` to the settings.
fn record(events: &[Event], path: &Path, change: impl FnOnce(&mut Settings)) {
    let facts = vec![("host".to_owned(), "node-1".to_owned()), ("version".to_owned(), "0".to_owned())];
    let mut settings = Settings { facts, record: Some(path.into()), ..Settings::default() };
    change(&mut settings);
    let mut recorder = Recorder::start(settings).unwrap();
    let mut model = Model::new(LIMITS);
    let mut tape = recorder.tape();
    for (batch, noted) in events.chunks(500).zip(1_u64..) {
        for event in batch {
            model.apply(event);
        }
        recorder.note(batch.to_vec(), Vec::new(), &model);
        // A test is faster than any node: it waits where a node would be told of a loss.
        while noted % 10 == 0 && recorder.dropped() == 0 && tape.outline().unwrap().numbers().end + 30_000 < noted * 500
        {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
    assert_eq!(recorder.dropped(), 0);
    let said = recorder.finish();
    assert!(matches!(said.as_slice(), [Said::Saved(_)]), "{said:?}");
}

fn storm(count: usize) -> Vec<Event> {
    Storm::new(7, 10_000).take(count).collect()
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("a b?.ktrace")
}

fn verdict(path: &Path) -> Verdict {
    Recording::open(path).unwrap().verify(None, &mut |_, _| true).unwrap().verdict
}

#[test]
fn what_is_in_the_file_is_what_happened() {
    let (folder, events) = (tempfile::tempdir().unwrap(), storm(60_000));
    record(&events, &file(&folder), |_| {});
    assert_eq!(verdict(&file(&folder)), Verdict::Whole);
    let mut recording = Recording::open(&file(&folder)).unwrap();
    assert_eq!(recording.outline().unwrap().numbers(), 1..60_001);
    let mut player = Player::new(Box::new(recording), 5);
    for moment in [0, 1, 777, 16_384, 30_000, 59_999, 60_000] {
        let mut truth = Model::new(LIMITS);
        events[..moment].iter().for_each(|event| truth.apply(event));
        let shot = player.seek(Moment::Number(moment as u64)).unwrap();
        assert!(shot.model.remember() == truth.remember(), "another tree after event {moment}");
    }
}

#[test]
fn a_recording_is_one_file_that_only_its_owner_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    record(&storm(2_000), &file(&folder), |_| {});
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(names, [file(&folder)]);
    assert_eq!(std::fs::metadata(file(&folder)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_is_there_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(file(&folder), "mine").unwrap();
    let error = Recorder::start(Settings { record: Some(file(&folder)), ..Settings::default() }).unwrap_err();
    assert!(matches!(error, StoreError::File { .. }), "{error}");
    assert_eq!(std::fs::read(file(&folder)).unwrap(), b"mine");
}

#[test]
fn looking_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    record(&storm(20_000), &file(&folder), |_| {});
    let before = std::fs::read(file(&folder)).unwrap();
    assert_eq!(verdict(&file(&folder)), Verdict::Whole);
    Player::new(Box::new(Recording::open(&file(&folder)).unwrap()), 5).seek(Moment::End).unwrap();
    assert!(std::fs::read(file(&folder)).unwrap() == before, "the file was changed");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Every change that somebody could make with `sqlite3` alone.
#[test]
fn every_change_shows() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    record(&storm(40_000), &whole, |_| {});
    let changes = [
        "UPDATE batch SET events = (SELECT events FROM batch WHERE number = 1) WHERE number = 2",
        "UPDATE batch SET memory = NULL WHERE number = 1",
        "UPDATE batch SET to_time = to_time + 1 WHERE number = 3",
        "UPDATE batch SET hash = zeroblob(32) WHERE number = 3",
        "UPDATE batch SET digest = zeroblob(32) WHERE number = 3",
        "UPDATE batch SET events = NULL, memory = NULL, pruned = 1 WHERE number = 2",
        "DELETE FROM batch WHERE number = 1",
        "DELETE FROM batch WHERE number = 2",
        "DELETE FROM batch WHERE number = (SELECT max(number) FROM batch)",
        "UPDATE node SET value = 'elsewhere' WHERE key = 'host'",
        "INSERT INTO node (place, key, value) VALUES (99, 'k', 'v')",
        "DELETE FROM event WHERE seq = 12345",
        "UPDATE event SET time = time + 1 WHERE seq = 12345",
        "INSERT INTO event (seq, time, kind, process) VALUES (9999999, 1, 1, 1)",
        "UPDATE image SET command = 'innocent' WHERE id = (SELECT max(id) FROM image)",
        "UPDATE process SET pid = 4711 WHERE id = (SELECT process FROM event WHERE seq = 20000)",
        "UPDATE run SET image = 1 WHERE image IS NOT NULL",
        "UPDATE state SET uid = 4711",
        "UPDATE place SET container = 'x' WHERE container IS NOT NULL",
        "UPDATE path SET path = '/x' WHERE id = 1",
        "UPDATE endpoint SET address = '127.0.0.1' WHERE id = 3",
        "DELETE FROM loss",
        "UPDATE seal SET batches = batches - 1",
        "UPDATE seal SET hash = zeroblob(32)",
    ];
    for change in changes {
        let changed = folder.path().join("changed");
        std::fs::copy(&whole, &changed).unwrap();
        assert!(Connection::open(&changed).unwrap().execute(change, []).unwrap() > 0, "{change}: nothing to change");
        assert!(matches!(verdict(&changed), Verdict::Changed(_)), "{change}: {:?}", verdict(&changed));
    }
    let notes = folder.path().join("notes");
    std::fs::copy(&whole, &notes).unwrap();
    let note = "INSERT INTO note (written, author, seq, time, mark, text) VALUES (1, 'me', 1, 1, 0, 'n')";
    Connection::open(&notes).unwrap().execute(note, []).unwrap();
    assert_eq!(verdict(&notes), Verdict::Whole);
    Connection::open(&notes).unwrap().execute("DELETE FROM seal", []).unwrap();
    assert_eq!(verdict(&notes), Verdict::CutShort);
}

#[test]
fn whoever_makes_the_chain_anew_has_not_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys: Vec<_> = ["ours", "theirs"].map(|name| key_pair(folder.path(), name)).into_iter().collect();
    let (signed, forged) = (folder.path().join("signed"), folder.path().join("forged"));
    record(&storm(5_000), &signed, |settings| settings.key = Some(Key::read(&keys[0].0).unwrap()));
    record(&storm(5_000), &forged, |settings| settings.key = Some(Key::read(&keys[1].0).unwrap()));
    let ours = PublicKey::read(&keys[0].1).unwrap();
    let check = |path: &Path| Recording::open(path).unwrap().verify(Some(&ours), &mut |_, _| true).unwrap();
    let report = check(&signed);
    assert_eq!((report.verdict, report.trusted), (Verdict::Whole, true));
    assert_eq!(report.signer, Some(ours.fingerprint()));
    assert!(matches!(check(&forged).verdict, Verdict::Changed(_)));
    // Signatures of another recording, and none at all.
    for change in ["UPDATE batch SET signature = zeroblob(64)", "UPDATE batch SET signature = NULL WHERE number = 1"] {
        Connection::open(&signed).unwrap().execute(change, []).unwrap();
        assert!(matches!(check(&signed).verdict, Verdict::Changed(_)), "{change}");
    }
}

fn key_pair(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let (private, public) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.pub")));
    let openssl = |arguments: &[&std::ffi::OsStr]| {
        assert!(std::process::Command::new("openssl").args(arguments).status().unwrap().success());
    };
    openssl(&["genpkey".as_ref(), "-algorithm".as_ref(), "ed25519".as_ref(), "-out".as_ref(), private.as_ref()]);
    openssl(&["pkey".as_ref(), "-in".as_ref(), private.as_ref(), "-pubout".as_ref(), "-out".as_ref(), public.as_ref()]);
    (private, public)
}

#[test]
fn a_recording_keeps_to_its_size_and_says_what_it_let_go() {
    let (folder, path) = (tempfile::tempdir().unwrap(), PathBuf::new());
    let path = folder.path().join(path).join("small");
    let size = 12 << 20;
    record(&storm(250_000), &path, |settings| settings.limits = Limits { size: Some(size), age: None });
    let length = std::fs::metadata(&path).unwrap().len();
    assert!(length < size * 3 / 2, "{length} bytes");
    let recording = Recording::open(&path).unwrap();
    let report = recording.verify(None, &mut |_, _| true).unwrap();
    assert_eq!(report.verdict, Verdict::Whole);
    assert!(report.pruned > 0 && report.events < 250_000);
    drop(recording);
    let database = Connection::open(&path).unwrap();
    let lost: u64 = database
        .query_row("SELECT sum(count) FROM loss WHERE kind = 'pruned'", [], |row| row.get::<_, i64>(0))
        .unwrap() as u64;
    // Losses and the boot are no process events: they are in no row of `event`.
    assert!(250_000 - report.events - lost < 50, "{lost} told as let go, {} are there", report.events);
    let stray = "SELECT count(*) FROM image WHERE id NOT IN (SELECT image FROM run WHERE image > 0)";
    let stray: i64 = database.query_row(stray, [], |row| row.get(0)).unwrap();
    assert!(stray < 20_000, "{stray} images that nobody runs");
    drop(database);
    let mut player = Player::new(Box::new(Recording::open(&path).unwrap()), 5);
    assert_eq!(player.seek(Moment::End).unwrap().number, 250_000);
    let shot = player.seek(Moment::Start).unwrap();
    assert!(shot.number > 10_000 && shot.model.totals().alive > 100, "it begins with what was known");
}

#[test]
fn notes_are_kept_beside_the_chain() {
    let folder = tempfile::tempdir().unwrap();
    record(&storm(3_000), &file(&folder), |_| {});
    let root = || Recording::open(&file(&folder)).unwrap().verify(None, &mut |_, _| true).unwrap().root;
    let before = root();
    let mut recording = Recording::open(&file(&folder)).unwrap();
    recording.outline().unwrap();
    let note = |at, text: &str| Note { at, text: text.into(), author: "ada".into(), ..Note::default() };
    for change in [
        NoteChange::Add(note(2_000, "late")),
        NoteChange::Add(note(1_000, "early")),
        NoteChange::Add(note(1_500, "wrong")),
        NoteChange::Edit(1, "later".into()),
        NoteChange::Delete(3),
    ] {
        recording.change(change).unwrap();
        assert!(recording.batch(0).is_ok(), "it can still be gone through");
    }
    let told = |recording: &mut Recording| recording.notes().into_iter().map(|it| (it.at, it.text)).collect::<Vec<_>>();
    let wanted = [(1_000, "early".to_owned()), (2_000, "later".to_owned())];
    assert_eq!(told(&mut recording), wanted);
    drop(recording);
    assert_eq!(told(&mut Recording::open(&file(&folder)).unwrap()), wanted);
    assert_eq!((verdict(&file(&folder)), root()), (Verdict::Whole, before));
    let names = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 1, "nothing is left beside it");
}

#[test]
fn notes_into_what_is_being_written_are_refused_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { record: Some(file(&folder)), ..Settings::default() };
    let recorder = Recorder::start(settings).unwrap();
    let mut recording = Recording::open(&file(&folder)).unwrap();
    let error = recording.change(NoteChange::Add(Note::default())).unwrap_err();
    assert!(error.to_string().contains("still being written"), "{error}");
    drop(recorder);
}

#[test]
fn what_is_no_recording_is_said_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let error = Recording::open(&path).unwrap_err();
        assert_eq!(error.to_string().lines().count(), 1);
        error
    };
    assert!(matches!(refused(b""), StoreError::NoRecording { .. }));
    assert!(matches!(refused(b"{\"process_exec\":{}}"), StoreError::NoRecording { .. }));
    assert!(matches!(refused(b"SQLite format 3\0garbage"), StoreError::Sql { .. }));
    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute("CREATE TABLE t (a)", []).unwrap();
    assert!(matches!(Recording::open(&path).unwrap_err(), StoreError::NoRecording { .. }));
    let newer = folder.path().join("newer");
    record(&storm(1_000), &newer, |_| {});
    Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Recording::open(&newer).unwrap_err(), StoreError::Newer { version: 99, .. }));
}

#[test]
fn what_works_by_itself_when_it_is_read_is_no_part_of_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    for (name, sql) in [
        (
            "view `seal`",
            "DROP TABLE seal; CREATE VIEW seal AS WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x FROM c) \
                         SELECT x AS batches, x AS time, x AS hash, x AS signature FROM c",
        ),
        ("view `events`", "DROP VIEW events; CREATE VIEW events AS SELECT 1 AS seq"),
        ("trigger `t`", "CREATE TRIGGER t AFTER INSERT ON note BEGIN DELETE FROM batch; END"),
        ("table `own`", "CREATE VIRTUAL TABLE own USING fts5 (a)"),
    ] {
        record(&storm(1_000), &path, |_| {});
        assert!(Recording::open(&path).is_ok());
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let error = Recording::open(&path).unwrap_err();
        assert!(matches!(&error, StoreError::Foreign { what, .. } if what == &format!("a {name}")), "{error}");
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn numbers_that_no_recording_reaches_are_gone_through_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    record(&storm(1_000), &path, |_| {});
    let sql = "UPDATE batch SET first = -1, count = 9223372036854775807 WHERE number = 1";
    Connection::open(&path).unwrap().execute(sql, []).unwrap();
    assert!(matches!(verdict(&path), Verdict::Changed(_)));
    let mut player = Player::new(Box::new(Recording::open(&path).unwrap()), 5);
    assert!(player.seek(Moment::Start).is_err(), "the batch does not hold as many events as it says");
    for moment in [Moment::Start, Moment::End, Moment::Number(u64::MAX)] {
        assert!(player.forward(u64::MAX, moment, 5).is_ok_and(|stretch| stretch.events.is_empty()));
    }
}

#[test]
fn a_damaged_page_takes_only_what_is_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    record(&storm(60_000), &path, |_| {});
    let mut bytes = std::fs::read(&path).unwrap();
    // In the middle of the packed events of a batch.
    let database = Connection::open(&path).unwrap();
    let blob: Vec<u8> = database.query_row("SELECT events FROM batch WHERE number = 3", [], |row| row.get(0)).unwrap();
    drop(database);
    let wanted = &blob[5_000..5_032];
    let at = bytes.windows(32).position(|window| window == wanted).unwrap();
    bytes[at..at + 32].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(verdict(&path), Verdict::Changed(change) if change.batch == Some(3)));
    let mut recording = Recording::open(&path).unwrap();
    let spans = recording.outline().unwrap().spans.len();
    let readable = (0..spans).filter(|&at| recording.batch(at).unwrap().unpack().is_ok()).count();
    assert_eq!(readable, spans - 1);
}

#[test]
fn a_file_that_ends_too_early_is_read_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    record(&storm(60_000), &path, |_| {});
    let bytes = std::fs::read(&path).unwrap();
    for part in [bytes.len() / 2, 4_096, 100] {
        std::fs::write(&path, &bytes[..part]).unwrap();
        match Recording::open(&path) {
            Ok(recording) => assert!(matches!(verdict(recording.path()), Verdict::Changed(_)), "{part} bytes"),
            Err(error) => assert_eq!(error.to_string().lines().count(), 1, "{part} bytes"),
        }
    }
}
