//! The stream of a node, from the events to the feeds.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::{MissedTickBehavior, interval};

use super::item::{Outgoing, Sort};
use super::metrics::Metrics;
use super::press::Press;
use super::worker::{Feed, Said};
use crate::detect::{Detector, Exception, News, Severity};
use crate::escape::shown;
use crate::model::filter::Filter;
use crate::model::{Event, Health, Kind, Limits, LossKind, Model, ProcessId, Status, Time};

/// How often it is looked how the feeds do.
const LOOK: Duration = Duration::from_millis(250);
/// How often it is said at most that a feed loses something.
const REMIND: Duration = Duration::from_secs(10);

/// Which events leave.
#[derive(Clone, Debug, Default)]
pub enum Events {
    /// None: findings, incidents, losses and statuses alone.
    #[default]
    None,
    /// Those that fulfil it.
    Some(Filter),
    /// All.
    All,
}

/// What to do.
#[derive(Debug)]
pub struct Options {
    /// Which events leave.
    pub events: Events,
    /// What this node is called [default: its host name].
    pub node: Option<String>,
    /// Whether secrets are taken out of what leaves.
    pub redact: bool,
    /// When to end by itself.
    pub duration: Option<Duration>,
    /// How long feeds may go on sending at the end.
    pub flush: Duration,
    /// What is known to be innocent.
    pub exceptions: Vec<Exception>,
    /// Told whom the source is to look at closely.
    pub attention: Option<Sender<ProcessId>>,
    /// Where it goes.
    pub feeds: Vec<Feed>,
    /// What the feeds have to tell.
    pub said: Receiver<Said>,
    /// Where it is counted.
    pub metrics: Arc<Metrics>,
}

/// What left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Events that happened.
    pub events: u64,
    /// Findings.
    pub findings: u64,
    /// Of them, those that an exception muted.
    pub muted: u64,
    /// Records lost, by kind.
    pub lost: BTreeMap<LossKind, u64>,
    /// What feeds did not send, by their name and sort.
    pub unsent: BTreeMap<(String, Sort), u64>,
}

/// Hands what the events of `batches` tell to the feeds, until the duration is over, a signal says so, `batches` ends or
/// no feed is left; `ready` and the statuses go to `err`. Then the feeds send what waits, for as long as they may.
///
/// # Errors
/// When signals cannot be heard, or the system gives no key for pseudonyms.
pub async fn run(batches: Receiver<Vec<Event>>, options: Options, err: impl Write) -> io::Result<Summary> {
    let mut press = Press::new(options.redact, since_boot())?;
    options.node.iter().for_each(|node| press.name(node));
    let detector = Detector::new(options.exceptions.clone());
    let (incidents, told, summary) = (HashMap::new(), HashMap::new(), Summary::default());
    options.feeds.iter().for_each(|feed| options.metrics.watch(feed));
    let model = Model::new(Limits::default());
    let mut agent = Agent { model, detector, press, incidents, told, ready: false, waiting: 0, options, err, summary };
    let done = agent.follow(batches).await;
    agent.end().and(done).map(|()| agent.summary)
}

struct Agent<E> {
    model: Model,
    detector: Detector,
    press: Press,
    /// How bad each incident was when it was told last, and how many stages it had.
    incidents: HashMap<u64, (Severity, usize)>,
    /// How much each feed had lost when that was said last, and when.
    told: HashMap<String, (u64, Instant)>,
    ready: bool,
    /// Batches that waited when one was taken.
    waiting: usize,
    options: Options,
    err: E,
    summary: Summary,
}

