//! `ktrace-tui watch`: the stream without a screen.

mod retell;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::MissedTickBehavior;

use crate::detect::{Detector, Exception, News, Severity};
use crate::escape::shown;
use crate::export::{json, ocsf, text};
use crate::model::filter::Filter;
use crate::model::{Event, Health, Kind, Limits, LossKind, Model, ProcessId, Status};
use crate::store::{Recorder, Said};

pub use retell::retell;

/// Bytes written at once.
const BUFFER: usize = 1 << 18;

/// Where only events are told a line is written once: of the dead only as many are kept as late lines may be about.
const LIMITS: Limits = Limits { dead: 1_024, connections: 64, images: 4 };

/// How often it is looked what became of recordings.
const LOOK: Duration = Duration::from_secs(1);

/// How a line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// JSON lines.
    Json,
    /// JSON lines as OCSF has them; what that has no class for is not written.
    Ocsf,
}

/// What to do.
#[derive(Debug)]
pub struct WatchOptions {
    /// How a line is written.
    pub format: Format,
    /// When to end by itself.
    pub duration: Option<Duration>,
    /// Whether events are written.
    pub events: bool,
    /// Which events are written; all without it.
    pub filter: Option<Filter>,
    /// Whether findings and incidents are written.
    pub findings: bool,
    /// What is known to be innocent.
    pub exceptions: Vec<Exception>,
    /// Told whom the source is to look at closely.
    pub attention: Option<Sender<ProcessId>>,
    /// What keeps all this.
    pub recorder: Option<Recorder>,
}

impl Default for WatchOptions {
    fn default() -> WatchOptions {
        WatchOptions {
            format: Format::Text,
            duration: None,
            events: true,
            filter: None,
            findings: true,
            exceptions: Vec::new(),
            attention: None,
            recorder: None,
        }
    }
}

/// What was told.
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
    /// The recordings that were written.
    pub recordings: Vec<PathBuf>,
    /// Events that are in none of them, as they could not be written in time.
    pub unrecorded: u64,
}

/// Writes what the events of `batches` tell to `out`, until the duration is over, a signal says so, `batches` ends or
/// nobody reads `out` any more; `ready` and the statuses go to `err`.
///
/// What was there before the start is taken in but not written: it did not happen now.
///
/// # Errors
/// What writing gives, but for a reader that went.
pub async fn run(
    batches: Receiver<Vec<Event>>,
    options: WatchOptions,
    out: impl Write,
    err: impl Write,
) -> io::Result<Summary> {
    let limits = if options.detects() { Limits::default() } else { LIMITS };
    let mut watch = Watch::new(Model::new(limits), options, out, err);
    let done = match watch.follow(batches).await.and_then(|()| watch.out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    };
    watch.end_recording().and(done).map(|()| watch.summary)
}

impl WatchOptions {
    /// Whether anybody wants to know what is found.
    fn detects(&self) -> bool {
        self.findings || self.recorder.is_some()
    }
}

struct Watch<O: Write, E: Write> {
    model: Model,
    detector: Detector,
    /// How bad each incident was when it was told last, and how many stages it had.
    incidents: HashMap<u64, (Severity, usize)>,
    ready: bool,
    options: WatchOptions,
    out: BufWriter<O>,
    err: E,
    summary: Summary,
}

impl<O: Write, E: Write> Watch<O, E> {
    fn new(model: Model, options: WatchOptions, out: O, err: E) -> Watch<O, E> {
        let out = BufWriter::with_capacity(BUFFER, out);
        let detector = Detector::new(options.exceptions.clone());
        let (incidents, summary) = (HashMap::new(), Summary::default());
        Watch { model, detector, incidents, ready: false, options, out, err, summary }
    }

