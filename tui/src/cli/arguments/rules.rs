//! The arguments of `rules`, and those that name rules of one's own elsewhere.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Exit, Failure, Format, places};
use crate::config::{self, Config};

/// Which rules of one's own are used.
#[derive(Args, Clone, Debug, Default)]
pub struct OwnRules {
    /// Rules of one's own: a file, or a directory of such, TOML or Sigma; can be given more than once
    /// [beside those in rules.d, beside the configuration file]
    #[arg(long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// Directory of Sigma rules, as published; can be given more than once
    #[arg(long, value_name = "DIR")]
    pub sigma: Vec<PathBuf>,
}

impl OwnRules {
    /// Whether any are named.
    pub fn named(&self) -> bool {
        !self.rules.is_empty() || !self.sigma.is_empty()
    }

    /// Adds them to those of the configuration.
    ///
    /// # Errors
    /// When one that is named is not there.
    pub fn lay_over(&self, config: &mut Config) -> Result<(), Failure> {
        for (option, path) in
            self.rules.iter().map(|it| ("--rules", it)).chain(self.sigma.iter().map(|it| ("--sigma", it)))
        {
            if let Err(error) = std::fs::metadata(path) {
                return Err(Failure::new(Exit::Failed, format!("{option}: cannot read {}: {error}", path.display())));
            }
        }
        config.rules.extend(self.rules.iter().cloned());
        config.sigma.extend(self.sigma.iter().cloned());
        Ok(())
    }
}

/// Options of `rules`.
#[derive(Args, Debug)]
pub struct RulesArguments {
    /// What is wanted
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What can be asked about rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules that are in use, and those that are not, with the reason
    List(ListArguments),
    /// Tell whether rules are right: exit code 1 when one is not, with file, line and column
    Check(CheckArguments),
    /// Tell what rules would have found in a recording, and which of them nothing
    Test(TestArguments),
}

/// Options of `rules list`.
#[derive(Args, Debug)]
pub struct ListArguments {
    /// Which rules.
    #[command(flatten)]
    pub own: OwnRules,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Configuration file [default: ~/.config/ktrace-tui/config.toml, else /etc/ktrace-tui/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Options of `rules check`.
#[derive(Args, Debug)]
pub struct CheckArguments {
    /// Files or directories of rules
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Options of `rules test`.
#[derive(Args, Debug)]
pub struct TestArguments {
    /// Files or directories of rules
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The recording, or lines of events; `-` for stdin
    #[arg(long, value_name = "RECORDING")]
    pub on: PathBuf,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

impl ListArguments {
    /// The configuration with what the command line says on top.
    ///
    /// # Errors
    /// When a file is there and cannot be taken, or is named and not there.
    pub fn config(&self) -> Result<Config, Failure> {
        loaded(self.config.as_ref(), &self.own)
    }
}

/// The configuration of a command that has no other options for it.
///
/// # Errors
/// When a file is there and cannot be taken, or is named and not there.
pub fn loaded(file: Option<&PathBuf>, own: &OwnRules) -> Result<Config, Failure> {
    let file = file.map(PathBuf::as_path);
    let mut config = config::load(file, &places())?;
    config.file = config::in_use(file, &places());
    config.rules_beside = places().rules(file);
    own.lay_over(&mut config)?;
    Ok(config)
}
