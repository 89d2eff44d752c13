//! The arguments of `agent`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{NatsArguments, SourceArguments};
use crate::config;

/// Options of `agent`.
#[derive(Args, Debug)]
pub struct AgentArguments {
    /// Where events come from.
    #[command(flatten)]
    pub source: SourceArguments,
    /// Send the events that fulfil this too, like `kind = connect and not address = 10.0.0.0/8` (docs/FILTER.md), or `all`
    /// [default: none; findings, incidents, losses and statuses are always sent]
    #[arg(long, value_name = "EXPR")]
    pub events: Option<String>,
    /// Leave secrets in arguments as they are [default: passwords, tokens and keys become pseudonyms]
    #[arg(long)]
    pub no_redact: bool,
    /// Write JSON lines to this file, or to stdout for `-`: docs/JSON.md
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub json: Option<PathBuf>,
    /// Put a file aside before it is larger than this, like 100MiB
    #[arg(long, value_name = "SIZE", value_parser = config::parse_size, help_heading = "Files")]
    pub rotate_size: Option<u64>,
    /// Put a file aside when it is older than this, like 1h
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, help_heading = "Files")]
    pub rotate_every: Option<Duration>,
    /// Keep this many files that were put aside [default: all]
    #[arg(long, value_name = "N", help_heading = "Files")]
    pub rotate_keep: Option<usize>,
    /// Pack files that were put aside (zstd)
    #[arg(long, help_heading = "Files")]
    pub rotate_compress: bool,
    /// Onto a bus.
    #[command(flatten)]
    pub nats: NatsArguments,
    /// Memory that each destination may use for what cannot be sent yet; findings are last to go
    #[arg(long, value_name = "SIZE", value_parser = queue_size, default_value = "16MiB")]
    pub queue_size: usize,
    /// Go on sending what waits for this long at the end
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "5s")]
    pub flush: Duration,
    /// Stop after this long, like 30s, 500ms or 5m; without it, at SIGTERM or Ctrl-C
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub duration: Option<Duration>,
}

/// The least that a queue may have: a line with the longest arguments has its place.
const LEAST: u64 = 1 << 20;

fn queue_size(text: &str) -> Result<usize, String> {
    let size = config::parse_size(text).map_err(|error| error.to_string())?;
    if size < LEAST {
        return Err("at least 1MiB".to_owned());
    }
    usize::try_from(size).map_err(|_| "more than there can be".to_owned())
}
