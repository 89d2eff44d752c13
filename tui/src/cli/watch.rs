//! `watch`: what happens on this node, line by line.

use anyhow::Context as _;

use super::arguments::{Format, Only, WatchArguments};
use super::{Exit, Failure, sources};
use crate::watch::{WatchOptions, run};

const COMMAND: &str = "ktrace-tui watch";

/// Tells what happens until it is told to stop, and then how much it was.
pub(super) fn watch(arguments: &WatchArguments) -> Result<(), Failure> {
    if arguments.only == Some(Only::Findings) {
        let message = "`--only findings`: this version has no detections yet; use `--only events`, or leave it out";
        return Err(Failure::new(Exit::Usage, message));
    }
    let config = arguments.source.config()?;
    sources::permitted(COMMAND)?;
    let format = match arguments.format {
        Format::Text => crate::watch::Format::Text,
        Format::Json => crate::watch::Format::Json,
    };
    let options = WatchOptions { format, duration: arguments.duration };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let summary = runtime.context("cannot start the runtime")?.block_on(async {
        let (events, refused) = sources::events(&config, COMMAND);
        tokio::select! {
            biased;
            Ok(failure) = refused => Err(failure),
            done = run(events, options, std::io::stdout().lock(), std::io::stderr()) => {
                done.context("cannot write").map_err(Failure::from)
            }
        }
    })?;
    let lost: Vec<_> = summary.lost.iter().map(|(kind, count)| format!("{count} {}", kind.name())).collect();
    let lost = if lost.is_empty() { "nothing lost".to_owned() } else { format!("lost: {}", lost.join(", ")) };
    eprintln!("{} events, {lost}", summary.events);
    Ok(())
}
