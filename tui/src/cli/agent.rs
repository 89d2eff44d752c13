//! `agent`: what happens on this node, carried to wherever it is wanted.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use rustix::thread::CapabilitySet;
use tokio::sync::mpsc::{Sender, channel};

use super::arguments::{AgentArguments, OtlpProtocol, WebhookFormat};
use super::{Exit, Failure, filtering, nats, sources};
use crate::clock;
use crate::detect::Severity;
use crate::feed::{
    self, Authority, Events, Feed, FileSink, Message, Metrics, Options, Otlp, Protocol, Room, Rotation, Said, Syslog,
    Webhook,
};
use crate::source::live::OwnFiles;

const COMMAND: &str = "ktrace-tui agent";

/// How much feeds may have to tell before somebody hears it.
const SAID: usize = 64;

/// Follows this node until it is told to stop, and then tells how much left.
pub(super) fn agent(arguments: &AgentArguments) -> Result<(), Failure> {
    let config = arguments.source.config()?;
    let events = match arguments.events.as_deref() {
        None => Events::None,
        Some("all") => Events::All,
        Some(text) => Events::Some(filtering::wanted(text, clock::now())?),
    };
    if arguments.json.is_some() && arguments.json == arguments.ocsf {
        return Err(Failure::new(Exit::Usage, "--json and --ocsf cannot go to the same place"));
    }
    if !arguments.go_somewhere() {
        return Err(Failure::new(Exit::Usage, "nothing says where it is to go: try --json -"));
    }
    let permit = sources::permitted(COMMAND, CapabilitySet::NET_BIND_SERVICE)?;
    let (say, said) = channel(SAID);
    let feeds = feeds(arguments, &say)?;
    let metrics = Arc::new(Metrics::default());
    if let Some(address) = arguments.metrics {
        let at = feed::serve(address, Arc::clone(&metrics));
        let at = at.with_context(|| format!("cannot serve metrics at {address}"))?;
        eprintln!("metrics: http://{at}/metrics");
    }
    let options = Options {
        events,
        node: nats::node(&arguments.nats),
        redact: !arguments.no_redact,
        duration: arguments.duration,
        flush: arguments.flush,
        exceptions: config.exceptions.clone(),
        baseline: arguments.compare.load()?,
        attention: None,
        rules: None,
        feeds,
        said,
        metrics,
    };
    let summary = sources::drive(&config, COMMAND, permit, own_files(arguments), async |node| {
        let options = Options { attention: Some(node.attention), rules: Some(node.rules), ..options };
        let done = feed::run(node.events, options, std::io::stderr()).await;
        Ok(done.context("cannot go on")?)
    })?;
    eprintln!("{}", summary.tally);
    for ((feed, sort), count) in &summary.unsent {
        eprintln!("{feed}: not sent: {count} of type {}", sort.name());
    }
    Ok(())
}

/// The files that it writes, and what it compares with.
fn own_files(arguments: &AgentArguments) -> OwnFiles {
    let lines = arguments.json.iter().chain(&arguments.ocsf).filter(|path| path.as_os_str() != "-");
    OwnFiles {
        records: lines.chain(&arguments.nats.spool).cloned().collect(),
        settings: arguments.compare.baseline.iter().cloned().collect(),
    }
}

/// The feeds that were asked for.
fn feeds(arguments: &AgentArguments, said: &Sender<Said>) -> Result<Vec<Feed>, Failure> {
    let room = Room { bytes: arguments.queue_size, ..Room::default() };
    let mut feeds = files(arguments, room, said)?;
    if let Some(url) = &arguments.otlp {
        let protocol = arguments.otlp_protocol.map(|protocol| match protocol {
            OtlpProtocol::Grpc => Protocol::Grpc,
            OtlpProtocol::Http => Protocol::Http,
        });
        let headers = std::env::var("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default();
        let authority = authority("--otlp-ca", arguments.otlp_ca.as_deref())?;
        let sink = Otlp::new(url, protocol, &headers_of(&headers), authority.as_ref());
        let sink = sink.map_err(|why| usage("--otlp", &why))?;
        feeds.push(Feed::start("otlp", sink, room, said.clone())?);
    }
    let least: Severity = arguments.alert.into();
    if let Some(url) = &arguments.webhook {
        let url = match url.strip_prefix('@') {
            None => url.clone(),
            Some(file) => std::fs::read_to_string(file).with_context(|| format!("--webhook: cannot read {file}"))?,
        };
        let url = feed::address(&url, arguments.webhook_insecure).map_err(|why| {
            let hint = if why.starts_with("http can") { ", or --webhook-insecure" } else { "" };
            usage("--webhook", &format!("{why}{hint}"))
        })?;
        let message = match arguments.webhook_format {
            WebhookFormat::Json => Message::Json,
            WebhookFormat::Slack => Message::Slack,
        };
        let authority = authority("--webhook-ca", arguments.webhook_ca.as_deref())?;
        let sink = Webhook::new(url, message, least, authority.as_ref()).map_err(|why| usage("--webhook", &why))?;
        feeds.push(Feed::start("webhook", sink, room, said.clone())?);
    }
    if let Some(listener) = &arguments.syslog {
        feeds.push(Feed::start("syslog", Syslog::new(listener.clone(), least), room, said.clone())?);
    }
    if let Some(path) = &arguments.journald {
        feeds.push(Feed::start("journald", Syslog::journal(path, least), room, said.clone())?);
    }
    Ok(feeds)
}

/// Those that write files.
fn files(arguments: &AgentArguments, room: Room, said: &Sender<Said>) -> Result<Vec<Feed>, Failure> {
    let rotation = Rotation {
        size: arguments.rotate_size,
        every: arguments.rotate_every,
        keep: arguments.rotate_keep,
        compress: arguments.rotate_compress,
    };
    let mut feeds = Vec::new();
    if let Some(path) = &arguments.json {
        let sink = FileSink::json(path, rotation);
        let sink = sink.with_context(|| format!("cannot write to {}", path.display()))?;
        feeds.push(Feed::start("json", sink, room, said.clone())?);
    }
    feeds.extend(nats::feed(&arguments.nats, room, said)?);
    if let Some(path) = &arguments.ocsf {
        let sink = FileSink::ocsf(path, rotation);
        let sink = sink.with_context(|| format!("cannot write to {}", path.display()))?;
        feeds.push(Feed::start("ocsf", sink, room, said.clone())?);
    }
    Ok(feeds)
}

/// Who signs for the other side, where somebody else than usual does.
fn authority(option: &str, file: Option<&Path>) -> Result<Option<Authority>, Failure> {
    let read = file.map(Authority::read).transpose();
    read.map_err(|why| Failure::new(Exit::Failed, format!("{option}: {why}")))
}

fn usage(option: &str, why: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{option}: {why}"))
}

/// `name=value,name=value`, as OpenTelemetry has it in the environment: what would mean something else is `%2C`.
fn headers_of(text: &str) -> Vec<(String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name.trim()), decoded(value.trim()))).collect()
}

fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&part.as_bytes()[2..]);
            }
            None => bytes.extend(b"%".iter().chain(part.as_bytes())),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_opentelemetry_writes_them() {
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(headers_of("a=b, c = Basic%20x%3D%3D,,d"), [own("a", "b"), own("c", "Basic x==")]);
        assert_eq!(headers_of("a=100%,b=%zz"), [own("a", "100%"), own("b", "%zz")]);
    }
}
