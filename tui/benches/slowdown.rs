//! What watching costs those who are watched: loops of execs and connects, with and without `watch`, in turn.

mod kit;

use std::process::Stdio;

use kit::tiny::Tiny;
use kit::tracer::Tracer;
use kit::work::Work;
use kit::{median, number};

/// A loop to be slowed down.
struct Loop<'a> {
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
    let rounds = number("--rounds", 7).max(1);
    let (execs, connects) = (number("--execs", 20_000), number("--connects", 100_000));
    let tiny = Tiny::make();
    let program = tiny.path();
    let exec = |count| Work::execs(count, &program);
    println!("{rounds} rounds, medians; CPU is the tracer's, for 10,000 execs or connects");
    println!("| workload | alone s | watched s | ratio | lowest to highest | CPU s | peak MB |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let all = [
        Loop { name: "exec loop", loops: 1, count: execs, start: &exec },
        Loop { name: "2 exec loops at once", loops: 2, count: execs, start: &exec },
        Loop { name: "connect loop", loops: 1, count: connects, start: &Work::connects },
    ];
    for work in all {
        measure(&work, rounds);
    }
}

fn measure(work: &Loop<'_>, rounds: usize) {
    let (mut alone, mut watched, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut cpu, mut peak) = (Vec::new(), 0.0_f64);
    // The first run fills caches that later ones find full.
    run(work);
    for round in 0..rounds {
        // Who goes first changes, so that a trend on the machine favours neither.
        let mut before = (round % 2 == 0).then(|| run(work));
        let tracer = Tracer::start(&["--no-runtimes"], Stdio::null());
        let with = run(work);
        let cost = tracer.finish();
        let without = before.take().unwrap_or_else(|| run(work));
        alone.push(without);
        watched.push(with);
        ratios.push(with / without);
        cpu.push(cost.cpu * 10_000.0 / (work.loops * work.count) as f64);
        peak = peak.max(cost.peak);
    }
    let (low, high) = ratios.iter().fold((f64::MAX, 0.0_f64), |(low, high), &ratio| (low.min(ratio), high.max(ratio)));
    println!(
        "| {} ({}) | {:.3} | {:.3} | {:.3} | {low:.3} to {high:.3} | {:.3} | {peak:.1} |",
        work.name,
        work.count,
        median(&alone),
        median(&watched),
        median(&watched) / median(&alone),
        median(&cpu),
    );
}

/// Seconds until the slowest is over.
fn run(work: &Loop<'_>) -> f64 {
    let works: Vec<Work> = (0..work.loops).map(|_| (work.start)(work.count)).collect();
    works.into_iter().map(|work| work.done().seconds).fold(0.0, f64::max)
}
