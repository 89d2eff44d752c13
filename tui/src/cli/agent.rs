//! `agent`: what happens on this node, carried to wherever it is wanted.

use anyhow::Context as _;
use tokio::sync::mpsc::{Sender, channel};

use super::arguments::AgentArguments;
use super::{Exit, Failure, filtering, nats, sources};
use crate::feed::{self, Events, Feed, FileSink, Options, Room, Rotation, Said};

const COMMAND: &str = "ktrace-tui agent";

/// How much feeds may have to tell before somebody hears it.
const SAID: usize = 64;

/// Follows this node until it is told to stop, and then tells how much left.
pub(super) fn agent(arguments: &AgentArguments) -> Result<(), Failure> {
    let config = arguments.source.config()?;
    let events = match arguments.events.as_deref() {
        None => Events::None,
        Some("all") => Events::All,
        Some(text) => Events::Some(filtering::wanted(text, filtering::now())?),
    };
    if arguments.json.is_none() && arguments.nats.nats.is_empty() {
        return Err(Failure::new(Exit::Usage, "nothing says where it is to go: try --json -"));
    }
    sources::permitted(COMMAND)?;
    let (say, said) = channel(SAID);
    let feeds = feeds(arguments, &say)?;
    let options = Options {
        events,
        node: nats::node(&arguments.nats),
        redact: !arguments.no_redact,
        duration: arguments.duration,
        flush: arguments.flush,
        exceptions: config.exceptions.clone(),
        attention: None,
        feeds,
        said,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let summary = runtime.context("cannot start the runtime")?.block_on(async {
        let (node, refused) = sources::follow(&config, COMMAND);
        let options = Options { attention: Some(node.attention), ..options };
        tokio::select! {
            biased;
            Ok(failure) = refused => Err(failure),
            done = feed::run(node.events, options, std::io::stderr()) => {
                done.context("cannot go on").map_err(Failure::from)
            }
        }
    })?;
    let lost: Vec<_> = summary.lost.iter().map(|(kind, count)| format!("{count} {}", kind.name())).collect();
    let lost = if lost.is_empty() { "nothing lost".to_owned() } else { format!("lost: {}", lost.join(", ")) };
    let muted = if summary.muted > 0 { format!(" ({} muted)", summary.muted) } else { String::new() };
    eprintln!("{} events, {} findings{muted}, {lost}", summary.events, summary.findings);
    for ((feed, sort), count) in &summary.unsent {
        eprintln!("{feed}: not sent: {count} of type {}", sort.name());
    }
    Ok(())
}

/// The feeds that were asked for.
fn feeds(arguments: &AgentArguments, said: &Sender<Said>) -> Result<Vec<Feed>, Failure> {
    let mut feeds = Vec::new();
    let rotation = Rotation {
        size: arguments.rotate_size,
        every: arguments.rotate_every,
        keep: arguments.rotate_keep,
        compress: arguments.rotate_compress,
    };
    let room = Room { bytes: arguments.queue_size, ..Room::default() };
    if let Some(path) = &arguments.json {
        let sink = FileSink::json(path, rotation);
        let sink = sink.with_context(|| format!("cannot write to {}", path.display()))?;
        feeds.push(Feed::start("json", sink, room, said.clone())?);
    }
    feeds.extend(nats::feed(&arguments.nats, room, said)?);
    Ok(feeds)
}
