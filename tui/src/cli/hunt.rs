//! `hunt`: what in a recording fulfils a filter.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use super::arguments::{Format, HuntArguments};
use super::filtering::{self, view};
use super::progress::Bar;
use super::reading::{Judged, Step};
use super::{Failure, reading};
use crate::detect::{Detector, Finding, News};
use crate::escape::shown;
use crate::export::{json, rfc3339, start_time, text};
use crate::model::filter::Filter;
use crate::model::{Event, Model, Time};
use crate::store::{FoundHit, Hit, Recording, Tape as _, Who, is_recording};

/// Events that are told where no limit is given.
const LIMIT: u64 = 1_000;

/// Tells every event and finding that fulfils the filter.
pub(super) fn hunt(arguments: &HuntArguments) -> Result<(), Failure> {
    let file = &arguments.file;
    let mut out = BufWriter::new(io::stdout().lock());
    let done = if file != Path::new("-") && is_recording(file).unwrap_or(false) {
        of_recording(arguments, &mut out)
    } else {
        of_import(arguments, &mut out)
    };
    let written = out.flush();
    match done.and_then(|()| written.context("cannot write").map_err(Failure::from)) {
        // Whoever read it has enough.
        Err(failure) if gone(&failure) => Ok(()),
        done => done,
    }
}

fn gone(failure: &Failure) -> bool {
    let error = failure.error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn of_recording(arguments: &HuntArguments, out: &mut impl Write) -> Result<(), Failure> {
    let mut recording = Recording::open(&arguments.file)?;
    let end = recording.outline()?.times().map_or(Time(0), |(_, end)| end);
    let filter = filtering::wanted(&arguments.filter, end)?;
    if arguments.count {
        writeln!(out, "{}", recording.count(&filter)? + recording.hunt_findings(&filter)?.len() as u64)?;
        return Ok(());
    }
    let boot = recording.boot()?;
    for found in recording.hunt_findings(&filter)? {
        match arguments.format {
            Format::Text => finding_text(out, &found)?,
            Format::Json => line(out, &FindingLine::of(&found, boot))?,
        }
    }
    let mut bar = Bar::new("hunting");
    let limit = arguments.limit.unwrap_or(LIMIT);
    let (mut told, mut done) = (0, Ok(()));
    recording.on_work(move || {
        bar.step(0, 0);
        true
    });
    recording.hunt(&filter, limit.saturating_add(1), &mut |hit| {
        told += 1;
        if told > limit {
            return false;
        }
        done = match arguments.format {
            Format::Text => event_text(out, &hit),
            Format::Json => line(out, &EventLine::of(&hit, boot)),
        };
        done.is_ok()
    })?;
    done?;
    out.flush()?;
    if told > limit {
        eprintln!("only the first {limit} events are told: --limit N tells more, --count how many there are");
    }
    Ok(())
}

/// An import has no index: it is read from its beginning.
fn of_import(arguments: &HuntArguments, out: &mut impl Write) -> Result<(), Failure> {
    // What the filter says of the end is known at the end: first it is looked whether there is anything wrong with it.
    filtering::wanted(&arguments.filter, Time(0))?;
    let mut end = Time(0);
    if filtering::needs_end(&arguments.filter) {
        reading::read(&arguments.file, &Judged::default(), &mut |step, _, _| {
            if let Step::Event(event) = step {
                end = end.max(event.time());
            }
        })?;
    }
    let filter = filtering::wanted(&arguments.filter, end)?;
    let limit = arguments.limit.unwrap_or(LIMIT);
    let (mut told, mut count, mut done) = (0, 0, Ok(()));
    reading::read(&arguments.file, &Judged::default(), &mut |step, model, detector| {
        count += found_in(&filter, step, model, detector);
        if !arguments.count && told < limit && done.is_ok() {
            done = tell(out, arguments.format, &filter, step, model, detector);
            told = count;
        }
    })?;
    done?;
    if arguments.count {
        writeln!(out, "{count}")?;
    } else if count > limit {
        eprintln!("only the first {limit} are told of {count}: --limit N tells more");
    }
    Ok(())
}

/// How much of a step fulfils the filter.
fn found_in(filter: &Filter, step: Step<'_>, model: &Model, detector: &Detector) -> u64 {
    match step {
        Step::Event(event) => u64::from(matches!(event, Event::Process(event) if filter.event(event, model))),
        Step::Found(_, news) => wanted(filter, news, model, detector).count() as u64,
    }
}

/// The findings that fulfil the filter.
fn wanted<'a>(
    filter: &'a Filter,
    news: &'a News,
    model: &'a Model,
    detector: &'a Detector,
) -> impl Iterator<Item = &'a Finding> {
    let found = news.findings.iter().filter_map(|&number| detector.finding(number));
    found.filter(|finding| view(finding, |it| filter.finding(it, finding.process, model)))
}

