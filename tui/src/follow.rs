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
use crate::clock;
use crate::detect::{Detector, Exception, Finding, Incident, News, RuleSet, Severity};
use crate::model::{Deed, Event, GroupKey, Health, Kind, LossKind, Model, ProcessId, Status, Time, signal_name};

/// How long is waited for who sent the signal to end: the reader looks every 10 ms, and is woken for it.
const PATIENCE: Duration = Duration::from_millis(150);

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

    /// A signal says that it is to end: tells who sent it, where that is known by now, or where it will not be known any more
    /// (`last`). True when that is told.
    fn asked(&mut self, _signal: u8, _last: bool) -> io::Result<bool> {
        Ok(true)
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
    // It is asked before it is listened for, which would end that.
    let deaf = ignores(SignalKind::hangup());
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let over = sleep(duration.unwrap_or(Duration::MAX));
    tokio::pin!(over);
    let mut look = interval(every);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let asked = loop {
        tokio::select! {
            biased;
            _ = interrupt.recv() => break Some(SignalKind::interrupt()),
            _ = terminate.recv() => break Some(SignalKind::terminate()),
            _ = hangup.recv(), if !deaf => break Some(SignalKind::hangup()),
            () = &mut over => break None,
            _ = look.tick() => if follower.look()? { break None },
            batch = batches.recv() => match batch {
                Some(batch) => follower.take(batch, batches.len())?,
                None => return Ok(()),
            },
        }
        // One batch a turn, so that a flood cannot keep the end from being noticed.
        if batches.is_empty() {
            follower.rest()?;
        }
    };
    if let Some(kind) = asked {
        let signal = u8::try_from(kind.as_raw_value()).unwrap_or_default();
        hear_who(&mut batches, signal, follower).await?;
    }
    batches.close();
    while let Some(batch) = batches.recv().await {
        follower.take(batch, batches.len())?;
    }
    Ok(())
}

/// Who asked for the end is told by the source a moment after the signal itself arrives.
async fn hear_who(batches: &mut Receiver<Vec<Event>>, signal: u8, follower: &mut impl Follower) -> io::Result<()> {
    let over = sleep(PATIENCE);
    tokio::pin!(over);
    while !follower.asked(signal, false)? {
        tokio::select! {
            biased;
            () = &mut over => return follower.asked(signal, true).map(drop),
            batch = batches.recv() => match batch {
                Some(batch) => follower.take(batch, batches.len())?,
                None => return follower.asked(signal, true).map(drop),
            },
        }
    }
    Ok(())
}

/// Whether a signal was ignored by whoever started this: `nohup` means it.
fn ignores(signal: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    ignored.unwrap_or(0) >> (signal.as_raw_value() - 1) & 1 != 0
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
    /// By whom each signal was sent to us last, and when.
    signals: HashMap<u8, (ProcessId, Time)>,
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
        let (detector, incidents, signals) = (Detector::new(exceptions), HashMap::new(), HashMap::new());
        Story { model, detector, ready: false, tally: Tally::default(), incidents, signals, attention, rules: None }
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

    /// Takes in an event.
    pub(crate) fn apply(&mut self, event: &Event) {
        self.model.apply(event);
        if let Event::Process(event) = event
            && let Kind::Act(act) = &event.kind
            && let Deed::Signal { number, .. } = act.what
        {
            self.signals.insert(number, (event.process, event.time));
        }
    }

    /// Why it ends: by whom the signal was sent that asks for it. `None` where that is not known and may still be told.
    pub(crate) fn asked(&self, number: u8, last: bool) -> Option<Status> {
        let name = signal_name(number);
        let (time, text) = match self.signals.get(&number) {
            Some((sender, time)) => (*time, format!("told to stop by {name} of {}", self.named(*sender))),
            None if last => (clock::now(), format!("told to stop by {name} of the terminal, or of nobody who is seen")),
            None => return None,
        };
        Some(Status { time, topic: "stop".into(), health: Health::Ok, text })
    }

    fn named(&self, id: ProcessId) -> String {
        let Some(process) = self.model.process(id) else { return format!("process {}", id.pid) };
        let exe = process.image().map(|image| image.exe.lossless()).unwrap_or_default();
        let login = self.model.login_of(process).map_or_else(String::new, |uid| format!(", login of uid {uid}"));
        let place = match &process.group {
            GroupKey::Container(id) => format!(" of container {}", id.chars().take(12).collect::<String>()),
            GroupKey::Service(name) => format!(" of {name}"),
            GroupKey::Host => String::new(),
        };
        format!("{exe} ({}){place}, uid {}{login}", id.pid, process.creds.uid)
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
