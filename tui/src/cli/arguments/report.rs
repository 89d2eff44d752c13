//! The arguments of `report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Failure, OwnRules, loaded};
use crate::config::Config;

/// Options of `report`.
#[derive(Args, Debug)]
pub struct ReportArguments {
    /// The recording; `-` for stdin
    pub file: PathBuf,
    /// How it is written
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// One incident, as `findings` names it, like i3 [default: all that are worth a look]
    #[arg(long, value_name = "ID", value_parser = incident)]
    pub incident: Option<u64>,
    /// File to write to, readable by its owner alone; one that is there is replaced [default: stdout]
    #[arg(short = 'o', long = "out", value_name = "OUT")]
    pub out: Option<PathBuf>,
    /// Replace secrets in arguments, addresses, user and host names by pseudonyms: the same for the same file
    #[arg(long)]
    pub redact: bool,
    /// Judge what happened anew, by these rules, too.
    #[command(flatten)]
    pub own: OwnRules,
    /// Configuration file, for its exceptions [default: ~/.config/ktrace-tui/config.toml, else /etc/ktrace-tui/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl ReportArguments {
    /// As [`super::FindingsArguments::config`].
    ///
    /// # Errors
    /// As there.
    pub fn config(&self) -> Result<Config, Failure> {
        loaded(self.config.as_ref(), &self.own)
    }
}

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Markdown
    #[default]
    Md,
    /// One page of HTML that needs nothing else
    Html,
    /// JSON lines, one for each incident
    Json,
    /// The chain as a Mermaid flowchart
    Mermaid,
    /// The chain as a graph for Graphviz
    Dot,
}

pub(super) fn incident(name: &str) -> Result<u64, String> {
    let number = name.strip_prefix('i').unwrap_or(name).parse();
    number.map_err(|_| "an incident is named like i3".to_owned())
}
