//! Is everything told? Every fork, exec and exit of 20,000 programs in a row, and of four loops side by side.

mod kit;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use kit::tiny::Tiny;
use kit::tracer::{Tracer, lines};
use kit::work::{Done, Work};

/// A process as the lines name it: pid and start time.
type Name = (u64, String);

/// What was told of the children of the loops.
#[derive(Default)]
struct Told {
    /// By kind and parent, the children.
    children: HashMap<(String, u64), HashSet<Name>>,
    /// Lines that said again what was said before, by kind.
    twice: HashMap<String, usize>,
    /// Records that were lost.
    lost: u64,
}

fn main() -> ExitCode {
    kit::work::run_if_asked();
    kit::root();
    let count = kit::number("--execs", 20_000);
    let tiny = Tiny::make();
    println!("| workload | seconds | what | happened | told | missing | told twice | lost |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut complete = true;
    for loops in [1, 4] {
        complete &= measure(loops, count / loops, &tiny.path());
    }
    if !complete {
        eprintln!("not everything was told");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn measure(loops: usize, count: usize, program: &str) -> bool {
    let told = tempfile::NamedTempFile::new().expect("a file for what is told");
    let tracer = Tracer::start(&["--no-runtimes"], File::create(told.path()).expect("it can be written"));
    let works: Vec<Work> = (0..loops).map(|_| Work::execs(count, program)).collect();
    let done: Vec<Done> = works.into_iter().map(Work::done).collect();
    tracer.finish();
    let seconds = done.iter().map(|done| done.seconds).fold(0.0, f64::max);
    let told = read(told.path(), &done);
    let mut complete = told.lost == 0;
    for kind in ["fork", "exec", "exit"] {
        let (happened, found) = compare(kind, &done, &told);
        let (missing, twice) = (happened - found, told.twice.get(kind).copied().unwrap_or_default());
        let lost = told.lost;
        println!(
            "| {loops} × {count} execs | {seconds:.2} | {kind} | {happened} | {found} | {missing} | {twice} | {lost} |"
        );
        complete &= missing == 0 && twice == 0;
    }
    complete
}

fn read(file: &Path, done: &[Done]) -> Told {
    let parents: HashSet<u64> = done.iter().map(|done| u64::from(done.pid)).collect();
    let mut told = Told::default();
    for line in lines(file) {
        if line["type"] == "loss" {
            told.lost += line["count"].as_u64().unwrap_or_default();
        }
        let (Some(kind), Some(parent)) = (line["kind"].as_str(), line["parent"]["pid"].as_u64()) else { continue };
        let process = &line["process"];
        let name = process["pid"].as_u64().zip(process["start_time"].as_str().map(str::to_owned));
        let Some(name) = name.filter(|_| parents.contains(&parent)) else { continue };
        if !told.children.entry((kind.to_owned(), parent)).or_default().insert(name) {
            *told.twice.entry(kind.to_owned()).or_default() += 1;
        }
    }
    told
}

/// How many children there were, and how many of them were told of. A pid may have been used twice: then two starts
/// are to be told.
fn compare(kind: &str, done: &[Done], told: &Told) -> (usize, usize) {
    let (mut happened, mut found) = (0, 0);
    for done in done {
        let mut open = HashMap::<u64, usize>::new();
        for (pid, _) in told.children.get(&(kind.to_owned(), u64::from(done.pid))).into_iter().flatten() {
            *open.entry(*pid).or_default() += 1;
        }
        happened += done.children.len();
        for child in &done.children {
            if let Some(left @ 1..) = open.get_mut(&u64::from(*child)) {
                *left -= 1;
                found += 1;
            }
        }
    }
    (happened, found)
}
