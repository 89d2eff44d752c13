//! The screen where nothing happens, and others of its kind on the same terminal at the same time.

use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use super::kit::crowd::Crowd;
use super::kit::watched::{Spent, Watched};
use super::kit::{median, number, percentile};

const WIDTH: u16 = 200;
const HEIGHT: u16 = 50;
const RIVALS: [&str; 3] = ["htop", "btop", "btm"];

/// Prints what each costs, in rounds.
pub(crate) fn measure() {
    let (processes, seconds, rounds) =
        (number("--idle-processes", 500), number("--seconds", 20), number("--rounds", 3));
    let _crowd = Crowd::gather(processes, 0);
    // What they keep of their settings is not the user's.
    let home = tempfile::tempdir().expect("a folder for settings");
    let names: Vec<&str> = ["ktrace-tui"].into_iter().chain(RIVALS).collect();
    let mut spent: Vec<Vec<Spent>> = names.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (name, spent) in names.iter().zip(&mut spent) {
            let Some(mut command) = command(name) else { continue };
            command.env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path()).env("LANG", "C.UTF-8");
            let watched = Watched::start(command, WIDTH, HEIGHT);
            sleep(Duration::from_secs(4));
            spent.push(watched.spend(|| sleep(Duration::from_secs(seconds as u64))));
            watched.quit();
        }
    }
    println!(
        "\n| {WIDTH}×{HEIGHT}, {processes} processes asleep, {rounds} × {seconds} s | CPU % | lowest, highest | RSS MB | \
         peak MB | bytes/s |\n| --- | --- | --- | --- | --- | --- |"
    );
    for (name, spent) in names.iter().zip(&spent) {
        let of = |what: fn(&Spent) -> f64| spent.iter().map(what).collect::<Vec<f64>>();
        if spent.is_empty() {
            println!("| {name} | not installed | | | | |");
            continue;
        }
        let cpu = of(|it| it.cpu);
        println!(
            "| {name} | {:.2} | {:.2}, {:.2} | {:.1} | {:.1} | {:.0} |",
            median(&cpu),
            percentile(&cpu, 0.0),
            percentile(&cpu, 100.0),
            median(&of(|it| it.rss)),
            median(&of(|it| it.peak)),
            median(&of(|it| it.bytes)),
        );
    }
}

/// Nothing where it is not installed.
fn command(name: &str) -> Option<Command> {
    if name == "ktrace-tui" {
        return Some(super::keys::screen());
    }
    let path = std::env::var_os("PATH")?;
    let found: Option<PathBuf> =
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    found.map(Command::new)
}
