//! Does what lives under 5 ms in a container stand under that container? 500 programs in each of two, at once.

#[path = "../tests/common/docker.rs"]
mod docker;
mod kit;

use std::collections::HashMap;
use std::fs::File;
use std::process::ExitCode;

use docker::Dockerd;
use kit::tracer::{Tracer, lines};
use serde_json::Value;

/// An event that lives no longer than this lives briefly.
const BRIEF: u64 = 5_000_000;

/// What was told of one container's programs.
#[derive(Default)]
struct Tally {
    forks: usize,
    execs: usize,
    exits: usize,
    brief: usize,
    elsewhere: usize,
}

fn main() -> ExitCode {
    kit::root();
    let count = kit::number("--processes", 1_000) / 2;
    let dockerd = Dockerd::start();
    let told = tempfile::NamedTempFile::new().expect("a file for what is told");
    let socket = dockerd.socket().to_str().expect("a path in UTF-8").to_owned();
    let out = File::create(told.path()).expect("it can be written");
    let tracer = Tracer::start(&["--docker-socket", &socket], out);
    let names = ["ktrace-bench-one", "ktrace-bench-two"];
    let ids = names.map(|name| dockerd.run(name, &script(name, count)));
    for id in &ids {
        assert_eq!(dockerd.docker(&["wait", id]), "0", "the container did its work");
    }
    tracer.finish();
    let events: Vec<Value> = lines(told.path()).collect();
    let lost: u64 = events.iter().filter(|line| line["type"] == "loss").filter_map(|line| line["count"].as_u64()).sum();
    println!("| container | ran | forks | execs | exits | under 5 ms | under another container or none | lost |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut right = lost == 0;
    for (name, id) in names.iter().zip(&ids) {
        let Tally { forks, execs, exits, brief, elsewhere } = tally(&events, name, id);
        println!("| {name} | {count} | {forks} | {execs} | {exits} | {brief} | {elsewhere} | {lost} |");
        right &= elsewhere == 0 && [forks, execs, exits].iter().all(|&told| told == count);
    }
    if !right {
        eprintln!("not everything was told under its container");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Programs with an argument that names their container.
fn script(name: &str, count: usize) -> String {
    format!("i=0; while [ $i -lt {count} ]; do /bin/busybox true {name}; i=$((i+1)); done")
}

fn tally(events: &[Value], name: &str, id: &str) -> Tally {
    let key = |event: &Value| {
        let process = &event["process"];
        Some((process["pid"].as_u64()?, process["start_time"].as_str()?.to_owned()))
    };
    let ours = |event: &&Value| event["kind"] == "exec" && event["process"]["argv"][2] == name;
    let mut programs: HashMap<_, u64> = events.iter().filter(ours).filter_map(key).map(|key| (key, u64::MAX)).collect();
    let mut tally = Tally::default();
    for event in events.iter().filter(|event| event["type"] == "event") {
        let Some(run_time) = key(event).and_then(|key| programs.get_mut(&key)) else { continue };
        match event["kind"].as_str() {
            Some("fork") => tally.forks += 1,
            Some("exec") => tally.execs += 1,
            Some("exit") => {
                tally.exits += 1;
                *run_time = event["exit"]["run_time"].as_u64().unwrap_or(u64::MAX);
            }
            _ => {}
        }
        tally.elsewhere += usize::from(event["process"]["container"]["id"] != id);
    }
    tally.brief = programs.values().filter(|&&run_time| run_time < BRIEF).count();
    tally
}
