//! NATS, as the arguments say: how it is connected to, and the feed.

use tokio::sync::mpsc::Sender;

use super::arguments::{ConnectionArguments, NatsArguments};
use super::{Exit, Failure};
use crate::feed::{BusOptions, Feed, Names, NatsSink, Room, Said, Server, Spool, SpoolError, StreamOptions};
use crate::source::host::Host;

/// What it is called on the status line and in metrics.
const NAME: &str = "nats";

/// What this node is called on the bus; `None` where nothing is sent there.
pub(super) fn node(arguments: &NatsArguments) -> Option<String> {
    let asked = !arguments.nats.is_empty();
    let host = || Host::here().name();
    asked.then(|| arguments.node.clone().unwrap_or_else(host))
}

/// How the bus is connected to; `node` is who asks.
pub(super) fn options(
    servers: &[Server],
    arguments: &ConnectionArguments,
    names: Names,
    node: String,
) -> Result<BusOptions, Failure> {
    for file in [&arguments.nats_creds, &arguments.nats_ca, &arguments.nats_cert, &arguments.nats_key] {
        if let Some(path) = file
            && let Err(error) = std::fs::File::open(path)
        {
            return Err(Failure::new(Exit::Failed, format!("cannot read {}: {error}", path.display())));
        }
    }
    let name = arguments.nats_stream.clone();
    Ok(BusOptions {
        servers: servers.to_vec(),
        creds: arguments.nats_creds.clone(),
        ca: arguments.nats_ca.clone(),
        identity: arguments.nats_cert.clone().zip(arguments.nats_key.clone()),
        stream: StreamOptions { name, replicas: 1, max_age: None, max_bytes: None },
        names,
        node,
    })
}

/// Starts the feed, where it was asked for.
pub(super) fn feed(arguments: &NatsArguments, room: Room, said: &Sender<Said>) -> Result<Option<Feed>, Failure> {
    let Some(node) = node(arguments) else { return Ok(None) };
    let names = Names::of_cluster(&arguments.cluster);
    let mut options = options(&arguments.nats, &arguments.connection, names, node)?;
    options.stream = StreamOptions {
        replicas: usize::from(arguments.nats_replicas),
        max_age: arguments.nats_max_age,
        max_bytes: arguments.nats_max_bytes,
        ..options.stream
    };
    let spool = arguments.spool.as_deref().map(|dir| Spool::open(dir, arguments.spool_size));
    let spool = spool.transpose().map_err(|error: SpoolError| Failure::new(Exit::Failed, error.to_string()))?;
    let sink = NatsSink::start(NAME, options, spool, said.clone())?;
    Ok(Some(Feed::start(NAME, sink, room, said.clone())?))
}
