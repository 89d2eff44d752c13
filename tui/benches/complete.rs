//! Is everything told? Every fork, exec and exit of 20,000 programs in a row, and of four loops side by side.

mod kit;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::Path;
use std::process::exit;

use kit::tiny::Tiny;
use kit::tracer::{Tracer, lines};
use kit::work::{Done, Work};

/// A process as the lines name it: pid and start time.
type Name = (u64, String);

fn main() {
    kit::work::run_if_asked();
    kit::root();
    let count = kit::number("--execs", 20_000);
    let tiny = Tiny::make();
    println!("| workload | seconds | what | happened | told | missing | lost |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let mut complete = true;
    for loops in [1, 4] {
        complete &= measure(loops, count / loops, &tiny.path());
    }
    if !complete {
        eprintln!("not everything was told");
        exit(1);
    }
}

fn measure(loops: usize, count: usize, program: &str) -> bool {
    let told = tempfile::NamedTempFile::new().expect("a file for what is told");
    let tracer = Tracer::start(&["--no-runtimes"], File::create(told.path()).expect("it can be written"));
    let works: Vec<Work> = (0..loops).map(|_| Work::execs(count, program)).collect();
    let done: Vec<Done> = works.into_iter().map(Work::done).collect();
    tracer.finish();
    let seconds = done.iter().map(|done| done.seconds).fold(0.0, f64::max);
    let (told, lost) = read(told.path(), &done);
    let mut complete = lost == 0;
    for kind in ["fork", "exec", "exit"] {
        let (happened, told) = compare(kind, &done, &told);
        println!(
            "| {loops} × {count} execs | {seconds:.2} | {kind} | {happened} | {told} | {} | {lost} |",
            happened - told
        );
        complete &= happened == told;
    }
    complete
}

/// By kind and parent, the processes that were told of; and how many records were lost.
fn read(file: &Path, done: &[Done]) -> (HashMap<(String, u64), HashSet<Name>>, u64) {
    let parents: HashSet<u64> = done.iter().map(|done| u64::from(done.pid)).collect();
    let (mut told, mut lost) = (HashMap::<_, HashSet<Name>>::new(), 0);
    for line in lines(file) {
        if line["type"] == "loss" {
            lost += line["count"].as_u64().unwrap_or_default();
        }
        let (Some(kind), Some(parent)) = (line["kind"].as_str(), line["parent"]["pid"].as_u64()) else { continue };
        if let (true, Some(pid), Some(start)) =
            (parents.contains(&parent), line["process"]["pid"].as_u64(), line["process"]["start_time"].as_str())
        {
            told.entry((kind.to_owned(), parent)).or_default().insert((pid, start.to_owned()));
        }
    }
    (told, lost)
}

/// How many children there were, and how many of them were told of. A pid may have been used twice: then two starts
/// are to be told.
fn compare(kind: &str, done: &[Done], told: &HashMap<(String, u64), HashSet<Name>>) -> (usize, usize) {
    let (mut happened, mut found) = (0, 0);
    for done in done {
        let mut open = HashMap::<u64, usize>::new();
        for (pid, _) in told.get(&(kind.to_owned(), u64::from(done.pid))).into_iter().flatten() {
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
