//! The arguments of `policy`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Failure, SourceArguments};
use crate::config::Config;

/// Options of `policy`.
#[derive(Args, Debug)]
pub struct PolicyArguments {
    /// The recordings; `-` for stdin [default: learn from this node, as --learn says]
    #[arg(required_unless_present = "learn")]
    pub files: Vec<PathBuf>,
    /// What is made of them
    #[arg(long, value_enum)]
    pub kind: PolicyKind,
    /// File to write to, readable by its owner alone; one that is there is replaced [default: stdout]
    #[arg(short = 'o', long = "out", value_name = "OUT")]
    pub out: Option<PathBuf>,
    /// Learn from this node for so long, like 10m; needs the rights that the live screen needs
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, conflicts_with = "files")]
    pub learn: Option<Duration>,
    /// Learn also what processes did that something of medium or worse was found of
    #[arg(long)]
    pub all: bool,
    /// Learn also the services of the host
    #[arg(long)]
    pub host: bool,
    /// With --learn: where events come from; of recordings, only the exceptions of the configuration file count.
    #[command(flatten)]
    pub source: SourceArguments,
}

impl PolicyArguments {
    /// As [`SourceArguments::config`].
    ///
    /// # Errors
    /// As there.
    pub fn config(&self) -> Result<Config, Failure> {
        self.source.config()
    }
}

/// What a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PolicyKind {
    /// What is normal, to compare with by --baseline: docs/BASELINE.md
    Baseline,
}