    async fn follow(&mut self, mut batches: Receiver<Vec<Event>>) -> io::Result<()> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let over = tokio::time::sleep(self.options.duration.unwrap_or(Duration::MAX));
        tokio::pin!(over);
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                () = &mut over => break,
                _ = look.tick(), if self.options.recorder.is_some() => self.hear_recorder()?,
                batch = batches.recv() => match batch {
                    Some(batch) => self.take(batch)?,
                    None => return Ok(()),
                },
            }
            // A line is seen as soon as nothing else waits, and not before: a flush for each would cost more than the
            // rest. One batch a turn, so that a flood cannot keep the end from being noticed.
            if batches.is_empty() {
                self.out.flush()?;
            }
        }
        batches.close();
        while let Some(batch) = batches.recv().await {
            self.take(batch)?;
        }
        Ok(())
    }

    fn take(&mut self, batch: Vec<Event>) -> io::Result<()> {
        let mut entries = Vec::new();
        let mut done = Ok(());
        for (at, event) in batch.iter().enumerate() {
            self.model.apply(event);
            // What cannot be told any more is kept all the same.
            done = done.and_then(|()| self.tell_event(event));
            if self.options.detects() {
                let news = self.detector.observe(event, &self.model);
                if self.options.recorder.is_some() {
                    entries.extend(self.detector.entries(&news, &self.model).into_iter().map(|entry| (at, entry)));
                }
                done = done.and_then(|()| self.detected(news));
            }
        }
        if let Some(recorder) = &mut self.options.recorder {
            recorder.note(batch, entries, &self.model);
        }
        done
    }

    /// Tells what became of recordings.
    fn hear_recorder(&mut self) -> io::Result<()> {
        let said = self.options.recorder.as_ref().map(Recorder::said).unwrap_or_default();
        said.into_iter().try_for_each(|said| self.tell_recording(said))
    }

    fn end_recording(&mut self) -> io::Result<()> {
        let Some(recorder) = self.options.recorder.take() else { return Ok(()) };
        self.summary.unrecorded += recorder.dropped();
        recorder.finish().into_iter().try_for_each(|said| self.tell_recording(said))
    }

    fn tell_recording(&mut self, said: Said) -> io::Result<()> {
        let line = format!("recording: {said}");
        match said {
            Said::Saved(path) => self.summary.recordings.push(path),
            Said::Recovered(_, lost) => self.summary.unrecorded += lost,
            Said::Failed(..) | Said::Trouble(..) => {}
        }
        self.tell(shown(&line).as_str())
    }

    fn tell_event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Status(status) => self.status(status, event),
            Event::Process(process) if !self.ready && matches!(process.kind, Kind::Seen(_)) => Ok(()),
            Event::Loss(loss) => {
                *self.summary.lost.entry(loss.kind).or_default() += loss.count;
                self.write(event)
            }
            Event::Process(process) => {
                if self.options.filter.as_ref().is_some_and(|filter| !filter.event(process, &self.model)) {
                    return Ok(());
                }
                self.summary.events += 1;
                self.write(event)
            }
            Event::Boot(_) | Event::Container(_) | Event::Names(_) => Ok(()),
        }
    }

    /// Tells what an event brought to light. An incident is told anew when it gets worse or
    /// goes on to another stage.
    fn detected(&mut self, news: News) -> io::Result<()> {
        for process in news.attention {
            // When too many wait, or nobody looks any more, it goes without.
            let _ = self.options.attention.as_ref().map(|attention| attention.try_send(process));
        }
        if !self.options.findings {
            return Ok(());
        }
        for finding in news.findings.iter().filter_map(|&number| self.detector.finding(number)) {
            self.summary.findings += 1;
            if finding.muted.is_some() {
                self.summary.muted += 1;
                continue;
            }
            match self.options.format {
                Format::Json => json::write_finding(&mut self.out, finding, &self.model)?,
                Format::Ocsf => ocsf::write_finding(&mut self.out, finding, &self.model)?,
                Format::Text => text::write_finding(&mut self.out, finding, &self.model)?,
            }
        }
        let changed = news.incidents.iter().filter_map(|&id| self.detector.incident(id, &self.model));
        for incident in changed.filter(|incident| incident.severity >= Severity::Medium) {
            let shape = (incident.severity, incident.stages.len());
            if self.incidents.insert(incident.id, shape) == Some(shape) {
                continue;
            }
            match self.options.format {
                Format::Json => json::write_incident(&mut self.out, &incident, &self.detector, &self.model)?,
                Format::Ocsf => {}
                Format::Text => text::write_incident(&mut self.out, &incident, &self.detector)?,
            }
        }
        Ok(())
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        if !self.options.events && !matches!(event, Event::Loss(_)) {
            return Ok(());
        }
        match self.options.format {
            Format::Json => json::write_event(&mut self.out, event, &self.model),
            Format::Ocsf => ocsf::write_event(&mut self.out, event, &self.model),
            Format::Text => text::write_line(&mut self.out, event, &self.model),
        }
    }

    fn status(&mut self, status: &Status, event: &Event) -> io::Result<()> {
        if !self.ready && status.topic == "source" && status.health == Health::Ok {
            self.ready = true;
            return self.tell("ready");
        }
        match self.options.format {
            Format::Json => json::write_event(&mut self.out, event, &self.model),
            Format::Text | Format::Ocsf => {
                let text = shown(&status.text);
                self.tell(&format!("{}: {}: {}", status.topic, status.health.name(), text.as_str()))
            }
        }
    }

    /// One line to `err`. That nobody reads it is no reason to end what is written to `out`.
    fn tell(&mut self, line: &str) -> io::Result<()> {
        match writeln!(self.err, "{line}").and_then(|()| self.err.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            done => done,
        }
    }
}

#[cfg(test)]
mod tests;
