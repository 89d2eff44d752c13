//! What watching costs those who are watched: loops of execs, connects, opens and datagrams and a compile, with and without
//! `watch`, in turn; how much `watch` has to take in meanwhile, and what its programs in the kernel take.

mod kit;
#[path = "slowdown/profile.rs"]
mod profile;

use std::process::Stdio;
use std::time::{Duration, Instant};

use kit::tiny::Tiny;
use kit::tracer::{Tracer, lines};
use kit::work::Work;
use kit::{median, number};

/// A loop to be slowed down.
pub(crate) struct Loop<'a> {
    name: &'a str,
    /// How many run side by side.
    loops: usize,
    /// Execs or connects of each.
    count: usize,
    start: &'a dyn Fn(usize) -> Work,
}

fn main() {
    kit::work::run_if_asked();
    kit::root();
    let rounds = number("--rounds", 7);
    let (execs, connects) = (number("--execs", 20_000), number("--connects", 100_000));
    let opens = number("--opens", 1_000_000);
    let (datagrams, answers) = (number("--datagrams", 300_000), number("--answers", 50_000));
    let tiny = Tiny::make();
    let program = tiny.path();
    let exec = |count| Work::execs(count, &program);
    println!(
        "{rounds} rounds, medians; CPU is the tracer's, for 10,000 execs, connects, opens or datagrams, or one compile"
    );
    println!(
        "| workload | alone s | watched s | ratio | lowest to highest | CPU s | peak MB | recorded s | ratio | CPU s | peak MB |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let all = [
        Loop { name: "exec loop", loops: 1, count: execs, start: &exec },
        Loop { name: "2 exec loops at once", loops: 2, count: execs, start: &exec },
        Loop { name: "fork loop", loops: 1, count: execs, start: &Work::forks },
        Loop { name: "connect loop", loops: 1, count: connects, start: &Work::connects },
        Loop { name: "open and close loop", loops: 1, count: opens, start: &|count| Work::opens(count, &program) },
        Loop { name: "UDP loop", loops: 1, count: datagrams, start: &Work::datagrams },
        Loop { name: "UDP loop of DNS answers", loops: 1, count: answers, start: &Work::answers },
        Loop { name: "compile", loops: 1, count: 1, start: &Work::compile },
    ];
    for work in all.iter().filter(|work| work.count > 0 && rounds > 0) {
        measure(work, rounds);
    }
    println!();
    println!("| while | seconds | events told | a second |");
    println!("| --- | --- | --- | --- |");
    taken_in("nothing is done", || std::thread::sleep(Duration::from_secs(number("--seconds", 20) as u64)));
    taken_in("the compile runs", || drop(Work::compile(1).done()));
    profile::print(&all);
}

/// How many events reach user space while `work` is done.
fn taken_in(name: &str, work: impl FnOnce()) {
    let file = tempfile::NamedTempFile::new().expect("a file for the events");
    let tracer = Tracer::start(&["--no-runtimes", "--only", "events"], file.reopen().expect("the same file"));
    let began = Instant::now();
    work();
    let seconds = began.elapsed().as_secs_f64();
    tracer.finish();
    let told = lines(file.path()).filter(|line| line["type"] == "event").count();
    println!("| {name} | {seconds:.1} | {told} | {:.1} |", told as f64 / seconds);
}

fn measure(work: &Loop<'_>, rounds: usize) {
    let (mut alone, mut watched, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut cpu, mut peak) = (Vec::new(), 0.0_f64);
    let (mut recorded, mut recorded_cpu, mut recorded_peak) = (Vec::new(), Vec::new(), 0.0_f64);
    // The first run fills caches that later ones find full.
    run(work);
    for round in 0..rounds {
        // Who goes first changes, so that a trend on the machine favours neither.
        let mut before = (round % 2 == 0).then(|| run(work));
        let tracer = Tracer::start(&["--no-runtimes"], Stdio::null());
        let with = run(work);
        let cost = tracer.finish();
        let folder = tempfile::tempdir_in("/var/tmp").expect("a directory for the recording");
        let file = folder.path().join("it.ktrace");
        let file = file.to_str().expect("it is UTF-8");
        let tracer = Tracer::start(&["--no-runtimes", "--record", file], Stdio::null());
        recorded.push(run(work));
        let kept = tracer.finish();
        let without = before.take().unwrap_or_else(|| run(work));
        alone.push(without);
        watched.push(with);
        ratios.push(with / without);
        let times = (work.loops * work.count) as f64;
        cpu.push(cost.cpu * times.min(10_000.0) / times);
        peak = peak.max(cost.peak);
        recorded_cpu.push(kept.cpu * times.min(10_000.0) / times);
        recorded_peak = recorded_peak.max(kept.peak);
    }
    let (low, high) = ratios.iter().fold((f64::MAX, 0.0_f64), |(low, high), &ratio| (low.min(ratio), high.max(ratio)));
    println!(
        "| {} ({}) | {:.3} | {:.3} | {:.3} | {low:.3} to {high:.3} | {:.3} | {peak:.1} | {:.3} | {:.3} | {:.3} | {recorded_peak:.1} |",
        work.name,
        work.count,
        median(&alone),
        median(&watched),
        median(&watched) / median(&alone),
        median(&cpu),
        median(&recorded),
        median(&recorded) / median(&alone),
        median(&recorded_cpu),
    );
}

/// Seconds until the slowest is over.
fn run(work: &Loop<'_>) -> f64 {
    let works: Vec<Work> = (0..work.loops).map(|_| (work.start)(work.count)).collect();
    works.into_iter().map(|work| work.done().seconds).fold(0.0, f64::max)
}
