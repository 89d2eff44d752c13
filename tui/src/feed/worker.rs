//! A feed: a queue, and the thread that empties it into a sink.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use std::{io, thread};

use tokio::sync::mpsc::Sender;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::counts::{Counts, Reason};
use super::item::{Outgoing, Sort};
use super::pause::Pause;
use super::press;
use super::queue::{Depth, Queue, Room};
use super::sink::{Sink, Trouble};
use crate::detect::Severity;
use crate::model::Health;

/// How often a sink is tended to.
const TEND: Duration = Duration::from_secs(1);
/// How much longer than its end a thread is waited for.
const GRACE: Duration = Duration::from_millis(200);
/// How often somebody who waits looks whether the end has come.
const LOOK: Duration = Duration::from_millis(50);

/// How often it is told at most that something is refused: each answer may have words of its own.
const REMIND: Duration = Duration::from_secs(10);

/// What a feed has to tell about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Which feed.
    pub feed: String,
    /// How it is.
    pub health: Health,
    /// In words.
    pub text: String,
}

/// Something that carries what leaves to one place.
#[derive(Debug)]
pub struct Feed {
    name: String,
    wants: Vec<Sort>,
    least: Severity,
    queue: Arc<Queue>,
    counts: Arc<Counts>,
    done: Receiver<()>,
}

impl Feed {
    /// Starts one: `name` is what it is called on the status line and in metrics, `said` hears how it goes.
    ///
    /// # Errors
    /// When there can be no further thread.
    pub fn start<S: Sink>(name: &str, sink: S, room: Room, said: Sender<Said>) -> io::Result<Feed> {
        let counts = Arc::new(Counts::default());
        let queue = Arc::new(Queue::new(room, Arc::clone(&counts)));
        let (wants, least) = (sink.wants().to_vec(), sink.least());
        let (over, done) = channel();
        let (of_thread, of_counts, of_name) = (Arc::clone(&queue), Arc::clone(&counts), name.to_owned());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name(format!("feed {name}")).spawn(move || {
            let mut worker =
                Worker { name: of_name, sink, queue: of_thread, counts: of_counts, said, trouble: None, refused: None };
            runtime.block_on(worker.work());
            worker.queue.give_up();
            // What the sink holds is free for the next one before this one is said to be over.
            drop(worker);
            // Nobody waits when the agent is gone.
            let _ = over.send(());
        })?;
        Ok(Feed { name: name.to_owned(), wants, least, queue, counts, done })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Hands it something, unless it is of a sort that it does not take, or not bad enough for it. Never waits.
    pub fn offer(&self, item: &Arc<Outgoing>) {
        let bad = item.severity.is_none_or(|severity| severity >= self.least);
        if bad && self.wants.contains(&item.sort) {
            self.queue.push(Arc::clone(item));
        }
    }

    /// What became of what it was offered.
    pub fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// How much waits.
    pub fn depth(&self) -> Depth {
        self.queue.depth()
    }

    /// Something that tells how much waits, also elsewhere.
    pub fn gauge(&self) -> impl Fn() -> Depth + Send + Sync + 'static {
        let queue = Arc::clone(&self.queue);
        move || queue.depth()
    }

    /// True when its thread has ended: nothing goes there any more.
    pub fn is_over(&self) -> bool {
        !matches!(self.done.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout))
    }

    /// Says that nothing more comes; what waits is sent until `end`.
    pub fn close(&self, end: Instant) {
        self.queue.close(end);
    }

    /// Waits until all is sent or given up; not much longer than `end`, whatever the sink does.
    pub fn join(self, end: Instant) {
        let left = end.saturating_duration_since(Instant::now()) + GRACE;
        if self.done.recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
            // It is stuck, in a pipe that nobody reads or the like: the process ends without it.
            self.queue.give_up();
        }
    }
}

struct Worker<S> {
    name: String,
    sink: S,
    queue: Arc<Queue>,
    counts: Arc<Counts>,
    said: Sender<Said>,
    /// What was told last, where it was no good.
    trouble: Option<String>,
    /// When it was told last that something is refused.
    refused: Option<Instant>,
}

/// The feed is over.
struct Over;

