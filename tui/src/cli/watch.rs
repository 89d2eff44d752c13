//! `watch`: what happens on this node, line by line.

use super::arguments::{Only, WatchArguments};
use super::{Exit, Failure, sources};

const COMMAND: &str = "ktrace-tui watch";

/// TO BE COMPLETED: `sources::events(&config, COMMAND)` into `crate::watch::run`.
pub(super) fn watch(arguments: &WatchArguments) -> Result<(), Failure> {
    if arguments.only == Some(Only::Findings) {
        let message = "`--only findings`: this version has no detections yet; use `--only events`, or leave it out";
        return Err(Failure::new(Exit::Usage, message));
    }
    let _config = arguments.source.config()?;
    sources::permitted(COMMAND)?;
    Err(Failure::new(Exit::Failed, "`watch` is not wired yet; use the live screen: ktrace-tui"))
}
