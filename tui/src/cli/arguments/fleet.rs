//! The arguments of `fleet`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::nats::ConnectionArguments;
use super::{Format, LookArguments};
use crate::feed::Server;

/// Options of `fleet`.
#[derive(Args, Debug)]
pub struct FleetArguments {
    /// Read from NATS JetStream at this server, like nats://host:4222 or tls://host:4222; several with commas, of which one
    /// is enough
    #[arg(long, value_name = "URL", value_delimiter = ',', required = true)]
    pub nats: Vec<Server>,
    /// Who asks, and for which stream.
    #[command(flatten)]
    pub connection: ConnectionArguments,
    /// Only the nodes of this cluster [default: all]
    #[arg(long, value_name = "NAME", value_parser = super::nats::name)]
    pub cluster: Option<String>,
    /// Begin with what came this long ago, like 2h, as far as the stream has it
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "1h")]
    pub since: Duration,
    /// Without a screen: print incidents and how nodes are
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Without a screen: end after this time, like 30s [default: never]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, requires = "format")]
    pub duration: Option<Duration>,
    /// How it looks.
    #[command(flatten)]
    pub look: LookArguments,
    /// Configuration file [default: ~/.config/ktrace-tui/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}
