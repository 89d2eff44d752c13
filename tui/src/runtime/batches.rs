//! What comes while the screen is open.

use tokio::sync::mpsc::Receiver;

use crate::app::Message;
use crate::model::Event;
use crate::source::lines::Told;

/// Events, in the order in which they come.
pub enum Batches {
    /// What happens, as the source tells it.
    Seen(Receiver<Vec<Event>>),
    /// What another ktrace-tui told, with what it found.
    Told(Receiver<Told>),
}

impl Batches {
    /// Wants no more than what happened so far, which is told to its end.
    pub(super) fn close(&mut self) {
        match self {
            Batches::Seen(events) => events.close(),
            Batches::Told(told) => told.close(),
        }
    }

    /// The next ones; `None` when there are no more.
    pub(super) async fn next(&mut self) -> Option<Message> {
        match self {
            Batches::Seen(events) => events.recv().await.map(Message::Batch),
            Batches::Told(told) => told.recv().await.map(|told| Message::Told(told.events, told.found)),
        }
    }

    /// The next ones, where they are there.
    pub(super) fn try_next(&mut self) -> Option<Message> {
        match self {
            Batches::Seen(events) => events.try_recv().ok().map(Message::Batch),
            Batches::Told(told) => told.try_recv().ok().map(|told| Message::Told(told.events, told.found)),
        }
    }
}

/// The next events; never where none are told.
pub(super) async fn next_batch(batches: &mut Option<Batches>) -> Option<Message> {
    match batches {
        Some(batches) => batches.next().await,
        None => std::future::pending().await,
    }
}