impl<E: Write> Agent<E> {
    async fn follow(&mut self, mut batches: Receiver<Vec<Event>>) -> io::Result<()> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let over = tokio::time::sleep(self.options.duration.unwrap_or(Duration::MAX));
        tokio::pin!(over);
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                () = &mut over => break,
                _ = look.tick() => if self.look()? { break },
                batch = batches.recv() => match batch {
                    Some(batch) => {
                        self.waiting = batches.len();
                        self.take(&batch)?;
                    }
                    None => return Ok(()),
                },
            }
        }
        batches.close();
        while let Some(batch) = batches.recv().await {
            self.take(&batch)?;
        }
        Ok(())
    }

    fn take(&mut self, batch: &[Event]) -> io::Result<()> {
        for event in batch {
            self.model.apply(event);
            if let Event::Boot(boot) = event {
                self.press.boot(boot);
            }
            self.press.learn(event);
            self.event(event)?;
            let news = self.detector.observe(event, &self.model);
            self.detected(news)?;
        }
        self.options.metrics.state(self.model.totals().alive, self.waiting);
        Ok(())
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Status(status) => return self.status(status, event),
            Event::Loss(loss) => {
                self.options.metrics.loss(loss.kind, loss.count);
                *self.summary.lost.entry(loss.kind).or_default() += loss.count;
            }
            // What was there before did not happen now.
            Event::Process(process) if !self.ready && matches!(process.kind, Kind::Seen(_)) => return Ok(()),
            Event::Process(process) => {
                self.summary.events += 1;
                self.options.metrics.event(process.kind.name());
                let wanted = match &self.options.events {
                    Events::None => false,
                    Events::Some(filter) => filter.event(process, &self.model),
                    Events::All => true,
                };
                if !wanted {
                    return Ok(());
                }
            }
            Event::Boot(_) | Event::Container(_) | Event::Names(_) => return Ok(()),
        }
        let item = self.press.event(event, &self.model)?;
        self.offer(&item);
        Ok(())
    }

    /// Hands on what an event brought to light. An incident is told anew when it gets worse or goes on to another stage.
    fn detected(&mut self, news: News) -> io::Result<()> {
        for process in news.attention {
            // When too many wait, or nobody looks any more, it goes without.
            let _ = self.options.attention.as_ref().map(|attention| attention.try_send(process));
        }
        for finding in news.findings.iter().filter_map(|&number| self.detector.finding(number)) {
            self.summary.findings += 1;
            self.options.metrics.finding(finding);
            if finding.muted.is_some() {
                self.summary.muted += 1;
                continue;
            }
            let item = self.press.finding(finding, &self.model)?;
            self.options.feeds.iter().for_each(|feed| feed.offer(&item));
        }
        let changed = news.incidents.iter().filter_map(|&id| self.detector.incident(id, &self.model));
        for incident in changed.filter(|incident| incident.severity >= Severity::Medium) {
            let shape = (incident.severity, incident.stages.len());
            let before = self.incidents.insert(incident.id, shape);
            if before.is_none() {
                self.options.metrics.incident();
            }
            if before != Some(shape) {
                let item = self.press.incident(&incident, &self.detector, &self.model)?;
                self.options.feeds.iter().for_each(|feed| feed.offer(&item));
            }
        }
        Ok(())
    }

    fn offer(&self, item: &Arc<Outgoing>) {
        self.options.feeds.iter().for_each(|feed| feed.offer(item));
    }

    fn status(&mut self, status: &Status, event: &Event) -> io::Result<()> {
        let item = self.press.event(event, &self.model)?;
        self.offer(&item);
        if !self.ready && status.topic == "source" && status.health == Health::Ok {
            self.ready = true;
            self.options.metrics.ready();
            return self.tell("ready");
        }
        self.tell(&format!("{}: {}: {}", status.topic, status.health.name(), status.text))
    }

    /// Hears how the feeds do; true when none is left.
    fn look(&mut self) -> io::Result<bool> {
        while let Ok(Said { feed, health, text }) = self.options.said.try_recv() {
            self.say(feed, health, text)?;
        }
        let mut losing = Vec::new();
        for feed in &self.options.feeds {
            let lost = feed.counts().lost_in_all();
            let said = self.told.get(feed.name());
            let before = said.map_or(0, |(lost, _)| *lost);
            if lost > before && said.is_none_or(|(_, when)| when.elapsed() >= REMIND) {
                losing.push((feed.name().to_owned(), lost, lost - before));
            }
        }
        for (feed, lost, more) in losing {
            self.told.insert(feed.clone(), (lost, Instant::now()));
            self.say(feed, Health::Degraded, format!("{more} not sent, {lost} in all"))?;
        }
        Ok(!self.options.feeds.is_empty() && self.options.feeds.iter().all(Feed::is_over))
    }

    /// Tells how a feed is: to people, and to all feeds.
    fn say(&mut self, topic: String, health: Health, text: String) -> io::Result<()> {
        let status = Status { time: now(), topic, health, text };
        let event = Event::Status(status.clone());
        self.model.apply(&event);
        self.status(&status, &event)
    }

    fn end(&mut self) -> io::Result<()> {
        let end = Instant::now() + self.options.flush;
        let feeds = std::mem::take(&mut self.options.feeds);
        feeds.iter().for_each(|feed| feed.close(end));
        for feed in feeds {
            let (name, counts) = (feed.name().to_owned(), Arc::clone(feed.counts()));
            feed.join(end);
            for sort in Sort::ALL {
                let lost: u64 = super::Reason::ALL.iter().map(|&reason| counts.lost(sort, reason)).sum();
                if lost > 0 {
                    self.summary.unsent.insert((name.clone(), sort), lost);
                }
            }
        }
        while let Ok(Said { feed, health, text }) = self.options.said.try_recv() {
            self.tell(&format!("{feed}: {}: {text}", health.name()))?;
        }
        Ok(())
    }

    /// One line to `err`. That nobody reads it is no reason to end.
    fn tell(&mut self, line: &str) -> io::Result<()> {
        match writeln!(self.err, "{}", shown(line).as_str()).and_then(|()| self.err.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            done => done,
        }
    }
}

/// The wall clock.
fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// Milliseconds since the boot.
fn since_boot() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    u64::try_from(now.tv_sec.saturating_mul(1_000) + now.tv_nsec / 1_000_000).unwrap_or_default()
}
