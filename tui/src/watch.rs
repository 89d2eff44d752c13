//! `ktrace-tui watch`: the stream without a screen.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Receiver, Sender};

use crate::detect::{Detector, Exception, Severity};
use crate::escape::shown;
use crate::export::{json, text};
use crate::model::{Event, Health, Kind, Limits, LossKind, Model, ProcessId, Status};

/// Bytes written at once.
const BUFFER: usize = 1 << 18;

/// Where only events are told a line is written once: of the dead only as many are kept as late lines may be about.
const LIMITS: Limits = Limits { dead: 1_024, connections: 64, images: 4 };

/// How a line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// JSON lines.
    Json,
}

/// What to do.
#[derive(Clone, Debug)]
pub struct WatchOptions {
    /// How a line is written.
    pub format: Format,
    /// When to end by itself.
    pub duration: Option<Duration>,
    /// Whether events are written.
    pub events: bool,
    /// Whether findings and incidents are written.
    pub findings: bool,
    /// What is known to be innocent.
    pub exceptions: Vec<Exception>,
    /// Told whom the source is to look at closely.
    pub attention: Option<Sender<ProcessId>>,
}

impl Default for WatchOptions {
    fn default() -> WatchOptions {
        WatchOptions {
            format: Format::Text,
            duration: None,
            events: true,
            findings: true,
            exceptions: Vec::new(),
            attention: None,
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
    let out = BufWriter::with_capacity(BUFFER, out);
    let detector = Detector::new(options.exceptions.clone());
    let limits = if options.findings { Limits::default() } else { LIMITS };
    let model = Model::new(limits);
    let incidents = HashMap::new();
    let mut watch = Watch { model, detector, incidents, ready: false, options, out, err, summary: Summary::default() };
    match watch.follow(batches).await.and_then(|()| watch.out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(watch.summary),
        done => done.map(|()| watch.summary),
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
    async fn follow(&mut self, mut batches: Receiver<Vec<Event>>) -> io::Result<()> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let over = tokio::time::sleep(self.options.duration.unwrap_or(Duration::MAX));
        tokio::pin!(over);
        loop {
            tokio::select! {
                biased;
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                () = &mut over => break,
                batch = batches.recv() => match batch {
                    Some(batch) => self.take(&batch)?,
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
            self.take(&batch)?;
        }
        Ok(())
    }

    fn take(&mut self, batch: &[Event]) -> io::Result<()> {
        for event in batch {
            self.model.apply(event);
            self.tell_event(event)?;
            if self.options.findings {
                self.detect(event)?;
            }
        }
        Ok(())
    }

    fn tell_event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Status(status) => self.status(status, event),
            Event::Process(process) if !self.ready && matches!(process.kind, Kind::Seen(_)) => Ok(()),
            Event::Loss(loss) => {
                *self.summary.lost.entry(loss.kind).or_default() += loss.count;
                self.write(event)
            }
            Event::Process(_) => {
                self.summary.events += 1;
                self.write(event)
            }
            Event::Boot(_) | Event::Container(_) => Ok(()),
        }
    }

    /// Tells what `event` brought to light. An incident is told anew when it gets worse or
    /// goes on to another stage.
    fn detect(&mut self, event: &Event) -> io::Result<()> {
        let news = self.detector.observe(event, &self.model);
        for process in news.attention {
            // When too many wait, or nobody looks any more, it goes without.
            let _ = self.options.attention.as_ref().map(|attention| attention.try_send(process));
        }
        for finding in news.findings.iter().filter_map(|&number| self.detector.finding(number)) {
            self.summary.findings += 1;
            if finding.muted.is_some() {
                self.summary.muted += 1;
                continue;
            }
            match self.options.format {
                Format::Json => json::write_finding(&mut self.out, finding, &self.model)?,
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
            Format::Text => {
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
