//! How fast the screen opens, how soon it shows what happened, and what it costs, idle and under load.

mod kit;

use std::collections::HashMap;
use std::fs::File;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use kit::cost::{cpu_seconds, memory_mb};
use kit::grid::Grid;
use kit::pty::OnPty;
use kit::tiny::Tiny;
use kit::work::{Work, marker};
use kit::{median, now, number, percentile};

const WIDTH: u16 = 200;
const HEIGHT: u16 = 50;
/// What every marker begins with.
const MARK: &[u8] = b"zqm";

fn main() -> ExitCode {
    kit::work::run_if_asked();
    kit::root();
    let (starts, samples) = (number("--starts", 20), number("--samples", 250));
    let (events, seconds) = (number("--events", 2_000), number("--seconds", 20));
    open(starts);
    let tiny = Tiny::make();
    let mut screen = Screen::start();
    screen.await_text("alive");
    println!("\n| {WIDTH}×{HEIGHT} | seconds | CPU % | RSS MB | peak MB |\n| --- | --- | --- | --- | --- |");
    screen.measure("idle", || sleep(Duration::from_secs(seconds as u64)));
    screen.pty.press("f");
    let name = format!("{events} events/s wanted, following");
    // A program is forked, runs and ends: three events.
    let (rate, spawned) = screen.measure(&name, || Work::paced(events.div_ceil(3), samples, &tiny.path()).markers());
    screen.pty.quit();
    let seen = screen.seen();
    let delays: Vec<f64> = (0..samples)
        .filter_map(|number| Some(seen.get(&marker(number))?.saturating_sub(spawned[number]) as f64 / 1e6))
        .collect();
    println!(
        "\n| event → frame | samples | seen | p50 ms | p99 ms | highest ms |\n| --- | --- | --- | --- | --- | --- |"
    );
    println!(
        "| {:.0} events/s reached | {samples} | {} | {:.1} | {:.1} | {:.1} |",
        rate * 3.0,
        delays.len(),
        percentile(&delays, 50.0),
        percentile(&delays, 99.0),
        percentile(&delays, 100.0)
    );
    if delays.len() < samples {
        let missed: Vec<_> = (0..samples).filter(|&number| !seen.contains_key(&marker(number))).collect();
        eprintln!("{} of the markers were never on the screen: {missed:?}", missed.len());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Starts the screen again and again.
fn open(starts: usize) {
    let (mut first, mut full) = (Vec::new(), Vec::new());
    for _ in 0..starts {
        let mut screen = Screen::start();
        let began = screen.pty.began;
        first.push((screen.await_text("ktrace-tui") - began) as f64 / 1e6);
        full.push((screen.await_text("alive") - began) as f64 / 1e6);
        screen.pty.quit();
    }
    println!("| start → | starts | median ms | p90 ms | highest ms |\n| --- | --- | --- | --- | --- |");
    for (name, times) in [("first frame", first), ("first frame with the processes of the node", full)] {
        let (p90, highest) = (percentile(&times, 90.0), percentile(&times, 100.0));
        println!("| {name} | {starts} | {:.0} | {p90:.0} | {highest:.0} |", median(&times));
    }
}

/// What was seen on the terminal, and when first.
#[derive(Default)]
struct Seen {
    /// The text that is waited for, and when it was there.
    wanted: Vec<(&'static str, Option<u64>)>,
    markers: HashMap<String, u64>,
}

struct Screen {
    pty: OnPty,
    seen: Arc<Mutex<Seen>>,
    reader: Option<JoinHandle<()>>,
}

impl Screen {
    fn start() -> Screen {
        let mut command = kit::program();
        command.arg("--no-runtimes").env_remove("NO_COLOR");
        let pty = OnPty::start(command, WIDTH, HEIGHT);
        let wanted = vec![("ktrace-tui", None), ("alive", None)];
        let seen = Arc::new(Mutex::new(Seen { wanted, ..Seen::default() }));
        let master = pty.master.try_clone().expect("a descriptor can be copied");
        let reader = Some(spawn({
            let seen = Arc::clone(&seen);
            move || look(master, &seen)
        }));
        Screen { pty, seen, reader }
    }

    /// When `text` was first on the screen; waits for it.
    fn await_text(&mut self, text: &str) -> u64 {
        for _ in 0..30_000 {
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, Some(at))) = seen.wanted.iter().find(|(wanted, _)| *wanted == text) {
                return *at;
            }
            drop(seen);
            sleep(Duration::from_millis(1));
        }
        panic!("`{text}` does not appear on the screen");
    }

    /// Tells what the screen costs during `what`.
    fn measure<T>(&self, name: &str, what: impl FnOnce() -> T) -> T {
        let pid = self.pty.pid();
        let (began, cpu) = (now(), cpu_seconds(pid));
        let given = what();
        let seconds = (now() - began) as f64 / 1e9;
        let share = (cpu_seconds(pid) - cpu) / seconds * 100.0;
        let (now, peak) = (memory_mb(pid, "VmRSS"), memory_mb(pid, "VmHWM"));
        println!("| {name} | {seconds:.0} | {share:.2} | {now:.1} | {peak:.1} |");
        given
    }

    /// When each marker was first on the screen, which has been left.
    fn seen(mut self) -> HashMap<String, u64> {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader of the terminal ends");
        }
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner).markers)
    }
}

/// Reads the terminal until it is closed, and notes when something is first shown.
fn look(mut master: File, seen: &Mutex<Seen>) {
    let mut grid = Grid::new(WIDTH.into(), HEIGHT.into());
    let mut buffer = vec![0; 1 << 16];
    while let Some((bytes, at)) = OnPty::read(&mut master, &mut buffer) {
        grid.feed(bytes);
        if !grid.alternate {
            continue;
        }
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        for (text, shown) in &mut seen.wanted {
            if shown.is_none() && grid.shows(text) {
                *shown = Some(at);
            }
        }
        for row in grid.rows() {
            for cells in row.windows(MARK.len() + 5).filter(|cells| cells.starts_with(MARK)) {
                seen.markers.entry(String::from_utf8_lossy(cells).into_owned()).or_insert(at);
            }
        }
    }
}
