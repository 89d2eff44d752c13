//! What a long and heavy load does to the tracer: programs, brief containers and connections without a break, while connections
//! are held and processes sleep; each interval, what was told, what was lost, and how large it is.

mod kit;

use std::io::{BufRead as _, BufReader, PipeReader, pipe};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use kit::cost::{cpu_seconds, memory_mb, pss_mb};
use kit::crowd::{Crowd, own_cgroup};
use kit::mixed::Made;
use kit::number;
use kit::tiny::Tiny;
use kit::tracer::Tracer;
use kit::watched::Watched;
use kit::work::Work;

/// Time after the load in which the rest is told.
const REST: Duration = Duration::from_secs(2);

/// The load, and how it is cut into intervals.
struct Load {
    intervals: usize,
    seconds: usize,
    /// Events a second; 0 for as many as go.
    rate: usize,
    /// How many make it side by side.
    loops: usize,
    program: String,
    cgroups: String,
}

fn main() {
    kit::work::run_if_asked();
    kit::root();
    let (tiny, own) = (Tiny::make(), own_cgroup());
    let load = Load {
        intervals: number("--intervals", 10).max(1),
        seconds: number("--seconds", 60).max(1),
        rate: number("--rate", 0),
        loops: number("--loops", 2).max(1),
        program: tiny.path(),
        cgroups: own.to_str().expect("a path in UTF-8").to_owned(),
    };
    let (asleep, held) = (number("--asleep", 1_000), number("--held", 10_000));
    std::fs::create_dir(&own).expect("a cgroup can be made");
    let crowd = Crowd::gather(asleep, 0);
    // A process may have some 20,000 files open, and each of these takes two.
    let connections: Vec<Work> =
        (0..held.div_ceil(5_000)).map(|at| Work::held((held - at * 5_000).min(5_000))).collect();
    let pace = if load.rate > 0 { format!("{} events a second", load.rate) } else { "as many events as go".to_owned() };
    println!(
        "{} intervals of {} s, {pace} from {} at once; {asleep} processes sleep, {held} connections are held",
        load.intervals, load.seconds, load.loops
    );
    let only = kit::word("--only");
    match only.as_deref() {
        Some("watch") => watch(&load),
        Some("screen") => screen(&load),
        _ => {
            watch(&load);
            screen(&load);
        }
    }
    connections.into_iter().for_each(Work::release);
    drop(crowd);
    std::fs::remove_dir(&own).expect("it is empty again");
}

impl Load {
    /// Makes the load, and looks at the process `pid` after each interval; gives what was made.
    fn put_on(&self, pid: u32, told: impl Fn() -> String) -> Made {
        let (mut all, mut cpu) = (Made::default(), cpu_seconds(pid));
        for interval in 1..=self.intervals {
            let rate = self.rate / self.loops;
            let works: Vec<_> =
                (0..self.loops).map(|_| Work::mixed(rate, self.seconds, &self.program, &self.cgroups)).collect();
            works.into_iter().for_each(|work| all.add(work.made()));
            let (before, rss, pss) = (cpu, memory_mb(pid, "VmRSS"), pss_mb(pid));
            cpu = cpu_seconds(pid);
            println!(
                "| {interval} | {} | {} | {} | {} | {:.1} | {pss:.1} | {rss:.1} | {:.1} |",
                all.events(),
                all.programs,
                all.containers,
                told(),
                cpu - before,
                memory_mb(pid, "VmHWM"),
            );
        }
        sleep(REST);
        all
    }
}

fn watch(load: &Load) {
    let folder = tempfile::tempdir_in("/var/tmp").expect("a folder for the recording");
    let file = folder.path().join("it.ktrace");
    let (reader, writer) = pipe().expect("a pipe");
    let tracer = Tracer::start(&["--no-runtimes", "--record", file.to_str().expect("UTF-8")], writer);
    let told = Arc::new([const { AtomicUsize::new(0) }; 2]);
    let counting = count(reader, load.program.clone(), Arc::clone(&told));
    println!(
        "\n| `watch --record` | events made | programs | containers | execs told, records lost | CPU s | PSS MB | RSS MB | peak MB |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let now = || told.iter().map(|it| it.load(Ordering::Relaxed).to_string()).collect::<Vec<_>>().join(", ");
    let made = load.put_on(tracer.pid(), now);
    tracer.finish();
    counting.join().expect("its lines are read to the end");
    let [execs, lost] = [0, 1].map(|at| told[at].load(Ordering::Relaxed));
    let size = std::fs::metadata(&file).map_or(0, |it| it.len()) as f64 / 1e6;
    println!("\n{execs} of {} execs told, {lost} records lost; the recording has {size:.1} MB", made.programs);
}

/// Reads the lines of a tracer: execs of `program`, and records that were lost.
fn count(from: PipeReader, program: String, told: Arc<[AtomicUsize; 2]>) -> JoinHandle<()> {
    spawn(move || {
        let mut lines = BufReader::with_capacity(1 << 20, from);
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|count| count > 0) {
            if line.contains(r#""kind":"exec""#) && line.contains(&program) {
                told[0].fetch_add(1, Ordering::Relaxed);
            } else if line.starts_with(r#"{"type":"loss""#) {
                let line: serde_json::Value = serde_json::from_str(&line).expect("an object");
                told[1].fetch_add(line["count"].as_u64().unwrap_or(0) as usize, Ordering::Relaxed);
            }
            line.clear();
        }
    })
}

fn screen(load: &Load) {
    let mut command = kit::program();
    command.arg("--no-runtimes");
    let watched = Watched::start(command, 200, 50);
    sleep(Duration::from_secs(3));
    println!("\n| the screen, 200×50 | events made | programs | containers | | CPU s | PSS MB | RSS MB | peak MB |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    load.put_on(watched.pty.pid(), String::new);
    watched.quit();
}
