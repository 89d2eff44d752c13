//! The arguments of `findings`.

use std::path::PathBuf;

use clap::Args;

use super::{CompareArguments, Failure, Format, OwnRules, loaded};
use crate::config::Config;

/// Options of `findings`.
#[derive(Args, Debug)]
pub struct FindingsArguments {
    /// The recording; `-` for stdin
    pub file: PathBuf,
    /// What is normal.
    #[command(flatten)]
    pub compare: CompareArguments,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Judge what happened anew, by these rules, too.
    #[command(flatten)]
    pub own: OwnRules,
    /// Configuration file, for its exceptions [default: ~/.config/ktrace-tui/config.toml, else /etc/ktrace-tui/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl FindingsArguments {
    /// The configuration.
    ///
    /// # Errors
    /// When a configuration file is there and cannot be taken.
    pub fn config(&self) -> Result<Config, Failure> {
        loaded(self.config.as_ref(), &self.own)
    }
}
