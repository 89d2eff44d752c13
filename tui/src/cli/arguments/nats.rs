//! The arguments that are about NATS.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::config;
use crate::feed::{Server, Spool};

/// The longest name of a cluster or node.
const LONGEST: usize = 128;

/// Options of `agent --nats`.
#[derive(Args, Debug)]
#[command(next_help_heading = "NATS")]
pub struct NatsArguments {
    /// Send to NATS JetStream at this server, like nats://host:4222 or tls://host:4222; several with commas, of which one
    /// is enough: docs/AGENT.md
    #[arg(long, value_name = "URL", value_delimiter = ',')]
    pub nats: Vec<Server>,
    /// Name of the cluster, the second word of subjects
    #[arg(long, value_name = "NAME", value_parser = name, default_value = "default", requires = "nats")]
    pub cluster: String,
    /// Name of this node, the third word of subjects [default: its host name]
    #[arg(long, value_name = "NAME", value_parser = name, requires = "nats")]
    pub node: Option<String>,
    /// Who asks, and for which stream.
    #[command(flatten)]
    pub connection: ConnectionArguments,
    /// Where there is no stream yet: how many servers keep it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=5), default_value = "1", requires = "nats")]
    pub nats_replicas: u8,
    /// Where there is no stream yet: how long it keeps something, like 7d [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, requires = "nats")]
    pub nats_max_age: Option<Duration>,
    /// Where there is no stream yet: how much it keeps, like 10GiB; the oldest goes first [default: what fits]
    #[arg(long, value_name = "SIZE", value_parser = config::parse_size, requires = "nats")]
    pub nats_max_bytes: Option<u64>,
    /// Keep in this directory what cannot be sent while the bus is away; one agent has it for itself [default: in memory]
    #[arg(long, value_name = "DIR", requires = "nats")]
    pub spool: Option<PathBuf>,
    /// How much --spool may take; the oldest events go first, findings last
    #[arg(long, value_name = "SIZE", value_parser = spool_size, default_value = "256MiB", requires = "spool")]
    pub spool_size: u64,
}

/// Who asks, and for which stream.
#[derive(Args, Debug)]
#[command(next_help_heading = "NATS")]
pub struct ConnectionArguments {
    /// Who this is: a file of credentials
    #[arg(long, value_name = "FILE", requires = "nats")]
    pub nats_creds: Option<PathBuf>,
    /// Who may have signed the server's certificate, in PEM; asks for TLS [default: whom this system trusts]
    #[arg(long, value_name = "FILE", requires = "nats")]
    pub nats_ca: Option<PathBuf>,
    /// Certificate of this node, in PEM; asks for TLS
    #[arg(long, value_name = "FILE", requires_all = ["nats", "nats_key"])]
    pub nats_cert: Option<PathBuf>,
    /// The key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires_all = ["nats", "nats_cert"])]
    pub nats_key: Option<PathBuf>,
    /// The stream; one that is there is used as it is
    #[arg(long, value_name = "NAME", value_parser = stream, default_value = "KTRACE", requires = "nats")]
    pub nats_stream: String,
}

pub(super) fn name(text: &str) -> Result<String, String> {
    match text.len() {
        0 => Err("it has no letter".to_owned()),
        1..=LONGEST => Ok(text.to_owned()),
        _ => Err(format!("at most {LONGEST} bytes")),
    }
}

fn spool_size(text: &str) -> Result<u64, String> {
    let size = config::parse_size(text).map_err(|error| error.to_string())?;
    if size < Spool::LEAST { Err("at least 4MiB".to_owned()) } else { Ok(size) }
}

/// What the server takes as the name of a stream.
fn stream(text: &str) -> Result<String, String> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || ".*>/\\".contains(c);
    if text.contains(bad) {
        return Err("no spaces, and none of . * > / \\".to_owned());
    }
    name(text)
}
