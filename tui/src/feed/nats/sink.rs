//! The sink: to the bus while it takes what is sent, into the spool while it does not, and from there in order.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;
use tokio::time::timeout;

use super::super::item::{Outgoing, Sort};
use super::super::queue::Depth;
use super::super::sink::{Batch, Sink, Trouble};
use super::super::worker::Said;
use super::bus::{Answer, Bus, State};
use super::look::Doubts;
use super::message::Message;
use super::session::{BusOptions, Outcome};
use super::spool::{Spool, Window};
use crate::model::Health;

/// How much is on its way at once.
const WINDOW: Batch = Batch { items: 256, bytes: 256 << 10, linger: Duration::ZERO };
/// How long it is waited for the server where the spool could take over.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long what waits in the spool is sent before it is looked what is new.
const TURN: Duration = Duration::from_millis(500);
/// How long at most the bus needs to answer: to connect, to find the stream, and to answer to a window.
const LONGEST: Duration = Duration::from_secs(25);

/// Sends to NATS JetStream.
#[derive(Debug)]
pub struct NatsSink {
    name: String,
    bus: Bus,
    spool: Option<Spool>,
    said: Sender<Said>,
    /// What was told last.
    told: Option<String>,
    /// What is on its way out of the spool.
    flight: Option<Flight>,
    /// The last that was put into the spool: run and number.
    spooled: Option<(u64, u64)>,
    lost: Vec<(Sort, u64)>,
    /// What was told of this node.
    doubts: Doubts,
}

#[derive(Debug)]
struct Flight {
    answer: Answer,
    /// The place in the spool after the first, the second, …
    places: Vec<u64>,
}

impl NatsSink {
    /// Starts the thread that connects, whether or not there is somebody to connect to. `name` is that of the feed, and
    /// `said` hears how it goes.
    ///
    /// # Errors
    /// When there can be no further thread.
    pub fn start(name: &str, bus: BusOptions, spool: Option<Spool>, said: Sender<Said>) -> io::Result<NatsSink> {
        let (name, bus) = (name.to_owned(), Bus::start(bus)?);
        let mut sink = NatsSink {
            name,
            bus,
            spool,
            said,
            told: None,
            flight: None,
            spooled: None,
            lost: Vec::new(),
            doubts: Doubts::default(),
        };
        if let Some(spool) = &sink.spool {
            let (waits, torn) = (spool.depth().items, spool.torn());
            if torn > 0 {
                sink.say(
                    Health::Degraded,
                    &format!("the spool was damaged or cut off: {torn} of its files are not whole"),
                );
            }
            if waits > 0 {
                sink.say(Health::Ok, &format!("{waits} wait in the spool from an earlier run"));
            }
        }
        Ok(sink)
    }

    fn say(&mut self, health: Health, text: &str) {
        if self.told.as_deref() == Some(text) {
            return;
        }
        self.told = Some(text.to_owned());
        // When too many wait it goes unsaid; the counters have it all the same.
        let _ = self.said.try_send(Said { feed: self.name.clone(), health, text: text.to_owned() });
    }

    /// Straight to the bus, and only there.
    async fn direct(&mut self, messages: Vec<Message>) -> Result<(), Trouble> {
        let count = messages.len();
        let outcome = self.bus.publish(messages).await.await.map_err(|_| ended())?;
        if outcome.settled < count {
            return Err(Trouble::later(outcome.why.unwrap_or_default()));
        }
        match outcome.refused.len() {
            0 => Ok(()),
            count => Err(Trouble::Refused { why: outcome.why.unwrap_or_default(), count }),
        }
    }

    /// To the bus while it takes everything at once; else into the spool.
    async fn spooled(&mut self, messages: Vec<Message>) -> Result<(), Trouble> {
        self.settle(Duration::ZERO).await?;
        if self.must_wait()? {
            if self.keep(&messages).is_ok() {
                return self.drain(TURN).await;
            }
            // The disk takes no more: what leaves makes room.
            self.drain(TURN).await?;
            if self.must_wait()? {
                return self.keep(&messages);
            }
        }
        let mut answer = self.bus.publish(messages.clone()).await;
        let Ok(outcome) = timeout(PATIENCE, &mut answer).await else {
            // Before anything that comes after it.
            let first = self.spool()?.next();
            self.keep(&messages)?;
            let places = (first + 1..).take(messages.len()).collect();
            self.flight = Some(Flight { answer, places });
            return Ok(());
        };
        let outcome = outcome.unwrap_or_default();
        self.refused(&outcome);
        let rest = messages.get(outcome.settled..).unwrap_or_default();
        if rest.is_empty() { Ok(()) } else { self.keep(rest) }
    }

    /// Whether something has to leave before anything new, or nothing can.
    fn must_wait(&mut self) -> Result<bool, Trouble> {
        let (empty, ready) = (self.spool()?.is_empty(), self.bus.state() == State::Ready);
        Ok(!(empty && ready && self.flight.is_none()))
    }

    fn spool(&mut self) -> Result<&mut Spool, Trouble> {
        self.spool.as_mut().ok_or_else(ended)
    }

    fn keep(&mut self, messages: &[Message]) -> Result<(), Trouble> {
        let last = messages.last().map(|message| (message.origin.run, message.number));
        if last == self.spooled {
            return Ok(());
        }
        self.spool()?.append(messages).map_err(|error| of_spool(&error))?;
        self.spooled = last;
        Ok(())
    }

