//! The stream of a node, from the events to the feeds.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{Receiver, Sender};

use super::item::{Outgoing, Sort};
use super::metrics::Metrics;
use super::press::Press;
use super::worker::{Feed, Said};
use crate::baseline::Baseline;
use crate::clock;
use crate::detect::{Exception, Finding, News};
use crate::escape::shown;
use crate::export::json;
use crate::follow::{self, Follower, Renewed, Story, Tally};
use crate::model::filter::Filter;
use crate::model::{Event, Health, Kind, Limits, Model, ProcessId, Status};

/// How often it is looked how the feeds do.
const LOOK: Duration = Duration::from_millis(250);
/// How often it is said at most that a feed loses something.
const REMIND: Duration = Duration::from_secs(10);

/// Processes of findings whose end is waited for.
const FOLLOWED: usize = 65_536;

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
    /// What is normal, to compare with.
    pub baseline: Option<Arc<Baseline>>,
    /// Told whom the source is to look at closely.
    pub attention: Option<Sender<ProcessId>>,
    /// Gives the rules of one's own.
    pub rules: Option<Renewed>,
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
    /// What happened.
    pub tally: Tally,
    /// What feeds did not send, by their name and sort.
    pub unsent: BTreeMap<(String, Sort), u64>,
}

/// Hands what the events of `batches` tell to the feeds, until the duration is over, a signal says so, `batches` ends or
/// no feed is left; `ready` and the statuses go to `err`. Then the feeds send what waits, for as long as they may.
///
/// # Errors
/// When signals cannot be heard, or the system gives no key for pseudonyms.
pub async fn run(batches: Receiver<Vec<Event>>, mut options: Options, err: impl Write) -> io::Result<Summary> {
    let mut press = Press::new(options.redact, since_boot())?;
    options.node.iter().for_each(|node| press.name(node));
    options.feeds.iter().for_each(|feed| options.metrics.watch(feed));
    let (exceptions, attention) = (std::mem::take(&mut options.exceptions), options.attention.take());
    let mut story = Story::new(Model::new(Limits::default()), exceptions, attention).comparing(options.baseline.take());
    story.go_by(options.rules.take());
    options.metrics.rules(story.detector.own_rules());
    let mut agent =
        Agent { story, followed: HashSet::new(), press, told: HashMap::new(), options, err, unsent: BTreeMap::new() };
    let done = follow::follow(batches, agent.options.duration, LOOK, &mut agent).await;
    agent.end().and(done).map(|()| Summary { tally: agent.story.tally, unsent: agent.unsent })
}

struct Agent<E> {
    story: Story,
    /// Who stands in a finding or above it, and lives: their end leaves whatever events are wanted.
    followed: HashSet<ProcessId>,
    press: Press,
    /// How much each feed had lost when that was said last, and when.
    told: HashMap<String, (u64, Instant)>,
    options: Options,
    err: E,
    unsent: BTreeMap<(String, Sort), u64>,
}

impl<E: Write> Follower for Agent<E> {
    fn take(&mut self, batch: Vec<Event>, waiting: usize) -> io::Result<()> {
        if let Some(rules) = self.story.renew() {
            self.options.metrics.rules(rules);
        }
        for event in &batch {
            self.story.apply(event);
            if let Event::Boot(boot) = event {
                self.press.boot(boot);
            }
            self.press.learn(event);
            self.event(event)?;
            let news = self.story.observe(event);
            self.detected(&news)?;
        }
        self.options.metrics.state(self.story.model.totals().alive, waiting);
        Ok(())
    }

    fn look(&mut self) -> io::Result<bool> {
        self.hear()
    }

    fn asked(&mut self, signal: u8, last: bool) -> io::Result<bool> {
        let Some(Status { topic, health, text, .. }) = self.story.asked(signal, last) else { return Ok(false) };
        self.say(topic, health, text).map(|()| true)
    }
}

impl<E: Write> Agent<E> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Status(status) => return self.status(status, event),
            Event::Loss(loss) => {
                self.options.metrics.loss(loss.kind, loss.count);
                *self.story.tally.lost.entry(loss.kind).or_default() += loss.count;
            }
            // What was there before did not happen now.
            Event::Process(process) if !self.story.ready && matches!(process.kind, Kind::Seen(_)) => return Ok(()),
            Event::Process(process) => {
                self.story.tally.events += 1;
                self.options.metrics.event(process.kind.name());
                let wanted = match &self.options.events {
                    Events::None => false,
                    Events::Some(filter) => filter.event(process, &self.story.model),
                    Events::All => true,
                };
                let ended = matches!(process.kind, Kind::Exit(_) | Kind::Vanished);
                if !(wanted || ended && self.followed.remove(&process.process)) {
                    return Ok(());
                }
            }
            Event::Boot(_) | Event::Container(_) | Event::Names(_) | Event::Posture(_) => return Ok(()),
        }
        let item = self.press.event(event, &self.story.model)?;
        self.offer(&item);
        Ok(())
    }

    /// Hands on what an event brought to light.
    fn detected(&mut self, news: &News) -> io::Result<()> {
        let Story { detector, .. } = &self.story;
        let all = news.findings.iter().filter_map(|&number| detector.finding(number));
        all.for_each(|finding| self.options.metrics.finding(finding));
        let found: Vec<_> = self.story.found(news).into_iter().cloned().collect();
        for finding in &found {
            self.follow(finding);
            let item = self.press.finding(finding, &self.story.model)?;
            self.offer(&item);
        }
        for told in self.story.incidents(news) {
            if told.new {
                self.options.metrics.incident();
            }
            let item = self.press.incident(&told.incident, &self.story.detector, &self.story.model)?;
            self.offer(&item);
        }
        Ok(())
    }

    /// A tree that is made of findings alone is to show who still lives.
    fn follow(&mut self, finding: &Finding) {
        if self.followed.len() >= FOLLOWED {
            self.followed.clear();
        }
        let above = self.story.model.lineage(finding.process).take(json::LINEAGE).map(|it| it.id);
        self.followed.extend(above.chain([finding.process]).chain(finding.others.iter().copied()));
    }

    fn offer(&self, item: &Arc<Outgoing>) {
        self.options.feeds.iter().for_each(|feed| feed.offer(item));
    }

    fn status(&mut self, status: &Status, event: &Event) -> io::Result<()> {
        self.options.metrics.status(status);
        let item = self.press.event(event, &self.story.model)?;
        self.offer(&item);
        if self.story.becomes_ready(status) {
            self.options.metrics.ready();
            return self.tell("ready");
        }
        self.tell(&format!("{}: {}: {}", status.topic, status.health.name(), status.text))
    }

    /// Hears how the feeds do; true when none is left.
    fn hear(&mut self) -> io::Result<bool> {
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
        let status = Status { time: clock::now(), topic, health, text };
        let event = Event::Status(status.clone());
        self.story.model.apply(&event);
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
                    self.unsent.insert((name.clone(), sort), lost);
                }
            }
        }
        while let Ok(Said { feed, health, text }) = self.options.said.try_recv() {
            self.tell(&format!("{feed}: {}: {text}", health.name()))?;
        }
        Ok(())
    }

    fn tell(&mut self, line: &str) -> io::Result<()> {
        follow::tell(&mut self.err, shown(line).as_str())
    }
}

/// Milliseconds since the boot.
fn since_boot() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    u64::try_from(now.tv_sec.saturating_mul(1_000) + now.tv_nsec / 1_000_000).unwrap_or_default()
}
