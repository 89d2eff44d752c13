//! One line for people, with everything that others wrote escaped.

use std::io::{self, Write};

use super::time::clock;
use crate::detect::{Detector, Finding, Incident};
use crate::escape::shown;
use crate::model::{Direction, Event, Exit, GroupKey, Image, Kind, Model, Net, NetOp, ProcessEvent};

/// Writes the line of a process event or of a loss that `model` has taken in already; nothing for what has no line.
///
/// # Errors
/// Whatever writing gives.
pub fn write_line(out: &mut impl Write, event: &Event, model: &Model) -> io::Result<()> {
    match event {
        Event::Process(event) => process(out, event, model),
        Event::Loss(loss) => {
            let (time, kind) = (clock(loss.time), loss.kind.name());
            let whose = loss
                .group
                .as_ref()
                .map(|group| format!(" from {}", shown(&place(group, model)).as_str()))
                .unwrap_or_default();
            writeln!(out, "{time}  LOSS  {} {kind} records{whose} did not arrive", loss.count)
        }
        Event::Boot(_) | Event::Container(_) | Event::Names(_) | Event::Posture(_) | Event::Status(_) => Ok(()),
    }
}

/// Writes a finding: a line, and one for each thing that shows it.
///
/// # Errors
/// Whatever writing gives.
pub fn write_finding(out: &mut impl Write, finding: &Finding, model: &Model) -> io::Result<()> {
    let severity = finding.severity.name().to_uppercase();
    let tried = if finding.failed { ", tried and refused" } else { "" };
    let doubt = if finding.complete { "" } else { ", records were lost: it may be incomplete" };
    let place = model.process(finding.process).map_or_else(String::new, |process| place(&process.group, model));
    let (title, place) = (shown(&finding.title), shown(&place));
    let rule = &finding.rule.id;
    let (time, pid, place) = (clock(finding.time), finding.process.pid, place.as_str());
    writeln!(out, "{time}  {severity:11} {pid:>7}  {place:20}  {}  [{rule}{tried}{doubt}]", title.as_str())?;
    for evidence in &finding.why {
        let (predicate, fact) = (shown(&evidence.predicate), shown(&evidence.fact.text));
        let (time, kind) = (clock(evidence.fact.time), &evidence.fact.kind);
        writeln!(out, "    {}: {time} {kind} {}", predicate.as_str(), fact.as_str())?;
    }
    Ok(())
}

/// Writes an incident: a line, and one for each stage.
///
/// # Errors
/// Whatever writing gives.
pub fn write_incident(out: &mut impl Write, incident: &Incident, detector: &Detector) -> io::Result<()> {
    let severity = incident.severity.name().to_uppercase();
    let (name, title) = (incident.name(), shown(&incident.title));
    writeln!(out, "{severity} incident {name}: {}", title.as_str())?;
    for stage in &incident.stages {
        let titles = stage.findings.iter().filter_map(|&number| detector.finding(number)).map(|it| it.title.as_str());
        for (at, title) in titles.enumerate() {
            let time = if at == 0 { clock(stage.time) } else { String::new() };
            let name = if at == 0 { stage.stage.as_ref() } else { "" };
            writeln!(out, "    {time:12}  {name:20}  {}", shown(title).as_str())?;
        }
    }
    Ok(())
}

fn process(out: &mut impl Write, event: &ProcessEvent, model: &Model) -> io::Result<()> {
    let known = model.process(event.process);
    let group = event.cgroup.as_ref().map(|c| &c.place.key).or(known.map(|known| &known.group));
    let place = group.map_or_else(String::new, |group| place(group, model));
    let image = known.and_then(|known| known.image());
    let said = match &event.kind {
        Kind::Fork(fork) => format!("by {}", fork.maker.pid),
        Kind::Exec(exec) => command(&exec.image),
        Kind::Exit(exit) => format!("{}  {}", end(exit), image.map(command).unwrap_or_default()),
        Kind::Move => event.cgroup.as_ref().map_or_else(String::new, |c| format!("to {}", c.path.lossless())),
        Kind::Net(net) => format!("{}  {}", socket(net), image.map(command).unwrap_or_default()),
        Kind::Act(act) => format!("{act}  {}", image.map(command).unwrap_or_default()),
        Kind::Seen(seen) => seen.image.as_ref().map(command).unwrap_or_default(),
        Kind::Content(content) => format!("{}  [{}]", content.tag(), content.exe.lossless()),
        Kind::Vanished => format!("its end was not seen  {}", image.map(command).unwrap_or_default()),
    };
    let (time, kind, pid) = (clock(event.time), event.kind.name(), event.process.pid);
    let (place, said) = (shown(&place), shown(&said));
    writeln!(out, "{time}  {kind:11} {pid:>7}  {:20}  {}", place.as_str(), said.as_str().trim_end())
}

fn place(group: &GroupKey, model: &Model) -> String {
    match group {
        GroupKey::Host => "host".to_owned(),
        GroupKey::Service(name) => name.to_string(),
        GroupKey::Container(id) => {
            let known = model.group(group).and_then(|group| group.container.as_ref()?.news.name.clone());
            known.unwrap_or_else(|| id.chars().take(12).collect())
        }
    }
}

fn command(image: &Image) -> String {
    let words: Vec<_> = image.argv.args.iter().map(|word| word.lossless()).collect();
    let end = match &image.argv {
        argv if argv.unreadable => "(arguments could not be read)",
        argv if argv.cut_from.is_some() => " …",
        _ => "",
    };
    format!("{}{end}  [{}]", words.join(" "), image.exe.lossless())
}

fn end(exit: &Exit) -> String {
    match (exit.code, exit.signal) {
        (_, Some(signal)) => format!("signal {signal}"),
        (Some(code), None) => format!("code {code}"),
        (None, None) => "end not seen".to_owned(),
    }
}

fn socket(net: &Net) -> String {
    let side = |side: Option<std::net::SocketAddr>| side.map_or_else(|| "?".to_owned(), |side| side.to_string());
    let mut text = match net.direction {
        Direction::Listening => format!("{} {}", net.protocol.name(), side(net.local)),
        Direction::Outbound => format!("{} {} -> {}", net.protocol.name(), side(net.local), side(net.remote)),
        Direction::Inbound => format!("{} {} <- {}", net.protocol.name(), side(net.local), side(net.remote)),
    };
    if net.op == NetOp::Close
        && let (Some(sent), Some(received)) = (net.sent, net.received)
    {
        text.push_str(&format!(", {sent} bytes sent, {received} received"));
    }
    if let Some(error) = net.error {
        text.push_str(&format!(", failed with errno {error}"));
    }
    text
}
