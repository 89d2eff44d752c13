//! `ktrace-tui doctor`: what this kernel, these rights and these runtimes allow, found out by trying.

mod kernel;
mod node;

use std::io::{self, Write};

use serde::Serialize;

use crate::model::Health;
use crate::source::live::{self, LoadError, Options, Rights};

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
    let mut checks = vec![kernel::version(), kernel::btf(), rights(), kernel::lockdown(), kernel::tracefs()];
    checks.extend(probes(options));
    checks.extend([node::cgroups(), node::pid_namespace(), node::proc_mount()]);
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
        Check::new("rights", Health::Missing, format!("{list}; run it as root: sudo ktrace-tui doctor"))
    } else {
        Check::new("rights", Health::Degraded, format!("without {list}"))
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
                LoadError::NotPermitted(_) => "; run it as root: sudo ktrace-tui doctor",
                _ => "",
            };
            vec![Check::new(topic, Health::Missing, format!("{error}{hint}"))]
        }
    }
}
