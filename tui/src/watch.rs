//! `ktrace-tui watch`: the stream without a screen.

mod retell;

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender};

use crate::baseline::Baseline;
use crate::clock;
use crate::detect::{Exception, News};
use crate::escape::shown;
use crate::export::{json, ocsf, text};
use crate::follow::{self, Follower, Renewed, Story, Tally};
use crate::model::filter::Filter;
use crate::model::{Event, Health, Kind, Limits, Model, ProcessId, Status};
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
    /// What is normal, to compare with.
    pub baseline: Option<Arc<Baseline>>,
    /// Told whom the source is to look at closely.
    pub attention: Option<Sender<ProcessId>>,
    /// Gives the rules of one's own.
    pub rules: Option<Renewed>,
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
            baseline: None,
            attention: None,
            rules: None,
            recorder: None,
        }
    }
}

/// What was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What happened.
    pub tally: Tally,
    /// The recordings that were written.
    pub recordings: Vec<PathBuf>,
    /// Events that are in none of them, as they could not be written.
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
    let followed = follow::follow(batches, watch.options.duration, LOOK, &mut watch).await;
    let done = match followed.and_then(|()| watch.out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    };
    watch.end_recording().and(done).map(|()| watch.summed())
}

impl WatchOptions {
    /// Whether anybody wants to know what is found.
    fn detects(&self) -> bool {
        self.findings || self.recorder.is_some()
    }
}

struct Watch<O: Write, E: Write> {
    story: Story,
    options: WatchOptions,
    out: BufWriter<O>,
    err: E,
    summary: Summary,
}

impl<O: Write, E: Write> Follower for Watch<O, E> {
    fn take(&mut self, batch: Vec<Event>, _: usize) -> io::Result<()> {
        self.take(batch)
    }

    fn look(&mut self) -> io::Result<bool> {
        self.hear_recorder().map(|()| false)
    }

    /// A line is seen as soon as nothing else waits, and not before: a flush for each would cost more than the rest.
    fn rest(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn asked(&mut self, signal: u8, last: bool) -> io::Result<bool> {
        let Some(status) = self.story.asked(signal, last) else { return Ok(false) };
        self.take(vec![Event::Status(status)]).map(|()| true)
    }
}

impl<O: Write, E: Write> Watch<O, E> {
    fn new(model: Model, mut options: WatchOptions, out: O, err: E) -> Watch<O, E> {
        let out = BufWriter::with_capacity(BUFFER, out);
        let mut story = Story::new(model, std::mem::take(&mut options.exceptions), options.attention.take())
            .comparing(options.baseline.take());
        story.go_by(options.rules.take());
        Watch { story, options, out, err, summary: Summary::default() }
    }

    fn summed(self) -> Summary {
        Summary { tally: self.story.tally, ..self.summary }
    }

    fn take(&mut self, batch: Vec<Event>) -> io::Result<()> {
        self.story.renew();
        let mut entries = Vec::new();
        let mut done = Ok(());
        for (at, event) in batch.iter().enumerate() {
            self.story.apply(event);
            // What cannot be told any more is kept all the same.
            done = done.and_then(|()| self.tell_event(event));
            if self.options.detects() {
                let news = self.story.observe(event);
                if self.options.recorder.is_some() {
                    let found = self.story.detector.entries(&news, &self.story.model);
                    entries.extend(found.into_iter().map(|entry| (at, entry)));
                }
                done = done.and_then(|()| self.detected(&news));
            }
        }
        if let Some(recorder) = &mut self.options.recorder {
            recorder.note(batch, entries, &self.story.model);
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
        let text = said.to_string();
        let health = match said {
            Said::Saved(_) | Said::Recovered(..) => Health::Ok,
            Said::Trouble(..) | Said::Lacking(..) => Health::Degraded,
            Said::Failed(..) => Health::Missing,
        };
        let is_news = !matches!(said, Said::Saved(_));
        match said {
            Said::Saved(path) => self.summary.recordings.push(path),
            Said::Recovered(_, lost) | Said::Lacking(_, lost) => self.summary.unrecorded += lost,
            Said::Failed(..) | Said::Trouble(..) => {}
        }
        self.tell(shown(&format!("recording: {text}")).as_str())?;
        if !is_news || self.options.format != Format::Json {
            return Ok(());
        }
        let status = Status { time: clock::now(), topic: "recording".to_owned(), health, text };
        json::write_event(&mut self.out, &Event::Status(status), &self.story.model)
    }

    fn tell_event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Status(status) => self.status(status, event),
            Event::Process(process) if !self.story.ready && matches!(process.kind, Kind::Seen(_)) => Ok(()),
            Event::Loss(loss) => {
                *self.story.tally.lost.entry(loss.kind).or_default() += loss.count;
                self.write(event)
            }
            Event::Process(process) => {
                if self.options.filter.as_ref().is_some_and(|filter| !filter.event(process, &self.story.model)) {
                    return Ok(());
                }
                self.story.tally.events += 1;
                self.write(event)
            }
            Event::Boot(_) | Event::Container(_) | Event::Names(_) | Event::Posture(_) => Ok(()),
        }
    }

    /// Tells what an event brought to light.
    fn detected(&mut self, news: &News) -> io::Result<()> {
        if !self.options.findings {
            return Ok(());
        }
        let (out, format) = (&mut self.out, self.options.format);
        let found: Vec<_> = self.story.found(news).into_iter().cloned().collect();
        for finding in &found {
            match format {
                Format::Json => json::write_finding(&mut *out, finding, &self.story.model)?,
                Format::Ocsf => ocsf::write_finding(&mut *out, finding, &self.story.model)?,
                Format::Text => text::write_finding(&mut *out, finding, &self.story.model)?,
            }
        }
        for told in self.story.incidents(news) {
            let Story { detector, model, .. } = &self.story;
            match format {
                Format::Json => json::write_incident(&mut *out, &told.incident, detector, model)?,
                Format::Ocsf => {}
                Format::Text => text::write_incident(&mut *out, &told.incident, detector)?,
            }
        }
        Ok(())
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        if !self.options.events && !matches!(event, Event::Loss(_)) {
            return Ok(());
        }
        match self.options.format {
            Format::Json => json::write_event(&mut self.out, event, &self.story.model),
            Format::Ocsf => ocsf::write_event(&mut self.out, event, &self.story.model),
            Format::Text => text::write_line(&mut self.out, event, &self.story.model),
        }
    }

    fn status(&mut self, status: &Status, event: &Event) -> io::Result<()> {
        if self.story.becomes_ready(status) {
            return self.tell("ready");
        }
        match self.options.format {
            Format::Json => json::write_event(&mut self.out, event, &self.story.model),
            Format::Text | Format::Ocsf => {
                let text = shown(&status.text);
                self.tell(&format!("{}: {}: {}", status.topic, status.health.name(), text.as_str()))
            }
        }
    }

    fn tell(&mut self, line: &str) -> io::Result<()> {
        follow::tell(&mut self.err, line)
    }
}

#[cfg(test)]
mod tests;
