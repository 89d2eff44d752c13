//! Real processes, as many as a node may have, a load, and a user who presses keys.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{sleep, spawn};
use std::time::Duration;

use super::kit::crowd::Crowd;
use super::kit::grid::Grid;
use super::kit::tiny::Tiny;
use super::kit::watched::Watched;
use super::kit::work::Work;
use super::kit::{median, number, percentile};

const WIDTH: u16 = 200;
const HEIGHT: u16 = 50;
/// The keys of views that have a head of their own, and a word of it.
const VIEWS: [(&str, &str); 4] = [("3", "SENT"), ("4", "ACTIVITY"), ("6", "DETAIL"), ("1", "COMMAND")];

/// The screen, live, without runtimes.
pub(crate) fn screen() -> Command {
    let mut command = super::kit::program();
    command.arg("--no-runtimes").env_remove("NO_COLOR").env("LANG", "C.UTF-8");
    command
}

/// Prints how soon keys are answered, and what that costs.
pub(crate) fn measure() {
    let (processes, containers) = (number("--processes", 10_000), number("--containers", 200));
    let (events, presses) = (number("--events", 5_000), number("--keys", 300));
    let crowd = Crowd::gather(processes, containers);
    let tiny = Tiny::make();
    let mut screen = Watched::start(screen(), WIDTH, HEIGHT);
    screen.until(None, "`alive`", |grid| grid.shows("alive"));
    sleep(Duration::from_secs(3));
    println!(
        "\n| {WIDTH}×{HEIGHT}, {processes} processes, {containers} containers | keys | median ms | p90 ms | p99 ms | \
         highest ms |\n| --- | --- | --- | --- | --- | --- |"
    );
    let mut costs = Vec::new();
    costs.push(("nothing happens".to_owned(), screen.spend(|| sleep(Duration::from_secs(10)))));
    press(&mut screen, "nothing happens", presses);
    let over = Arc::new(AtomicBool::new(false));
    let load = spawn({
        let (over, path) = (Arc::clone(&over), tiny.path());
        move || {
            let mut rates = Vec::new();
            // A program is forked, runs and ends: three events.
            while !over.load(Ordering::SeqCst) {
                rates.push(Work::paced(events.div_ceil(3), 20, &path).markers().0 * 3.0);
            }
            median(&rates)
        }
    });
    sleep(Duration::from_secs(12));
    costs.push(("under load".to_owned(), screen.spend(|| sleep(Duration::from_secs(15)))));
    press(&mut screen, "under load", presses);
    over.store(true, Ordering::SeqCst);
    let rate = load.join().expect("the load ends");
    println!(
        "\n| {rate:.0} events/s reached | seconds | CPU % | RSS MB | peak MB | bytes/s |\n| --- | --- | --- | --- | --- | --- |"
    );
    for (name, spent) in costs {
        println!(
            "| {name} | {:.0} | {:.2} | {:.1} | {:.1} | {:.0} |",
            spent.seconds, spent.cpu, spent.rss, spent.peak, spent.bytes
        );
    }
    screen.quit();
    drop(crowd);
}

fn press(screen: &mut Watched, when: &str, presses: usize) {
    // Into the middle of the page, where both ways are free.
    for _ in 0..10 {
        step(screen, "\x1b[B");
    }
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut pause = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        sleep(Duration::from_nanos(30_000_000 + random % 70_000_000));
    };
    let mut steps = Vec::new();
    for at in 0..presses {
        pause();
        steps.push(step(screen, if at % 2 == 0 { "\x1b[B" } else { "\x1b[A" }));
    }
    row(&format!("{when}: Down, Up in the tree"), &steps);
    let mut views = Vec::new();
    for (key, head) in VIEWS.iter().copied().cycle().take(presses / 4 / VIEWS.len() * VIEWS.len()) {
        pause();
        views.push(screen.until(Some(key), head, move |grid: &Grid| grid.shows(head)));
    }
    row(&format!("{when}: to another view"), &views);
}

/// Moves the selection and waits until it is elsewhere; cells in the middle of the tree show it.
fn step(screen: &mut Watched, key: &str) -> f64 {
    let selected = |grid: &Grid| grid.washed(20, 40);
    let before = screen.look(selected);
    screen.until(Some(key), "another selection", move |grid| selected(grid) != before)
}

fn row(name: &str, times: &[f64]) {
    println!(
        "| {name} | {} | {:.1} | {:.1} | {:.1} | {:.1} |",
        times.len(),
        median(times),
        percentile(times, 90.0),
        percentile(times, 99.0),
        percentile(times, 100.0)
    );
}