    /// Sends what is in the spool, for as long as `turn`, as far as the bus takes it.
    async fn drain(&mut self, turn: Duration) -> Result<(), Trouble> {
        let end = Instant::now() + turn;
        loop {
            self.settle(PATIENCE).await?;
            if self.flight.is_some() || self.bus.state() != State::Ready || self.spool()?.is_empty() {
                return Ok(());
            }
            let name = self.name.clone();
            let window = self.spool()?.first(WINDOW.items, WINDOW.bytes, &name).map_err(|error| of_spool(&error))?;
            let Window { messages, places } = window;
            if messages.is_empty() {
                // What was there is spoilt.
                let next = self.spool()?.next();
                self.spool()?.leave(next).map_err(|error| of_spool(&error))?;
                return Ok(());
            }
            let answer = self.bus.publish(messages).await;
            self.flight = Some(Flight { answer, places });
            self.settle(PATIENCE).await?;
            if Instant::now() >= end {
                return Ok(());
            }
        }
    }

    /// Hears what became of what is on its way, if that comes within `patience`.
    async fn settle(&mut self, patience: Duration) -> Result<(), Trouble> {
        let Some(flight) = &mut self.flight else { return Ok(()) };
        let Ok(outcome) = timeout(patience, &mut flight.answer).await else { return Ok(()) };
        let outcome = outcome.unwrap_or_default();
        let place = outcome.settled.checked_sub(1).and_then(|last| flight.places.get(last).copied());
        self.flight = None;
        self.refused(&outcome);
        match place {
            Some(place) => self.spool()?.leave(place).map_err(|error| of_spool(&error)),
            None => Ok(()),
        }
    }

    /// Counts and tells what will never be taken.
    fn refused(&mut self, outcome: &Outcome) {
        self.lost.extend(outcome.refused.iter().map(|sort| (*sort, 1)));
        if let (false, Some(why)) = (outcome.refused.is_empty(), &outcome.why) {
            self.say(Health::Degraded, &format!("{} refused: {why}", outcome.refused.len()));
        }
    }

    /// Tells what is wrong with this node's clock or name, and that it no longer is.
    fn doubt(&mut self) {
        let doubts = self.bus.doubts();
        let pairs = [("clock", &self.doubts.clock, &doubts.clock), ("name", &self.doubts.name, &doubts.name)];
        for (what, _, now) in pairs.iter().filter(|(_, before, now)| before != now) {
            let (health, text) = match now {
                Some(text) => (Health::Degraded, text.clone()),
                None => (Health::Ok, format!("the {what} of this node is right again")),
            };
            let _ = self.said.try_send(Said { feed: format!("{}-{what}", self.name), health, text });
        }
        self.doubts = doubts;
    }

    /// Tells how the bus is, where nobody else does.
    fn report(&mut self) {
        self.doubt();
        match (self.bus.state(), &self.spool) {
            (State::Ready, None) if self.told.is_none() => self.say(Health::Ok, "connected"),
            (State::New, _) | (_, None) => {}
            (State::Away(why), Some(_)) => {
                self.say(Health::Degraded, &format!("{why}; what leaves waits in the spool"))
            }
            (State::Ready, Some(spool)) if spool.is_empty() => self.say(Health::Ok, "connected; nothing waits"),
            (State::Ready, Some(_)) => self.say(Health::Ok, "connected; sends what waited"),
        }
    }
}

fn of_spool(error: &io::Error) -> Trouble {
    Trouble::later(format!("the spool: {error}"))
}

fn ended() -> Trouble {
    Trouble::later("the thread of the bus has ended")
}

impl Sink for NatsSink {
    fn batch(&self) -> Batch {
        WINDOW
    }

    fn patience(&self) -> Duration {
        LONGEST
    }

    async fn send(&mut self, items: &[Arc<Outgoing>]) -> Result<(), Trouble> {
        let messages: Vec<_> = items.iter().map(|item| Message::of(item)).collect();
        if self.spool.is_none() {
            return self.direct(messages).await;
        }
        let sent = self.spooled(messages).await;
        self.report();
        sent
    }

    async fn tend(&mut self) -> Result<(), Trouble> {
        let drained = if self.spool.is_some() { self.drain(TURN).await } else { Ok(()) };
        self.report();
        drained
    }

    /// What waits in the spool is sent as long as there is time, and stays there otherwise.
    async fn close(&mut self) -> Result<(), Trouble> {
        let name = self.name.clone();
        let Some(spool) = &mut self.spool else { return Ok(()) };
        spool.sync(&name).map_err(|error| of_spool(&error))?;
        while self.bus.state() == State::Ready && !self.spool()?.is_empty() {
            self.drain(TURN).await?;
        }
        match self.spool()?.depth().items {
            0 => Ok(()),
            waits => Err(Trouble::later(format!("{waits} wait in the spool for the next run"))),
        }
    }

    fn holds(&self) -> Option<Depth> {
        self.spool.as_ref().map(Spool::depth)
    }

    fn is_well(&self) -> bool {
        self.bus.state() == State::Ready
    }

    fn lost(&mut self) -> Vec<(Sort, u64)> {
        let of_spool = self.spool.as_mut().map(Spool::take_lost).unwrap_or_default();
        std::mem::take(&mut self.lost).into_iter().chain(of_spool).collect()
    }
}
