//! What a feed sends to: the one thing that differs between them.

use std::sync::Arc;
use std::time::Duration;

use super::item::{Outgoing, Sort};
use super::queue::Depth;
use crate::detect::Severity;

/// How much a sink takes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Lines at most.
    pub items: usize,
    /// Bytes of lines at most; one that is larger goes alone.
    pub bytes: usize,
    /// How long it is waited for more once there is something.
    pub linger: Duration,
}

impl Default for Batch {
    fn default() -> Batch {
        Batch { items: 512, bytes: 1 << 20, linger: Duration::ZERO }
    }
}

/// Why something was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Not now: it is sent again, all of it, after a while; after `after` where the other side said so.
    Later {
        /// What happened, in a few words: it is told.
        why: String,
        /// How long to wait at least.
        after: Option<Duration>,
    },
    /// The rest was taken, `count` of it never will be.
    Refused {
        /// As there.
        why: String,
        /// How much of it.
        count: usize,
    },
    /// Nobody is there any more, and nobody will be: the feed is over.
    Over {
        /// As there.
        why: String,
    },
}

impl Trouble {
    /// Trouble that may pass.
    pub fn later(why: impl Into<String>) -> Trouble {
        Trouble::Later { why: why.into(), after: None }
    }
}

/// Somewhere that things are sent to. It lives on a thread of its own with a runtime of one thread, so that it may wait
/// and block as it likes; its futures are dropped when they take longer than its patience.
pub trait Sink: Send + 'static {
    /// Which sorts it takes.
    fn wants(&self) -> &[Sort] {
        &Sort::ALL
    }

    /// How bad findings and incidents must be for it to take them.
    fn least(&self) -> Severity {
        Severity::Info
    }

    /// How much it takes at once.
    fn batch(&self) -> Batch {
        Batch::default()
    }

    /// How long one attempt may take.
    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// Sends some, in their order. After `Ok` they are there, as far as anybody can know.
    fn send(&mut self, items: &[Arc<Outgoing>]) -> impl Future<Output = Result<(), Trouble>>;

    /// Called about once a second while nothing is to be sent.
    fn tend(&mut self) -> impl Future<Output = Result<(), Trouble>> {
        async { Ok(()) }
    }

    /// What it had taken and lost since this was asked last, by sort.
    fn lost(&mut self) -> Vec<(Sort, u64)> {
        Vec::new()
    }

    /// How much it holds itself of what it has taken; `None` where it never holds anything.
    fn holds(&self) -> Option<Depth> {
        None
    }

    /// Whether it can be reached, as far as is known; one that holds things takes more even when it cannot.
    fn is_well(&self) -> bool {
        true
    }

    /// Brings what it holds itself to where it goes; nothing comes after that.
    fn close(&mut self) -> impl Future<Output = Result<(), Trouble>> {
        async { Ok(()) }
    }
}
