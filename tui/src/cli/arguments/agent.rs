//! The arguments of `agent`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{CompareArguments, NatsArguments, SourceArguments};
use crate::config;
use crate::detect::Severity;
use crate::feed::{JOURNAL, Listener};

/// Options of `agent`.
#[derive(Args, Debug)]
pub struct AgentArguments {
    /// Where events come from.
    #[command(flatten)]
    pub source: SourceArguments,
    /// What is normal.
    #[command(flatten)]
    pub compare: CompareArguments,
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
    /// Write OCSF 1.5.0 to this file, or to stdout for `-`: events and findings, as JSON lines
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub ocsf: Option<PathBuf>,
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
    /// Serve metrics for Prometheus at /metrics of this address; on loopback unless it names another
    #[arg(long, value_name = "ADDR", value_parser = metrics, num_args = 0..=1, default_missing_value = METRICS)]
    pub metrics: Option<SocketAddr>,
    /// Send OpenTelemetry logs to this collector, like http://localhost:4317: gRPC, or HTTP on port 4318. Headers are those of
    /// OTEL_EXPORTER_OTLP_HEADERS
    #[arg(long, value_name = "URL", help_heading = "Collectors")]
    pub otlp: Option<String>,
    /// Which protocol it is, whatever the port
    #[arg(long, value_enum, requires = "otlp", help_heading = "Collectors")]
    pub otlp_protocol: Option<OtlpProtocol>,
    /// Who may have signed the collector's certificate, in PEM [default: whom this system trusts]
    #[arg(long, value_name = "FILE", requires = "otlp", help_heading = "Collectors")]
    pub otlp_ca: Option<PathBuf>,
    /// Post findings and incidents to this address; @FILE for one that is in a file, as it may be a secret
    #[arg(long, value_name = "URL", help_heading = "Alerts")]
    pub webhook: Option<String>,
    /// How they are written
    #[arg(long, value_enum, default_value_t, help_heading = "Alerts")]
    pub webhook_format: WebhookFormat,
    /// Let the webhook be http on another machine: everybody on the way can read it
    #[arg(long, help_heading = "Alerts")]
    pub webhook_insecure: bool,
    /// Who may have signed the webhook's certificate, in PEM [default: whom this system trusts]
    #[arg(long, value_name = "FILE", requires = "webhook", help_heading = "Alerts")]
    pub webhook_ca: Option<PathBuf>,
    /// Send findings to syslog: unix:PATH or udp:HOST:PORT [default: unix:/dev/log]
    #[arg(long, value_name = "WHERE", value_parser = syslog, num_args = 0..=1, default_missing_value = "unix:/dev/log", help_heading = "Alerts")]
    pub syslog: Option<Listener>,
    /// Send findings to the journal of systemd [default: /run/systemd/journal/socket]
    #[arg(long, value_name = "PATH", num_args = 0..=1, default_missing_value = JOURNAL, help_heading = "Alerts")]
    pub journald: Option<PathBuf>,
    /// Alert of what is at least this bad; collectors and files get everything
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY", help_heading = "Alerts")]
    pub alert: Least,
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

impl AgentArguments {
    /// Whether anything says where it is to go.
    pub fn go_somewhere(&self) -> bool {
        let files = self.json.is_some() || self.ocsf.is_some();
        let alerts = self.webhook.is_some() || self.syslog.is_some() || self.journald.is_some();
        files || alerts || self.otlp.is_some() || self.metrics.is_some() || !self.nats.nats.is_empty()
    }
}

/// How OTLP is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OtlpProtocol {
    /// gRPC
    Grpc,
    /// Protobuf over HTTP
    #[value(name = "http/protobuf")]
    Http,
}

/// How findings are posted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum WebhookFormat {
    /// The line of docs/JSON.md
    #[default]
    Json,
    /// {"text": ...}, as Slack, Mattermost and others take it
    Slack,
}

/// How bad something must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "they are the severities")]
pub enum Least {
    Info,
    Low,
    #[default]
    Medium,
    High,
    Critical,
}

impl From<Least> for Severity {
    fn from(least: Least) -> Severity {
        match least {
            Least::Info => Severity::Info,
            Least::Low => Severity::Low,
            Least::Medium => Severity::Medium,
            Least::High => Severity::High,
            Least::Critical => Severity::Critical,
        }
    }
}

/// Where somebody listens: `unix:/dev/log`, `udp:192.0.2.1:514`, `udp:log:514`.
fn syslog(text: &str) -> Result<Listener, String> {
    let form = || format!("`{text}` is not like unix:PATH or udp:HOST:PORT");
    match text.split_once(':') {
        Some(("unix", path)) if !path.is_empty() => Ok(Listener::Unix(path.into())),
        Some(("udp", place)) => {
            let mut found = place.to_socket_addrs().map_err(|error| format!("{}: {error}", form()))?;
            found.next().map(Listener::Udp).ok_or_else(form)
        }
        _ => Err(form()),
    }
}

/// Where metrics are served when nothing else is said; the port is that of many exporters.
const METRICS: &str = "127.0.0.1:9464";

/// `127.0.0.1:9464`, or the port alone, which is that of loopback.
fn metrics(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    text.parse().map_err(|_| format!("`{text}` is no address like {METRICS}, nor a port"))
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