impl<S: Sink> Worker<S> {
    async fn work(&mut self) {
        let batch = self.sink.batch();
        let mut tend = interval(TEND);
        tend.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let queue = Arc::clone(&self.queue);
            let taken = tokio::select! {
                biased;
                taken = queue.take(batch.items, batch.bytes) => taken,
                _ = tend.tick() => {
                    let tended = self.sink.tend().await;
                    self.note(tended);
                    self.look();
                    continue;
                }
            };
            let Some(mut taken) = taken else { break };
            self.look();
            let room = batch.items.saturating_sub(taken.items.len());
            if !batch.linger.is_zero() && room > 0 && queue.end().is_none() {
                sleep(batch.linger).await;
                let size: usize = taken.items.iter().map(|item| item.line.len()).sum();
                let more = async { queue.take(room, batch.bytes.saturating_sub(size)).await };
                if let Ok(Some(more)) = timeout(Duration::ZERO, more).await {
                    taken.items.extend(more.items);
                    taken.missing = taken.missing.or(more.missing);
                }
            }
            let mut items = taken.items;
            if let Some(missing) = taken.missing
                && self.sink.wants().contains(&Sort::Loss)
            {
                items.insert(0, Arc::new(press::missing(&missing, &self.name)));
            }
            if !items.is_empty() && self.deliver(&items).await.is_err() {
                return;
            }
            self.look();
        }
        if let Some(end) = self.queue.end() {
            let left = end.saturating_duration_since(Instant::now());
            if let Ok(closed) = timeout(left, self.sink.close()).await {
                self.note(closed);
            }
            self.look();
        }
    }

    /// Counts what the sink lost, and sees how it is.
    fn look(&mut self) {
        self.counts.hold(self.sink.holds());
        self.counts.reach(self.sink.is_well());
        for (sort, count) in self.sink.lost() {
            self.counts.lose_many(sort, Reason::Spool, count);
        }
    }

    /// Sends it, however often that takes.
    async fn deliver(&mut self, items: &[Arc<Outgoing>]) -> Result<(), Over> {
        let mut pause = Pause::default();
        loop {
            let patience = self.sink.patience();
            let sending = self.sink.send(items);
            let sent = until(&self.queue, timeout(patience, sending)).await;
            let sent = match sent {
                None => return self.give_up(items),
                Some(Ok(sent)) => sent,
                Some(Err(_)) => Err(Trouble::later(format!("no answer within {patience:?}"))),
            };
            match sent {
                Err(Trouble::Later { why, after }) => {
                    self.tell(Health::Degraded, &why);
                    let pause = pause.next(after);
                    if until(&self.queue, sleep(pause)).await.is_none() {
                        return self.give_up(items);
                    }
                    self.counts.retry();
                }
                Err(Trouble::Over { why }) => {
                    self.tell(Health::Missing, &why);
                    return self.give_up(items);
                }
                Err(Trouble::Refused { why, count }) => {
                    let refused = count.min(items.len());
                    // Which ones is not told: the last are counted.
                    items[..items.len() - refused].iter().for_each(|item| self.counts.send(item.sort));
                    items[items.len() - refused..].iter().for_each(|item| self.counts.lose(item.sort, Reason::Refused));
                    self.counts.feel(false);
                    if self.refused.is_none_or(|told| told.elapsed() >= REMIND) {
                        self.refused = Some(Instant::now());
                        self.tell(Health::Degraded, &format!("{refused} refused: {why}"));
                    }
                    return Ok(());
                }
                Ok(()) => {
                    items.iter().for_each(|item| self.counts.send(item.sort));
                    self.tell(Health::Ok, "sends again");
                    return Ok(());
                }
            }
        }
    }

    fn give_up(&self, items: &[Arc<Outgoing>]) -> Result<(), Over> {
        items.iter().for_each(|item| self.counts.lose(item.sort, Reason::Ended));
        Err(Over)
    }

    fn note(&mut self, done: Result<(), Trouble>) {
        match done {
            Ok(()) => {}
            Err(Trouble::Later { why, .. } | Trouble::Refused { why, .. } | Trouble::Over { why }) => {
                self.tell(Health::Degraded, &why);
            }
        }
    }

    /// Tells how it is, where that is another than it was.
    fn tell(&mut self, health: Health, text: &str) {
        self.counts.feel(health == Health::Ok);
        let trouble = (health != Health::Ok).then(|| text.to_owned());
        if trouble == self.trouble {
            return;
        }
        self.trouble = trouble;
        let said = Said { feed: self.name.clone(), health, text: text.to_owned() };
        // When too many wait it goes unsaid; the counters have it all the same.
        let _ = self.said.try_send(said);
    }
}

/// What comes of something that is not waited for beyond the end of the queue.
async fn until<T>(queue: &Queue, work: impl Future<Output = T>) -> Option<T> {
    let over = async {
        loop {
            match queue.end().map(|end| end.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return,
                left => sleep(left.unwrap_or(LOOK).min(LOOK)).await,
            }
        }
    };
    tokio::select! {
        biased;
        done = work => Some(done),
        () = over => None,
    }
}
