//! What watching costs beside what others cost who are there for it: loops of execs, forks, connects and opens and a compile, each
//! alone and under one tracer after the other, in turn; how much of it each told, and what it used for that.

#[path = "peers/empty.rs"]
mod empty;
#[path = "peers/tracers.rs"]
mod tracers;

mod kit;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use kit::cost::Looked;
use kit::tiny::Tiny;
use kit::work::{Done, Work, started_by};
use kit::{median, number, word};
use tracers::{TRACERS, Tracer};

/// A loop, and how its parts are found in what a tracer says.
struct Loop<'a> {
    name: &'static str,
    count: usize,
    start: &'a dyn Fn(usize) -> Work,
    /// What stands in a line about one of them, beside the tracer's own word for it.
    token: Token,
}

#[derive(Clone, Copy)]
enum Token {
    /// The program, or the file.
    Path,
    /// The pid of the workload.
    Pid,
    /// The pids of its children, each once.
    Children,
}

/// What one run came to.
struct Run {
    seconds: f64,
    /// Of what happened, what was told; `None` where that is not counted.
    told: Option<f64>,
    cpu: f64,
    peak: f64,
}

fn main() {
    kit::work::run_if_asked();
    kit::root();
    let rounds = number("--rounds", 3).max(1);
    let (execs, connects, opens) = (number("--execs", 5_000), number("--connects", 20_000), number("--opens", 200_000));
    let tiny = Tiny::make();
    let program = tiny.path();
    let loops = [
        Loop { name: "exec", count: execs, start: &|count| Work::execs(count, &program), token: Token::Path },
        Loop { name: "fork", count: execs, start: &Work::forks, token: Token::Children },
        Loop { name: "connect", count: connects, start: &Work::connects, token: Token::Pid },
        Loop { name: "open", count: opens, start: &|count| Work::opens(count, &program), token: Token::Path },
        // Nothing of it is counted.
        Loop { name: "compile", count: number("--compiles", 1).min(1), start: &Work::compile, token: Token::Path },
    ];
    println!(
        "{rounds} rounds, medians; CPU is the tracer's, for 10,000 of the loop, or one compile; told is the part of them that it told"
    );
    println!("| loop | tracer | s | ratio | told % | CPU s | peak MB |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let only = word("--only");
    for work in loops.iter().filter(|work| work.count > 0 && only.as_deref().is_none_or(|only| only == work.name)) {
        measure(work, &program, rounds);
    }
    for tracer in TRACERS.iter().filter(|tracer| !tracer.is_there()) {
        println!("\nnot installed, and so left out: {}", tracer.name);
    }
}

fn measure(work: &Loop<'_>, program: &str, rounds: usize) {
    let tracers: Vec<&Tracer> = TRACERS.iter().filter(|it| it.is_there() && it.line(work.name).is_some()).collect();
    // The first run fills caches that later ones find full.
    (work.start)(work.count).done();
    let (mut alone, mut runs) = (Vec::new(), tracers.iter().map(|_| Vec::new()).collect::<Vec<Vec<Run>>>());
    for _ in 0..rounds {
        alone.push((work.start)(work.count).done().seconds);
        for (tracer, runs) in tracers.iter().zip(&mut runs) {
            runs.push(under(tracer, work, program));
        }
    }
    let alone = median(&alone);
    println!("| {} ({}) | none | {alone:.3} | 1.00 | | | |", work.name, work.count);
    for (tracer, runs) in tracers.iter().zip(&runs) {
        let of = |pick: fn(&Run) -> f64| median(&runs.iter().map(pick).collect::<Vec<_>>());
        let told: Vec<f64> = runs.iter().filter_map(|run| run.told).collect();
        let told = if told.is_empty() { String::new() } else { format!("{:.2}", 100.0 * median(&told)) };
        let unit = if work.count == 1 { 1.0 } else { 10_000.0 };
        let (seconds, cpu) = (of(|run| run.seconds), of(|run| run.cpu) * unit / work.count as f64);
        let (ratio, peak) = (seconds / alone, of(|run| run.peak));
        println!("| {} | {} | {seconds:.3} | {ratio:.2} | {told} | {cpu:.3} | {peak:.1} |", work.name, tracer.name);
    }
}

/// A run under a tracer.
fn under(tracer: &Tracer, work: &Loop<'_>, program: &str) -> Run {
    let folder = tempfile::tempdir_in("/var/tmp").expect("a folder for what the tracer says");
    let file = folder.path().join("told");
    let (done, (cpu, peak)) = if let Some(words) = tracer.starts(work.name, &file) {
        let running = started_by(words, || (work.start)(work.count));
        let looked = Looked::at(running.pid());
        (running.done(), looked.end())
    } else {
        let running = tracer.start(work.name, &file);
        let done = (work.start)(work.count).done();
        // It may tell what it has.
        sleep(Duration::from_millis(500));
        (done, running.finish())
    };
    let told =
        tracer.line(work.name).filter(|line| !line.is_empty()).map(|line| told(work, line, &file, program, &done));
    Run { seconds: done.seconds, told, cpu, peak }
}

/// The part of what happened that stands in a tracer's file: in lines with `line` in them.
fn told(work: &Loop<'_>, line: &str, file: &Path, program: &str, done: &Done) -> f64 {
    let text = String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned();
    let lines = text.lines().filter(|text| text.contains(line));
    let pid = done.pid.to_string();
    let found = match work.token {
        Token::Path => lines.filter(|text| text.contains(program)).count(),
        Token::Pid => lines.filter(|text| numbers(text).any(|number| number == pid)).count(),
        Token::Children => {
            let children: HashSet<String> = done.children.iter().map(u32::to_string).collect();
            lines.flat_map(numbers).filter(|number| children.contains(*number)).collect::<HashSet<_>>().len()
        }
    };
    (found as f64 / work.count as f64).min(1.0)
}

fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_digit()).filter(|number| !number.is_empty())
}
