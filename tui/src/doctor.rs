//! `ktrace-tui doctor`: what this kernel, these rights and these runtimes allow, found out by trying.

mod kernel;
mod node;

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::identity::names::Sources;
use crate::identity::{bundle, cri, docker};
use crate::model::{Event, Health, Status};
use crate::source::live::{self, LoadError, Options, Rights};

/// How long a runtime may take to answer.
const PATIENCE: Duration = Duration::from_secs(6);

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What: `kernel`, `btf`, `probe exec`, `docker`.
    pub topic: String,
    /// How well it does.
    pub health: Health,
    /// What was found; when degraded, what is lost; when missing, what to do.
    pub text: String,
}

impl Check {
    /// A check that found `health`.
    pub fn new(topic: impl Into<String>, health: Health, text: impl Into<String>) -> Check {
        Check { topic: topic.into(), health, text: text.into() }
    }
}

/// Looks at everything on this node but the container runtimes. The probes are loaded, attached and taken out again.
pub fn checks(options: &Options) -> Vec<Check> {
    let mut checks = vec![kernel::version(), kernel::btf(), rights(), kept(), kernel::lockdown(), kernel::tracefs()];
    checks.extend(probes(options));
    checks.extend([node::standing(), node::pid_namespace(), node::proc_mount()]);
    checks.extend([node::cgroups(), node::cgroup_namespace()]);
    checks
}

/// Writes the checks as a table for people.
///
/// # Errors
/// Whatever writing gives.
pub fn write_text(out: &mut impl Write, checks: &[Check]) -> io::Result<()> {
    let width = checks.iter().map(|check| check.topic.len()).max().unwrap_or(0);
    for Check { topic, health, text } in checks {
        writeln!(out, "{:8}  {topic:width$}  {text}", health.name())?;
    }
    Ok(())
}

/// Writes the checks as JSON lines of the type `status`.
///
/// # Errors
/// Whatever writing gives.
pub fn write_json(out: &mut impl Write, checks: &[Check]) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        r#type: &'static str,
        topic: &'a str,
        health: &'static str,
        text: &'a str,
    }
    for Check { topic, health, text } in checks {
        serde_json::to_writer(&mut *out, &Line { r#type: "status", topic, health: health.name(), text })?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Asks each container runtime who it is, all at once; those that do not answer in time are told as such. What is on disk
/// for when none answers is told last.
pub async fn runtimes(sources: Sources) -> Vec<Check> {
    let mut asked = Vec::new();
    let mut ask = |topic: &str, socket: &Path| {
        let (sender, answers) = channel(64);
        asked.push((topic.to_owned(), socket.to_owned(), answers));
        sender
    };
    let mut tasks = JoinSet::new();
    for endpoint in sources.docker {
        let sender = ask(&endpoint.topic, &endpoint.socket);
        tasks.spawn(docker::follow(endpoint, sender));
    }
    let (cri, nowhere) = sources.cri.into_iter().partition::<Vec<_>, _>(|it| it.expected || it.socket.exists());
    for endpoint in cri {
        let sender = ask(&endpoint.topic, &endpoint.socket);
        tasks.spawn(cri::follow(endpoint, sender));
    }
    let mut checks = Vec::new();
    let until = Instant::now() + PATIENCE;
    for (topic, socket, mut answers) in asked {
        checks.push(match timeout_at(until, first_status(&mut answers)).await {
            Ok(Some(status)) => Check::new(topic, status.health, status.text),
            Ok(None) | Err(_) => {
                let text = format!("{} does not answer; containers show by their ids", socket.display());
                Check::new(topic, Health::Degraded, text)
            }
        });
    }
    if !nowhere.is_empty() {
        let nowhere: Vec<String> = nowhere.iter().map(|it| format!("{} ({})", it.topic, it.socket.display())).collect();
        let text =
            format!("no socket of {}; name another in CONTAINER_RUNTIME_ENDPOINT=unix://PATH", nowhere.join(", "));
        checks.push(Check::new("cri", Health::Missing, text));
    }
    if let Some(roots) = sources.bundles {
        let (health, text) = bundle::check(roots);
        checks.push(Check::new(bundle::TOPIC, health, text));
    }
    checks
}

async fn first_status(answers: &mut Receiver<Vec<Event>>) -> Option<Status> {
    while let Some(batch) = answers.recv().await {
        let status = batch.into_iter().find_map(|event| match event {
            Event::Status(status) => Some(status),
            _ => None,
        });
        if status.is_some() {
            return status;
        }
    }
    None
}

fn rights() -> Check {
    let rights = match Rights::read() {
        Ok(rights) => rights,
        Err(error) => return Check::new("rights", Health::Missing, format!("{error}; mount /proc")),
    };
    let missing = rights.missing();
    if missing.is_empty() {
        return Check::new("rights", Health::Ok, format!("uid {} with every capability that is needed", rights.euid));
    }
    let list: Vec<_> = missing.iter().map(|(name, why)| format!("{name} (to {why})")).collect();
    let list = list.join(", ");
    if rights.insufficient() {
        Check::new("rights", Health::Missing, format!("{list}; {}", rights.remedy("ktrace-tui doctor")))
    } else {
        Check::new("rights", Health::Degraded, format!("without {list}"))
    }
}

/// What is left of the rights once the probes are attached.
fn kept() -> Check {
    match live::would_keep() {
        Ok((kept, _)) if kept.is_empty() => Check::new("rights kept", Health::Ok, "none, as there are none"),
        Ok((kept, given_up)) => {
            let text = format!(
                "once attached {} and no more: {given_up} others are given up, and no program could bring them back",
                kept.join(", ")
            );
            Check::new("rights kept", Health::Ok, text)
        }
        Err(error) => Check::new("rights kept", Health::Degraded, format!("all, as capget(2) fails: {error}")),
    }
}

fn probes(options: &Options) -> Vec<Check> {
    match live::probe(options) {
        Ok(capabilities) => {
            let mib = options.ring_size / (1024 * 1024);
            let ring = Check::new("ring buffer", Health::Ok, format!("{mib} MiB"));
            let probes = capabilities.into_iter().map(|capability| {
                let topic = format!("probe {}", capability.program);
                match capability.failure {
                    None => Check::new(topic, Health::Ok, capability.gives),
                    Some(why) => Check::new(topic, Health::Degraded, format!("no {}: {why}", capability.gives)),
                }
            });
            std::iter::once(ring).chain(probes).collect()
        }
        Err(error) => {
            let topic = if matches!(error, LoadError::NoRing) { "ring buffer" } else { "probes" };
            let hint = match &error {
                LoadError::NotPermitted(_) => {
                    format!("; {}", Rights::read().unwrap_or_default().remedy("ktrace-tui doctor"))
                }
                _ => String::new(),
            };
            vec![Check::new(topic, Health::Missing, format!("{error}{hint}"))]
        }
    }
}
