//! What an audit says, for people: container by container, and in the end how many.

use std::io::{self, Write};

use crate::audit::{Audited, Outcome};
use crate::detect::Severity;
use crate::escape::shown;
use crate::model::{Model, Runtime, Witness};

/// Characters of an id that are shown.
const ID: usize = 12;

/// Writes a container: a line, and what it should not be allowed, with who says so.
///
/// # Errors
/// Whatever writing gives.
pub fn write_audited(out: &mut impl Write, audited: &Audited, model: &Model) -> io::Result<()> {
    let group = model.group(&audited.key).and_then(|group| group.container.as_ref());
    let news = group.map(|container| &container.news);
    let id: String = audited.id.chars().take(ID).collect();
    let name = news.and_then(|news| news.name.clone()).unwrap_or_else(|| id.clone());
    let mut about = vec![id];
    about.extend(news.and_then(|news| news.image.clone()));
    let pod =
        news.and_then(|news| Some(format!("pod {}/{}", news.namespace.as_deref().unwrap_or("?"), news.pod.as_ref()?)));
    about.extend(pod);
    about.extend(group.and_then(|container| container.runtime).map(|runtime| Runtime::name(runtime).to_owned()));
    if audited.ended {
        about.push("ended".to_owned());
    }
    let worst = audited.worst().map_or_else(|| "nothing found".to_owned(), |worst| worst.name().to_uppercase());
    writeln!(out, "{}  {worst}  ({})", shown(&name).as_str(), shown(&about.join(", ")).as_str())?;
    for outcome in &audited.results {
        write_outcome(out, outcome)?;
    }
    if audited.witnesses.is_empty() {
        writeln!(out, "    nobody tells what it is allowed")?;
    } else if !audited.unknown.is_empty() {
        let unknown: Vec<&str> = audited.unknown.iter().map(|check| check.id.as_str()).collect();
        writeln!(out, "    not known: {}", unknown.join(", "))?;
    }
    writeln!(out)
}

fn write_outcome(out: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    let check = outcome.check;
    let severity = outcome.severity.name().to_uppercase();
    writeln!(out, "    {severity:8}  {}  [{}; {}]", check.title, check.id, check.controls.join(", "))?;
    match &outcome.disagree {
        Some(disagree) => writeln!(out, "              they disagree: {}", shown(disagree).as_str()),
        None => {
            let text = outcome.why.first().map_or("", |word| word.text.as_str());
            let who: Vec<&str> = outcome.why.iter().map(|word| Witness::name(word.witness)).collect();
            writeln!(out, "              {}: {}", who.join(", "), shown(text).as_str())
        }
    }
}

/// Writes how many there are, and how bad.
///
/// # Errors
/// Whatever writing gives.
pub fn write_summary(out: &mut impl Write, all: &[Audited], sandboxes: usize) -> io::Result<()> {
    let clean = all.iter().filter(|audited| audited.worst().is_none()).count();
    let mut parts: Vec<String> = Vec::new();
    for severity in [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info] {
        let count = all.iter().filter(|audited| audited.worst() == Some(severity)).count();
        if count > 0 {
            parts.push(format!("{count} {}", severity.name()));
        }
    }
    if clean > 0 {
        parts.push(format!("{clean} with nothing"));
    }
    let disagree = all.iter().flat_map(|audited| &audited.results).filter(|outcome| outcome.disagree.is_some()).count();
    let of = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    let differ =
        if disagree > 0 { format!("; witnesses disagree on {}", counted(disagree, "thing")) } else { String::new() };
    let left =
        if sandboxes > 0 { format!("; {} of pods left out", counted(sandboxes, "sandbox")) } else { String::new() };
    writeln!(out, "{}{of}{differ}{left}", counted(all.len(), "container"))
}

/// `1 container`, `2 containers`.
fn counted(count: usize, what: &str) -> String {
    let end = match (count, what.ends_with('x')) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{count} {what}{end}")
}
