//! `redact`: a whole recording, without what it should not tell.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::arguments::RedactArguments;
use super::progress::Bar;
use super::{Exit, Failure};
use crate::export::redact::Redactor;
use crate::model::{Event, Model, Time};
use crate::store::{
    Batch, Facts, Found, Key, Limits, Next, Packed, Recording, Tape as _, Writer, hex, is_recording, walk,
};

/// Events between two memories.
const APART: u64 = 32_768;
/// What the facts of a node say that tells more than it must: how it was called, and with which paths.
const TOLD: [&str; 2] = ["host", "options"];

/// Writes a recording anew: first all of it is learned from, so that what is secret once is secret everywhere.
pub(super) fn redact(arguments: &RedactArguments) -> Result<(), Failure> {
    let (file, out) = (&arguments.file, &arguments.out);
    if !is_recording(file).map_err(|error| anyhow::anyhow!("cannot read {}: {error}", file.display()))? {
        let message = format!(
            "{} is no recording of ktrace-tui: of JSON lines, `report --redact` makes a report that can be handed on",
            file.display()
        );
        return Err(Failure::new(Exit::Failed, message));
    }
    let sign = arguments.sign.as_deref().map(Key::read).transpose()?;
    let mut recording = Recording::open(file)?;
    let mut redactor = Redactor::new(recording.secret()?);
    learn(&mut recording, &mut redactor)?;
    let half = Half::new(out)?;
    let facts = facts(&recording, &mut redactor)?;
    let writer = Writer::create(&half.path, &facts, sign, Limits::default())?;
    let mut copy = Copy { writer, redactor, model: Model::default(), batch: Batch::default(), since: 0, end: Time(0) };
    copy.write(&mut recording)?;
    copy.finish(&mut recording)?;
    half.done(out)?;
    eprintln!(
        "{} is a redacted copy, whole and with a chain of its own; look at it before it is handed on",
        out.display()
    );
    Ok(())
}

fn learn(recording: &mut Recording, redactor: &mut Redactor) -> Result<(), Failure> {
    let mut bar = Bar::new("learning what is secret");
    walk(recording, &mut |next| {
        match next {
            Next::Memory(memory) => redactor.learn_memory(&memory),
            Next::Event(_, event) => redactor.learn(event),
            Next::Done(done, of) => bar.step(done, of),
            // What cannot be read is not written either.
            Next::Found(_) | Next::Missing(_) => {}
        }
        true
    })?;
    Ok(())
}

/// What it says of its node, and of what it is a copy.
fn facts(recording: &Recording, redactor: &mut Redactor) -> Result<Facts, Failure> {
    let mut facts = recording.facts()?;
    facts.retain(|(key, _)| key != "signer");
    for (key, value) in facts.iter_mut().filter(|(key, _)| TOLD.contains(&key.as_str())) {
        *value = if key == "host" { redactor.host(value) } else { redactor.text(value) };
    }
    facts.push(("redacted_from".to_owned(), hex(&recording.root()?)));
    Ok(facts)
}

struct Copy {
    writer: Writer,
    redactor: Redactor,
    /// The node as the copy tells it.
    model: Model,
    /// The next batch.
    batch: Batch,
    /// Events since the last memory.
    since: u64,
    end: Time,
}

impl Copy {
    fn write(&mut self, recording: &mut Recording) -> Result<(), Failure> {
        let name = recording.path().display().to_string();
        let mut bar = Bar::new("writing");
        let mut failed = None;
        walk(recording, &mut |next| {
            match next {
                Next::Memory(memory) => {
                    let memory = self.redactor.memory(*memory);
                    self.model = Model::recall(memory.clone());
                    self.batch.memory = Some(memory);
                    self.since = 0;
                }
                Next::Event(number, event) => self.take(number, event),
                Next::Found(Found { at, entry }) => {
                    let entry = self.redactor.entry(entry.clone());
                    self.batch.found.push(Found { at: *at, entry });
                }
                Next::Missing(error) => {
                    bar.end();
                    eprintln!("{name}: passed over: {error}");
                }
                Next::Done(done, of) => {
                    bar.step(done, of);
                    failed = self.close().err();
                }
            }
            failed.is_none()
        })?;
        failed.map_or_else(|| self.close(), Err)
    }

    fn take(&mut self, number: u64, event: &Event) {
        let event = self.redactor.event(event.clone());
        self.model.apply(&event);
        self.end = self.end.max(event.time());
        if self.batch.events.is_empty() {
            self.batch.first = number;
        }
        self.batch.events.push(event);
    }

    fn close(&mut self) -> Result<(), Failure> {
        if self.batch.events.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        self.since += batch.events.len() as u64;
        self.writer.write(&Arc::new(Packed::pack(&batch)), &batch)?;
        let known = self.model.totals().alive + self.model.totals().dead;
        if self.since >= APART.max(2 * known as u64) {
            self.batch.memory = Some(self.model.remember());
            self.since = 0;
        }
        Ok(())
    }

    fn finish(mut self, recording: &mut Recording) -> Result<(), Failure> {
        let mut notes = recording.notes();
        for note in &mut notes {
            note.author = self.redactor.user(&note.author);
            note.text = self.redactor.text(&note.text);
        }
        self.writer.notes(&notes)?;
        self.writer.close(self.end)?;
        Ok(())
    }
}

/// A file that is being made, beside the one that it will be: nothing that is not whole has that name.
struct Half {
    path: PathBuf,
}

impl Half {
    fn new(out: &Path) -> Result<Half, Failure> {
        if out.exists() {
            return Err(Failure::new(Exit::Failed, format!("{} is there already: name another file", out.display())));
        }
        let mut path = out.as_os_str().to_owned();
        path.push(format!(".{}-incomplete", std::process::id()));
        Ok(Half { path: path.into() })
    }

    fn done(self, out: &Path) -> Result<(), Failure> {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        // It does not take the place of a file that came meanwhile.
        renameat_with(CWD, &self.path, CWD, out, RenameFlags::NOREPLACE)
            .map_err(|error| anyhow::anyhow!("cannot make {}: {error}", out.display()).into())
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        for beside in ["", "-wal", "-shm", "-journal"] {
            let mut path = self.path.as_os_str().to_owned();
            path.push(beside);
            // Most of them are not there.
            let _ = std::fs::remove_file(path);
        }
    }
}
