//! One node of many: what it told, and the screen that shows it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

use super::super::Failure;
use super::super::record;
use crate::feed::{BusOptions, BusReader, Names};
use crate::fleet::NodeName;
use crate::identity::Paths;
use crate::model::Time;
use crate::runtime::screen::ScreenOptions;
use crate::source::lines::{Lines, Told};

/// Batches that may wait for the screen.
const WAITING: usize = 64;
/// Events of a batch, beyond which it is handed over.
const BATCH: usize = 512;
/// How long it is waited for more before a batch is handed over.
const MORE: Duration = Duration::from_millis(5);

/// What a node told from `since` on, and what it tells.
///
/// # Errors
/// When the bus cannot be read.
pub(super) async fn told(bus: BusOptions, since: Time, name: NodeName) -> anyhow::Result<Receiver<Told>> {
    let subject = Names::of_cluster(&name.cluster).of_node(&name.node);
    let reader = BusReader::of(&bus, Some(since), &subject).await.map_err(|why| anyhow!(why))?;
    let (tell, told) = channel(WAITING);
    tokio::spawn(follow(reader, tell));
    Ok(told)
}

async fn follow(mut reader: BusReader, tell: Sender<Told>) {
    let (mut lines, mut batch) = (Lines::new(Arc::new(Paths)), Told::default());
    loop {
        let next = match batch.events.is_empty() {
            true => reader.next().await,
            false => match timeout(MORE, reader.next()).await {
                Ok(next) => next,
                Err(_) => {
                    if tell.send(std::mem::take(&mut batch)).await.is_err() {
                        return;
                    }
                    continue;
                }
            },
        };
        let Some(next) = next else { return };
        // What cannot be read is counted by the fleet, which sees it too.
        let line = next.ok().and_then(|line| lines.value(&line.line).ok());
        let Some(Told { events, found }) = line else {
            if tell.is_closed() {
                return;
            }
            continue;
        };
        let before = batch.events.len();
        batch.found.extend(found.into_iter().map(|(at, entry)| (before + at, entry)));
        batch.events.extend(events);
        if batch.events.len() >= BATCH && tell.send(std::mem::take(&mut batch)).await.is_err() {
            return;
        }
    }
}

/// How the screen of a node is to be: as that of this one, with a memory of its own to go back in.
///
/// # Errors
/// When there can be no such memory.
pub(super) fn screen(
    options: Result<ScreenOptions, Failure>,
    history: usize,
    name: &NodeName,
) -> anyhow::Result<ScreenOptions> {
    let mut options = options.map_err(|failure| anyhow!("{failure}"))?;
    options.recorder = Some(record::of_node(&name.node, history).map_err(|failure| anyhow!("{failure}"))?);
    // Nobody is told whom to look at closely: that is the agent's.
    options.settings.users = std::collections::HashMap::new();
    Ok(options)
}
