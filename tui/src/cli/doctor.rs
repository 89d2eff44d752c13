//! `doctor`: what this kernel, these rights and these runtimes allow.

use std::io::Write as _;

use anyhow::Context as _;

use super::arguments::{DoctorArguments, Format};
use super::{Failure, sources};
use crate::config::Config;
use crate::doctor::{Check, checks, runtimes, write_json, write_text};
use crate::model::Health;
use crate::rules::TOPIC;
use crate::source::host::Host;
use crate::source::live::Options;

/// Looks at everything, and tells. That something is missing is an answer, not a failure.
pub(super) fn doctor(arguments: &DoctorArguments) -> Result<(), Failure> {
    let config = arguments.source.config()?;
    let options = Options { ring_size: config.ring_size, include_self: config.include_self, ..Options::default() };
    let mut checks = checks(&options);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    checks.extend(
        runtime
            .context("cannot start the runtime")?
            .block_on(runtimes(sources::runtimes(&config, Host::here().root()))),
    );
    checks.push(own_rules(&config));
    let mut out = std::io::stdout().lock();
    let written = match arguments.format {
        Format::Text => write_text(&mut out, &checks),
        Format::Json => write_json(&mut out, &checks),
    };
    written.and_then(|()| out.flush()).context("cannot write")?;
    Ok(())
}

/// How many rules of one's own there are, and what is wrong with the others.
fn own_rules(config: &Config) -> Check {
    let mut shelf = super::rules::shelf(config);
    shelf.look();
    let rules = shelf.rules();
    let health = if rules.broken().is_empty() { Health::Ok } else { Health::Degraded };
    Check::new(
        TOPIC,
        health,
        rules.summary().unwrap_or_else(|| "no own rules; docs/RULES.md tells how they are written".to_owned()),
    )
}
