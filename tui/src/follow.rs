//! A stream of events followed without a screen: taken until its end, and what of it is worth telling.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::baseline::Baseline;
use crate::detect::{Detector, Exception, Finding, Incident, News, RuleSet, Severity};
use crate::model::{Event, Health, LossKind, Model, ProcessId, Status};

/// Somebody who makes something of a stream.
pub(crate) trait Follower {
    /// Takes some events, while so many batches wait.
    fn take(&mut self, batch: Vec<Event>, waiting: usize) -> io::Result<()>;

    /// Called every now and then; true when it has no reason to go on.
    fn look(&mut self) -> io::Result<bool>;

    /// Called when nothing waits.
    fn rest(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hands `batches` to `follower`, until the duration is over, a signal says so, `batches` ends or the follower has no
/// reason to go on; what is in the channel then is taken in as well. It is looked after `every` so much time.
pub(crate) async fn follow(
    mut batches: Receiver<Vec<Event>>,
    duration: Option<Duration>,
    every: Duration,
    follower: &mut impl Follower,
) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let over = sleep(duration.unwrap_or(Duration::MAX));
    tokio::pin!(over);
    let mut look = interval(every);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            () = &mut over => break,
            _ = look.tick() => if follower.look()? { break },
            batch = batches.recv() => match batch {
                Some(batch) => follower.take(batch, batches.len())?,
                None => return Ok(()),
            },
        }
        // One batch a turn, so that a flood cannot keep the end from being noticed.
        if batches.is_empty() {
            follower.rest()?;
        }
    }
    batches.close();
    while let Some(batch) = batches.recv().await {
        follower.take(batch, batches.len())?;
    }
    Ok(())
}

/// What happened, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events that happened.
    pub events: u64,
    /// Findings.
    pub findings: u64,
    /// Of them, those that an exception muted.
    pub muted: u64,
    /// Records lost, by kind.
    pub lost: BTreeMap<LossKind, u64>,
    /// Whether it was watched at all: false when the end came before the source was ready.
    pub watched: bool,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events, {} findings", self.events, self.findings)?;
        if self.muted > 0 {
            write!(f, " ({} muted)", self.muted)?;
        }
        let lost: Vec<_> = self.lost.iter().map(|(kind, count)| format!("{count} {}", kind.name())).collect();
        match (lost.is_empty(), self.watched) {
            (false, _) => write!(f, ", lost: {}", lost.join(", ")),
            (true, true) => write!(f, ", nothing lost"),
            (true, false) => {
                write!(f, ": it was not watching yet when it ended; give it more time, until it says `ready`")
            }
        }
    }
}

/// What is known of a stream so far, and what was told of it.
pub(crate) struct Story {
    pub(crate) model: Model,
    pub(crate) detector: Detector,
    /// Whether what was there before is known: what is seen from now on has happened now.
    pub(crate) ready: bool,
    pub(crate) tally: Tally,
    /// How bad each incident was when it was told last, and how many stages it had.
    incidents: HashMap<u64, (Severity, usize)>,
    /// Told whom the source is to look at closely.
    attention: Option<Sender<ProcessId>>,
    /// Gives the rules of one's own, whenever they are others.
    rules: Option<Renewed>,
}

/// Gives the rules of one's own, whenever they are others.
pub type Renewed = watch::Receiver<Arc<RuleSet>>;

/// An incident that is worth telling.
pub(crate) struct Told {
    pub(crate) incident: Incident,
    /// For the first time.
    pub(crate) new: bool,
}

impl Story {
    pub(crate) fn new(model: Model, exceptions: Vec<Exception>, attention: Option<Sender<ProcessId>>) -> Story {
        let (detector, incidents) = (Detector::new(exceptions), HashMap::new());
        Story { model, detector, ready: false, tally: Tally::default(), incidents, attention, rules: None }
    }

    /// Goes by rules of one's own, as `rules` gives them.
    pub(crate) fn go_by(&mut self, rules: Option<Renewed>) {
        self.rules = rules;
        if let Some(rules) = &mut self.rules {
            self.detector.renew(Arc::clone(&rules.borrow_and_update()));
        }
    }

    /// Takes other rules of one's own, where there are others: before the batch that tells of them is taken.
    pub(crate) fn renew(&mut self) -> Option<&Arc<RuleSet>> {
        let rules = self.rules.as_mut()?;
        if !rules.has_changed().unwrap_or(false) {
            return None;
        }
        self.detector.renew(Arc::clone(&rules.borrow_and_update()));
        Some(self.detector.own_rules())
    }

    /// As it is, and comparing with what is normal, where somebody told what that is.
    pub(crate) fn comparing(mut self, baseline: Option<Arc<Baseline>>) -> Story {
        baseline.into_iter().for_each(|baseline| self.detector.compare_with(baseline));
        self
    }

    /// What an event brings to light that the model has taken in.
    pub(crate) fn observe(&mut self, event: &Event) -> News {
        let news = self.detector.observe(event, &self.model);
        for process in &news.attention {
            // When too many wait, or nobody looks any more, it goes without.
            let _ = self.attention.as_ref().map(|attention| attention.try_send(*process));
        }
        news
    }

    /// Whether a status says for the first time that nothing is missed any more.
    pub(crate) fn becomes_ready(&mut self, status: &Status) -> bool {
        let now = !self.ready && status.topic == "source" && status.health == Health::Ok;
        self.ready |= now;
        self.tally.watched |= now;
        now
    }

    /// Counts what was found; gives what no exception mutes.
    pub(crate) fn found<'a>(&'a mut self, news: &News) -> Vec<&'a Finding> {
        let Story { detector, tally, .. } = self;
        let all: Vec<_> = news.findings.iter().filter_map(|&number| detector.finding(number)).collect();
        let (muted, told): (Vec<_>, Vec<_>) = all.into_iter().partition(|finding| finding.muted.is_some());
        tally.findings += (muted.len() + told.len()) as u64;
        tally.muted += muted.len() as u64;
        told
    }

    /// The incidents to tell: an incident is told anew when it gets worse or goes on to another stage.
    pub(crate) fn incidents(&mut self, news: &News) -> Vec<Told> {
        let mut told = Vec::new();
        let changed = news.incidents.iter().filter_map(|&id| self.detector.incident(id, &self.model));
        for incident in changed.filter(|incident| incident.severity >= Severity::Medium) {
            let shape = (incident.severity, incident.stages.len());
            let before = self.incidents.insert(incident.id, shape);
            if before != Some(shape) {
                told.push(Told { incident, new: before.is_none() });
            }
        }
        told
    }
}

/// One line to people. That nobody reads it is no reason to end.
pub(crate) fn tell(mut err: impl Write, line: &str) -> io::Result<()> {
    match writeln!(err, "{line}").and_then(|()| err.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
