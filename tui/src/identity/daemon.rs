//! A runtime's daemon, followed: one session after another, with patience.

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep};

use super::fault::{Fault, Words};
use super::teller::Teller;
use crate::model::Event;

/// How patient to be with a daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Longest wait for a small answer.
    pub request: Duration,
    /// Longest wait for a list: a busy node takes seconds.
    pub list: Duration,
    /// From one sign of life to the next.
    pub ping: Duration,
    /// From an event to the question how its container is now, so that a burst is one question.
    pub settle: Duration,
    /// First wait after a fault; doubles with each further one.
    pub retry: Duration,
    /// Longest wait after a fault.
    pub retry_cap: Duration,
    /// From one look for a missing socket to the next.
    pub look: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            request: Duration::from_secs(5),
            list: Duration::from_secs(10),
            ping: Duration::from_secs(5),
            settle: Duration::from_millis(200),
            retry: Duration::from_millis(200),
            retry_cap: Duration::from_secs(5),
            look: Duration::from_secs(2),
        }
    }
}

/// What tells of containers at a socket.
pub(super) trait Daemon {
    /// How its faults are told.
    const WORDS: Words;

    /// Topic of its statuses.
    fn topic(&self) -> &str;
    fn socket(&self) -> &Path;
    fn pace(&self) -> &Pace;
    /// Whether somebody said that it is there: else that it is not is not told until it was.
    fn expected(&self) -> bool;
    /// Lists, tells, and follows; returns only with what ended it.
    async fn session(&self, teller: &mut Teller) -> Result<Infallible, Fault>;
}

/// Tells of the containers of `daemon`, all of them first and then each change, and of how it is, once per change of that.
/// Returns soon after `out` is closed, and for no other reason.
pub(super) async fn follow(daemon: &impl Daemon, out: Sender<Vec<Event>>) {
    let mut teller = Teller::new(daemon.topic(), out.clone());
    tokio::select! {
        () = out.closed() => {}
        () = keep(daemon, &mut teller) => {}
    }
}

/// One session after another.
async fn keep<D: Daemon>(daemon: &D, teller: &mut Teller) {
    let (pace, socket) = (daemon.pace(), daemon.socket());
    let mut wait = pace.retry;
    let mut was_there = daemon.expected();
    loop {
        let began = Instant::now();
        let fault = if let Ok(false) = socket.try_exists() {
            Fault::NoSocket
        } else {
            was_there = true;
            match daemon.session(teller).await {
                Ok(never) => match never {},
                Err(fault) => fault,
            }
        };
        if was_there {
            let status = teller.status(fault.health(), fault.text(daemon.topic(), socket, D::WORDS));
            teller.send(status.into_iter().collect()).await;
        }
        if matches!(fault, Fault::NoSocket) {
            wait = pace.retry;
            sleep(pace.look).await;
            continue;
        }
        // Only a session that held is a sign of health; one that breaks at once must not be tried at once for ever.
        if began.elapsed() > pace.retry_cap {
            wait = pace.retry;
        }
        sleep(wait).await;
        wait = (wait * 2).min(pace.retry_cap);
    }
}