fn tell(
    out: &mut impl Write,
    format: Format,
    filter: &Filter,
    step: Step<'_>,
    model: &Model,
    detector: &Detector,
) -> io::Result<()> {
    match (step, format) {
        (Step::Event(_), _) if found_in(filter, step, model, detector) == 0 => Ok(()),
        (Step::Event(event), Format::Text) => text::write_line(out, event, model),
        (Step::Event(event), Format::Json) => json::write_event(out, event, model),
        (Step::Found(_, news), _) => wanted(filter, news, model, detector).try_for_each(|finding| match format {
            Format::Text => text::write_finding(out, finding, model),
            Format::Json => json::write_finding(out, finding, model),
        }),
    }
}

fn place(who: &Who) -> String {
    let id = || who.container.as_ref().map(|id| id.chars().take(12).collect());
    who.name.clone().or_else(id).unwrap_or_else(|| "host".to_owned())
}

fn command(who: &Who) -> String {
    if who.argv.is_empty() { who.exe.clone() } else { format!("{}  {}", who.exe, who.argv.join(" ")) }
}

/// `2026-11-23T12:03:04.123456789Z  #1234  connect  4711  web  /usr/bin/nc  nc 10.1.2.3 4444  → 10.1.2.3:4444`
fn event_text(out: &mut impl Write, hit: &Hit) -> io::Result<()> {
    let to = hit.remote.map(|remote| format!("  → {remote}")).or_else(|| Some(format!("  {}", hit.path.as_ref()?)));
    let (time, place) = (rfc3339(hit.time), place(&hit.who));
    let said = format!("{}{}", command(&hit.who), to.unwrap_or_default());
    let (number, pid) = (format!("#{}", hit.number), hit.who.process.pid);
    let (place, said) = (shown(&place), shown(&said));
    writeln!(out, "{time}  {number:>9}  {:11} {pid:>7}  {:20}  {}", hit.kind, place.as_str(), said.as_str())
}

fn finding_text(out: &mut impl Write, found: &FoundHit) -> io::Result<()> {
    let (time, place) = (rfc3339(found.time), place(&found.who));
    let muted = if found.muted { ", muted" } else { "" };
    let incident = if found.incident > 0 { format!(", incident i{}", found.incident) } else { String::new() };
    let said = format!("{}  [{}{incident}{muted}]", found.title, found.rule);
    let (number, pid) = (format!("#{}", found.event), found.who.process.pid);
    let (place, said, severity) = (shown(&place), shown(&said), found.severity.to_uppercase());
    writeln!(out, "{time}  {number:>9}  {severity:11} {pid:>7}  {:20}  {}", place.as_str(), said.as_str())
}

fn line(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct EventLine<'a> {
    r#type: &'static str,
    time: String,
    kind: &'a str,
    number: u64,
    process: ProcessShape<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<String>,
}

#[derive(Serialize)]
struct FindingLine<'a> {
    r#type: &'static str,
    time: String,
    rule: &'a str,
    class: &'a str,
    severity: &'a str,
    title: &'a str,
    incident: Option<String>,
    muted: bool,
    event: u64,
    process: ProcessShape<'a>,
}

#[derive(Serialize)]
struct ProcessShape<'a> {
    pid: u32,
    start_time: String,
    exe: &'a str,
    argv: &'a [String],
    cwd: &'a str,
    uid: Option<u32>,
    container: Option<ContainerShape<'a>>,
}

#[derive(Serialize)]
struct ContainerShape<'a> {
    id: &'a str,
    name: Option<&'a str>,
    image: Option<&'a str>,
}

impl<'a> EventLine<'a> {
    fn of(hit: &'a Hit, boot: Time) -> EventLine<'a> {
        EventLine {
            r#type: "event",
            time: rfc3339(hit.time),
            kind: &hit.kind,
            number: hit.number,
            process: ProcessShape::of(&hit.who, boot),
            path: hit.path.as_deref(),
            remote: hit.remote.map(|remote| remote.to_string()),
        }
    }
}

impl<'a> FindingLine<'a> {
    fn of(found: &'a FoundHit, boot: Time) -> FindingLine<'a> {
        FindingLine {
            r#type: "finding",
            time: rfc3339(found.time),
            rule: &found.rule,
            class: &found.class,
            severity: &found.severity,
            title: &found.title,
            incident: (found.incident > 0).then(|| format!("i{}", found.incident)),
            muted: found.muted,
            event: found.event,
            process: ProcessShape::of(&found.who, boot),
        }
    }
}

impl<'a> ProcessShape<'a> {
    fn of(who: &'a Who, boot: Time) -> ProcessShape<'a> {
        let container = who.container.as_deref().map(|id| ContainerShape {
            id,
            name: who.name.as_deref(),
            image: who.image.as_deref(),
        });
        ProcessShape {
            pid: who.process.pid,
            start_time: rfc3339(start_time(who.process, boot)),
            exe: &who.exe,
            argv: &who.argv,
            cwd: &who.cwd,
            uid: who.uid,
            container,
        }
    }
}
