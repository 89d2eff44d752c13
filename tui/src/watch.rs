//! `ktrace-tui watch`: the stream without a screen.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Receiver;

use crate::escape::shown;
use crate::export::{json, text};
use crate::model::{Event, Health, Kind, Limits, LossKind, Model, Status};

/// Bytes written at once.
const BUFFER: usize = 1 << 18;

/// A line is written once: of the dead only as many are kept as late lines may be about.
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WatchOptions {
    /// How a line is written.
    pub format: Format,
    /// When to end by itself.
    pub duration: Option<Duration>,
}

/// What was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Events written.
    pub events: u64,
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
    let mut watch = Watch { model: Model::new(LIMITS), ready: false, options, out, err, summary: Summary::default() };
    match watch.follow(batches).await.and_then(|()| watch.out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(watch.summary),
        done => done.map(|()| watch.summary),
    }
}

struct Watch<O: Write, E: Write> {
    model: Model,
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
            match event {
                Event::Status(status) => self.status(status, event)?,
                Event::Process(process) if !self.ready && matches!(process.kind, Kind::Seen(_)) => {}
                Event::Loss(loss) => {
                    *self.summary.lost.entry(loss.kind).or_default() += loss.count;
                    self.write(event)?;
                }
                Event::Process(_) => {
                    self.summary.events += 1;
                    self.write(event)?;
                }
                Event::Boot(_) | Event::Container(_) => {}
            }
        }
        Ok(())
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
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
