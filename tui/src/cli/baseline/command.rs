//! What can be done with files of what is normal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use super::super::arguments::{BaselineArguments, BaselineCommand};
use super::super::reading::Judged;
use super::super::{Exit, Failure, print, reading};
use super::load;
use crate::baseline::{Baseline, Seen, Workload, span};
use crate::clock;
use crate::escape::shown;
use crate::export::rfc3339;
use crate::model::Time;
use crate::runtime::replace;

/// Does what is asked of baselines.
pub(in crate::cli) fn baseline(arguments: &BaselineArguments) -> Result<(), Failure> {
    match &arguments.what {
        BaselineCommand::Merge { files, out } => merge(files, out.as_deref()),
        BaselineCommand::Prune { file, older, seen_less, out } => {
            prune(file, *older, seen_less.unwrap_or(0), out.as_deref().unwrap_or(file))
        }
        BaselineCommand::Review { file, against, workload } => {
            let known = load(file)?;
            match against {
                Some(recording) => outside(known, recording),
                None => print::print(review(&known, workload.as_deref().unwrap_or_default()).as_bytes()),
            }
        }
        BaselineCommand::Diff { first, second } => print::print(diff(&load(first)?, &load(second)?).as_bytes()),
    }
}

fn merge(files: &[std::path::PathBuf], out: Option<&Path>) -> Result<(), Failure> {
    let mut all = Baseline::default();
    for file in files {
        let more = load(file)?;
        if let Some(twice) = all.shared(&more).next() {
            let message = format!(
                "{}: it was learnt from the recording {}, as one before it: that would count twice; learn both anew from \
                 their recordings",
                file.display(),
                twice.recording
            );
            return Err(Failure::new(Exit::Failed, message));
        }
        for (name, known, images) in other_images(&all, &more) {
            eprintln!("{}: learnt from {known}, and from {images} in {}", shown(&name).as_str(), file.display());
        }
        all.made_with.clone_from(&more.made_with);
        all.merge(more);
    }
    write(&all, out)
}

/// The workloads of both that were learnt from other images.
fn other_images(one: &Baseline, other: &Baseline) -> Vec<(String, String, String)> {
    let images = |workload: &Workload| workload.images.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let both = one.workloads.iter().filter_map(|(name, known)| Some((name, known, other.workloads.get(name)?)));
    let apart = both.filter(|(_, known, more)| known.images.is_disjoint(&more.images));
    apart.map(|(name, known, more)| (name.clone(), images(known), images(more))).collect()
}

fn prune(file: &Path, older: Option<Duration>, least: u64, out: &Path) -> Result<(), Failure> {
    let mut known = load(file)?;
    let age = older.map(|older| u64::try_from(older.as_nanos()).unwrap_or(u64::MAX));
    let since = age.map(|age| Time(clock::now().0.saturating_sub(age)));
    let gone = known.prune(since, least);
    if known.workloads.is_empty() {
        let message = format!("nothing of {} would be left: it stays as it is", file.display());
        return Err(Failure::new(Exit::Failed, message));
    }
    write(&known, Some(out))?;
    eprintln!("{gone} entries are gone, {} workloads are left", known.workloads.len());
    Ok(())
}

fn write(baseline: &Baseline, out: Option<&Path>) -> Result<(), Failure> {
    let text = baseline.to_string();
    match out.filter(|out| *out != Path::new("-")) {
        Some(out) => Ok(replace(out, text.as_bytes()).with_context(|| format!("cannot write {}", out.display()))?),
        None => print::print(text.as_bytes()),
    }
}

/// What is known, for people.
fn review(known: &Baseline, named: &str) -> String {
    let mut text = String::new();
    for (name, workload) in known.workloads.iter().filter(|(name, _)| name.contains(named)) {
        let short = workload.too_short().map(|why| format!("; hardly known: {why}")).unwrap_or_default();
        let changes = if workload.immutable { "its programs never change" } else { "its programs change" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}\n  watched for {} in {}, {changes}{short}",
            shown(name).as_str(),
            span(workload.watched),
            count(workload.containers, "container"),
        );
        for told in workload.told() {
            let _ = writeln!(text, "  {}   {}", shown(&told.to_string()).as_str(), seen(&told.seen));
        }
    }
    text
}

/// `12 times in 3 containers, from 2026-11-23T20:11:10Z to …`.
fn seen(seen: &Seen) -> String {
    let day = |time| rfc3339(time).chars().take(10).collect::<String>();
    let (count_text, containers) = (count(seen.count, "time"), count(seen.containers, "container"));
    let (first, last) = (day(seen.first), day(seen.last));
    let when = if first == last { first } else { format!("{first} to {last}") };
    format!("({count_text} in {containers}, {when})")
}

fn count(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// What of a recording is not in the baseline.
fn outside(known: Baseline, recording: &Path) -> Result<(), Failure> {
    let judged = Judged { baseline: Some(known.into()), ..Judged::default() };
    let reading = reading::read(recording, &judged, &mut |_, _, _| {})?;
    let new = reading.detector.findings().filter(|finding| finding.rule.id.starts_with("baseline_"));
    let (mut text, mut all) = (String::new(), 0_usize);
    for finding in new {
        all += 1;
        let _ = writeln!(
            text,
            "{} {:8} {}",
            rfc3339(finding.time),
            finding.severity.name(),
            shown(&finding.title).as_str()
        );
        for evidence in &finding.why {
            let _ = writeln!(text, "    {}", shown(&evidence.predicate).as_str());
        }
    }
    print::print(text.as_bytes())?;
    eprintln!("{} outside of the baseline", count(all as u64, "thing"));
    Ok(())
}

/// What the one has and the other does not.
fn diff(first: &Baseline, second: &Baseline) -> String {
    let lines = |of: Option<&Workload>| -> BTreeMap<String, usize> {
        let told = of.map(Workload::told).unwrap_or_default();
        told.into_iter().enumerate().map(|(at, told)| (told.to_string(), at)).collect()
    };
    let names: BTreeSet<&String> = first.workloads.keys().chain(second.workloads.keys()).collect();
    let mut text = String::new();
    for name in names {
        let (one, other) = (lines(first.workloads.get(name)), lines(second.workloads.get(name)));
        let mut changes: Vec<(usize, char, &String)> = Vec::new();
        changes.extend(one.iter().filter(|(line, _)| !other.contains_key(*line)).map(|(line, at)| (*at, '-', line)));
        changes.extend(other.iter().filter(|(line, _)| !one.contains_key(*line)).map(|(line, at)| (*at, '+', line)));
        if changes.is_empty() {
            continue;
        }
        changes.sort();
        let whole = match (first.workloads.contains_key(name), second.workloads.contains_key(name)) {
            (true, false) => "- ",
            (false, true) => "+ ",
            _ => "",
        };
        let _ = writeln!(text, "{whole}{}", shown(name).as_str());
        for (_, sign, line) in changes {
            let _ = writeln!(text, "  {sign} {}", shown(line).as_str());
        }
    }
    text
}
