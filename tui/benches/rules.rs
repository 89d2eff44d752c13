//! What rules of one's own cost: the detector on the same storm with none, with some, and with the Sigma rules below
//! `SIGMA=DIR`; and what `sigma-rust` takes for the same programs.

#![allow(clippy::unwrap_used, reason = "a benchmark")]

mod kit;
#[path = "kit/storm.rs"]
mod storm;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kit::{median, number};
use ktrace_tui::detect::{Detector, RuleSet, read_rules};
use ktrace_tui::model::{Event, Kind, Limits, Model};
use storm::Storm;

/// Rules of one's own, of each sort.
const OWN: &str = r#"
[[rule]]
id = "one"
class = "recon"
severity = "info"
title = "{name}"
when = 'kind = exec and exe ~ "/(nmap|masscan)$" and not container = host'

[[rule]]
id = "two"
class = "recon"
severity = "info"
title = "{name}"
when = 'kind = connect and not remote = 10.0.0.0/8 and under name = nowhere'

[[rule]]
id = "three"
class = "recon"
severity = "info"
title = "{name}"
when = 'kind = connect'
count = 500
window = "1s"
per = "lineage"
unique = "remote"
"#;

fn main() {
    let events: Vec<Event> = Storm::new(1, 5_000).take(number("--events", 400_000)).collect();
    let execs =
        events.iter().filter(|event| matches!(event, Event::Process(it) if matches!(it.kind, Kind::Exec(_)))).count();
    println!("{} events, {execs} of them exec", events.len());
    let none = run(&events, "none", &Arc::default());
    let own = Arc::new(RuleSet::of([("own.toml", read_rules("own.toml", OWN).as_slice())]));
    against("three of one's own", none, run(&events, "three of one's own", &own), events.len());
    let Some(directory) = std::env::var_os("SIGMA") else { return };
    let texts = texts(Path::new(&directory));
    let begun = Instant::now();
    let read: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), read_rules(name, text))).collect();
    let sigma = Arc::new(RuleSet::of(read.iter().map(|(name, outcomes)| (*name, outcomes.as_slice()))));
    let name = format!("{} Sigma rules", sigma.rules().len());
    println!("{name} of {} files are read in {:.0?}", texts.len(), begun.elapsed());
    let cost = run(&events, &name, &sigma).saturating_sub(none);
    println!("{name}: {:.2} µs more for an exec", micros(cost, execs));
    against(&name, none, none + cost, events.len());
    others(&events, &texts);
}

/// The median of five runs of the detector, the model's part left out.
fn run(events: &[Event], name: &str, rules: &Arc<RuleSet>) -> Duration {
    let mut found = 0;
    let mut once = || {
        let (mut model, mut detector) = (Model::new(Limits::default()), Detector::new(Vec::new()));
        detector.renew(Arc::clone(rules));
        let mut spent = Duration::ZERO;
        for event in events {
            model.apply(event);
            let begun = Instant::now();
            found += detector.observe(event, &model).findings.len();
            spent += begun.elapsed();
        }
        spent
    };
    let times: Vec<f64> = (0..5).map(|_| once().as_secs_f64()).collect();
    let spent = Duration::from_secs_f64(median(&times));
    println!(
        "{name}: {:.0} events/s through the detector, {} findings",
        events.len() as f64 / spent.as_secs_f64(),
        found / 5
    );
    spent
}

fn against(name: &str, none: Duration, some: Duration, events: usize) {
    println!("{name}: {:.3} µs more for an event", micros(some.saturating_sub(none), events));
}

fn micros(spent: Duration, count: usize) -> f64 {
    spent.as_secs_f64() * 1e6 / count as f64
}

/// The same rules by `sigma-rust`: each event made into the map that it wants, and asked of all of them.
fn others(events: &[Event], texts: &[(String, String)]) {
    let wanted =
        |text: &&(String, String)| text.1.contains("category: process_creation") && text.1.contains("product: linux");
    let rules: Vec<_> =
        texts.iter().filter(wanted).filter_map(|(_, text)| sigma_rust::rule_from_yaml(text).ok()).collect();
    let (mut spent, mut count, mut fired) = (Duration::ZERO, 0_u32, 0_usize);
    for event in events.iter().take(40_000) {
        let Event::Process(event) = event else { continue };
        let Kind::Exec(exec) = &event.kind else { continue };
        let begun = Instant::now();
        let line: Vec<String> = exec.image.argv.args.iter().map(|arg| arg.lossless()).collect();
        let fields = [
            ("Image", exec.image.exe.lossless()),
            ("CommandLine", line.join(" ")),
            ("CurrentDirectory", exec.image.cwd.lossless()),
        ];
        let asked = sigma_rust::Event::from(fields);
        fired += rules.iter().filter(|rule| rule.is_match(&asked)).count();
        spent += begun.elapsed();
        count += 1;
    }
    println!(
        "sigma-rust, {} rules: {:.2} µs for an exec ({fired} times one held)",
        rules.len(),
        micros(spent, count as usize)
    );
}

fn texts(directory: &Path) -> Vec<(String, String)> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found.into_iter().map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
}
