//! A recording survives that its writer is killed, at any moment, and lacks no more than the last second.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../benches/kit/storm.rs"]
mod storm;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ktrace_tui::model::{Limits, Model};
use ktrace_tui::store::{Recorder, Recording, Settings, Tape as _, Verdict};
use storm::Storm;

/// Set for the writers that the test starts.
const WRITER: &str = "KTRACE_TEST_WRITER";
/// What a crash may take.
const AT_MOST: Duration = Duration::from_secs(1);
/// Events that a writer hands over at once, every few milliseconds.
const AT_ONCE: usize = 200;

/// Records without end, and tells the number of each event that it handed over.
fn write(path: &Path) {
    let mut recorder = Recorder::start(Settings { record: Some(path.into()), ..Settings::default() }).unwrap();
    let mut model = Model::new(Limits::default());
    let mut storm = Storm::new(u64::from(std::process::id()), 20_000);
    let mut last = 0;
    loop {
        let events: Vec<_> = storm.by_ref().take(AT_ONCE).collect();
        events.iter().for_each(|event| model.apply(event));
        last += events.len();
        recorder.note(events, Vec::new(), &model);
        assert_eq!(recorder.dropped(), 0);
        println!("{last}");
        std::io::stdout().flush().unwrap();
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// `KTRACE_TEST_KILLS` is how often; the figure in docs/BENCHMARKS.md is of 200.
#[test]
fn a_killed_recording_opens_and_lacks_no_more_than_a_second() {
    if let Some(path) = std::env::var_os(WRITER) {
        return write(Path::new(&path));
    }
    let kills = std::env::var("KTRACE_TEST_KILLS").map_or(40, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut worst = Duration::ZERO;
    for round in 0..kills {
        let path = folder.path().join(format!("{round}"));
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_killed_recording_opens_and_lacks_no_more_than_a_second", "--nocapture"])
            .env(WRITER, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let heard = Arc::clone(&told);
        let listener = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Ok(number) = line.parse::<u64>() {
                    heard.lock().unwrap().push((Instant::now(), number));
                }
            }
        });
        while told.lock().unwrap().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        // Up to a second and a half, spread evenly but in no order.
        std::thread::sleep(Duration::from_millis(round * 7_919 % 1_500));
        writer.kill().unwrap();
        let killed = Instant::now();
        writer.wait().unwrap();
        listener.join().unwrap();
        let told = std::mem::take(&mut *told.lock().unwrap());
        let before = std::fs::read(&path).unwrap();
        let mut recording = Recording::open(&path).unwrap();
        let end = recording.outline().unwrap().numbers().end;
        let report = recording.verify(None, &mut |_, _| true).unwrap();
        assert_eq!(report.verdict, Verdict::CutShort, "round {round}");
        assert_eq!(report.events, end - 1);
        let missing = told.iter().find(|(_, number)| *number >= end);
        let lacks = missing.map_or(Duration::ZERO, |(at, _)| killed.saturating_duration_since(*at));
        assert!(lacks <= AT_MOST, "round {round}: the last {lacks:?} are missing");
        worst = worst.max(lacks);
        drop(recording);
        assert!(std::fs::read(&path).unwrap() == before, "round {round}: looking at it changed it");
    }
    println!("{kills} kills, at most the last {} ms missing", worst.as_millis());
}
