//! What a recording takes and gives: bytes for each event, events written in a second, and how long it takes to open a
//! large one, to go to moments of it and to search it.

#![allow(clippy::unwrap_used, reason = "a benchmark")]

mod kit;
#[path = "kit/storm.rs"]
mod storm;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kit::{median, number};
use ktrace_tui::model::filter::{Anchor, Filter};
use ktrace_tui::model::{GroupKey, Limits as Kept, Model, Time};
use ktrace_tui::store::{Batch, Limits, Moment, Packed, Player, Recording, Tape as _, Writer};
use storm::Storm;

/// Events of a batch, as the recorder closes them under load.
const BATCH: usize = 8_192;
/// Least events between two memories, likewise.
const APART: usize = 32_768;

fn main() {
    let events = number("--events", 10_000_000);
    let keep = std::env::var_os("KEEP");
    let folder = tempfile::tempdir_in(std::env::var_os("KTRACE_BENCH_DIR").unwrap_or("/var/tmp".into())).unwrap();
    let path = folder.path().join("storm.ktrace");
    written(&path, events);
    opened(&path);
    hunted(&path);
    if let Some(keep) = keep {
        std::fs::copy(&path, keep).unwrap();
    }
}

fn written(path: &Path, events: usize) {
    let mut storm = Storm::new(1, 5_000);
    let mut model = Model::new(Kept::default());
    let mut writer = Writer::create(path, &Vec::new(), None, Limits::default()).unwrap();
    let (mut first, mut since) = (1, APART);
    let (mut packing, mut writing) = (Duration::ZERO, Duration::ZERO);
    while first <= events as u64 {
        let memory = (since >= APART.max(2 * (model.totals().alive + model.totals().dead))).then(|| model.remember());
        since = if memory.is_some() { 0 } else { since };
        let left = events - (first as usize - 1);
        let batch = Batch { first, events: storm.by_ref().take(BATCH.min(left)).collect(), memory, ..Batch::default() };
        batch.events.iter().for_each(|event| model.apply(event));
        first += batch.events.len() as u64;
        since += batch.events.len();
        let begun = Instant::now();
        let packed = Arc::new(Packed::pack(&batch));
        packing += begun.elapsed();
        let begun = Instant::now();
        writer.write(&packed, &batch).unwrap();
        writing += begun.elapsed();
    }
    writer.close(Time(0)).unwrap();
    let size = std::fs::metadata(path).unwrap().len();
    let (packing, writing, count) = (packing.as_secs_f64(), writing.as_secs_f64(), events as f64);
    println!("| events | file MB | bytes an event | packed s | written s | events a second |");
    println!("| --- | --- | --- | --- | --- | --- |");
    println!(
        "| {events} | {:.0} | {:.0} | {packing:.1} | {writing:.1} | {:.0} |",
        size as f64 / 1e6,
        size as f64 / count,
        count / (packing + writing),
    );
    println!();
}

fn opened(path: &Path) {
    let mut opening = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        let mut player = Player::new(Box::new(Recording::open(path).unwrap()), 2_000);
        let shot = player.seek(Moment::End).unwrap();
        opening.push(begun.elapsed().as_secs_f64() * 1e3);
        assert!(shot.number > 0);
    }
    let mut player = Player::new(Box::new(Recording::open(path).unwrap()), 2_000);
    let end = player.outline().unwrap().numbers().end;
    let before = memory();
    let mut going = Vec::new();
    let mut highest = 0.0_f64;
    // From one end to the other, and then anywhere.
    for step in 0..200_u64 {
        let number = if step < 100 { end * step / 100 } else { step * 7_919_999 % end };
        let begun = Instant::now();
        let shot = player.seek(Moment::Number(number)).unwrap();
        going.push(begun.elapsed().as_secs_f64() * 1e3);
        highest = highest.max(memory());
        drop(shot);
    }
    going.sort_by(f64::total_cmp);
    println!("| | median ms | slowest ms |");
    println!("| --- | --- | --- |");
    println!(
        "| opened, to the picture at its end | {:.0} | {:.0} |",
        median(&opening),
        opening.iter().fold(0.0, |a: f64, b| a.max(*b))
    );
    println!("| going to one of 200 moments | {:.0} | {:.0} |", median(&going), going.last().unwrap());
    println!();
    println!("Memory: {before:.0} MB when opened, at most {highest:.0} MB while the cursor went from end to end.");
}

/// Questions with what their indices know, about one that is somewhere in the middle.
fn hunted(path: &Path) {
    let mut recording = Recording::open(path).unwrap();
    let end = recording.outline().unwrap().numbers().end;
    let shot = Player::new(Box::new(Recording::open(path).unwrap()), 9).seek(Moment::Number(end / 2)).unwrap();
    let model = shot.model;
    let process = model.processes().find(|process| process.image().is_some()).unwrap();
    let remote = model.processes().find_map(|process| process.connections.iter().find_map(|it| it.remote)).unwrap();
    let container = model.processes().find_map(|process| match &process.group {
        GroupKey::Container(id) => Some(id.clone()),
        _ => None,
    });
    let argument = process.image().unwrap().argv.args.iter().last().unwrap().lossless();
    let questions = [
        ("pid", format!("pid = {}", process.id.pid)),
        ("path", "path = /var/lib/app/data-777".to_owned()),
        ("address", format!("remote = {}", remote.ip())),
        ("container, the first 1,000 events", format!("container = {}", container.unwrap())),
        ("text in arguments", format!("\"{argument}\"")),
        ("regular expression over arguments", "argv ~ \"job-123[0-9]/\"".to_owned()),
        ("program under a process", format!("name = curl and under {}", process.id.pid)),
    ];
    println!();
    println!("| hunt by | events found | median ms | slowest ms |");
    println!("| --- | --- | --- | --- |");
    for (name, text) in questions {
        let filter = Filter::parse(&text, Anchor::default()).unwrap().unwrap();
        let (mut times, mut found) = (Vec::new(), 0_u64);
        for _ in 0..5 {
            // Each time as a command does it: opened anew.
            let begun = Instant::now();
            let recording = Recording::open(path).unwrap();
            found = 0;
            let take = &mut |_| {
                found += 1;
                true
            };
            recording.hunt(&filter, 1_000, take).unwrap();
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        println!("| {name} | {found} | {:.0} | {:.0} |", median(&times), times.iter().fold(0.0, |a: f64, b| a.max(*b)));
    }
}

/// Resident memory of this process, in MB.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1e3
}
