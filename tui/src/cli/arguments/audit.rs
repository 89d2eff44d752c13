//! The arguments of `audit`.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Format, Least, places};
use crate::config::{self, Config};

/// Options of `audit`.
#[derive(Args, Debug)]
pub struct AuditArguments {
    /// A recording; `-` for stdin [default: this node, now]
    pub file: Option<PathBuf>,
    /// Tell of one container only: its name, its pod, or how its id begins; can be given more than once
    #[arg(long = "container", value_name = "NAME")]
    pub containers: Vec<String>,
    /// Leave out what is less bad
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "low")]
    pub at_least: Least,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Configuration file, for where runtimes are [default: ~/.config/ktrace-tui/config.toml, else
    /// /etc/ktrace-tui/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Socket that speaks the Docker API; can be given more than once [default: those of Docker and Podman]
    #[arg(long = "docker-socket", value_name = "PATH")]
    pub docker_sockets: Vec<PathBuf>,
    /// Ask no container runtime: only what the kernel allows is told
    #[arg(long, conflicts_with = "docker_sockets")]
    pub no_runtimes: bool,
}

impl AuditArguments {
    /// As [`super::SourceArguments::config`].
    ///
    /// # Errors
    /// As there.
    pub fn config(&self) -> Result<Config, Failure> {
        let mut config = config::load(self.config.as_deref(), &places())?;
        if self.no_runtimes {
            config.ask_no_runtime();
        } else if !self.docker_sockets.is_empty() {
            config.docker_sockets = Some(self.docker_sockets.clone());
        }
        Ok(config)
    }
}
