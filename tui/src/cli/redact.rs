//! `redact`: a whole recording, without what it should not tell.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::arguments::RedactArguments;
use super::progress::Bar;
use super::said::say;
use super::{Exit, Failure, filtering};
use crate::detect::Entry;
use crate::export::redact::Redactor;
use crate::model::filter::Filter;
use crate::model::{Event, GroupKey, Model, Process, ProcessId, Time};
use crate::store::{
    Batch, Facts, Found, Key, Limits, Next, Note, Packed, Recording, Tape as _, Writer, hex, is_recording, walk,
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
    let end = recording.outline()?.times().map_or(Time(0), |(_, end)| end);
    let only = arguments.only.as_deref().map(|text| filtering::wanted(text, end)).transpose()?;
    let mut redactor = Redactor::new(recording.secret()?);
    let only = learn(&mut recording, &mut redactor, only)?;
    if only.as_ref().is_some_and(|only| only.processes.is_empty()) {
        return Err(Failure::new(Exit::Failed, "no process fulfils the filter of --only: there is nothing to copy"));
    }
    let half = Half::new(out)?;
    let facts = facts(&recording, &mut redactor)?;
    let writer = Writer::create(&half.path, &facts, sign, Limits::default())?;
    let mut copy = Copy::new(writer, redactor, only, recording.notes());
    copy.write(&mut recording)?;
    copy.finish()?;
    half.done(out)?;
    eprintln!(
        "{} is a redacted copy, whole and with a chain of its own; look at it before it is handed on",
        out.display()
    );
    Ok(())
}

/// What is copied, where not all is.
#[derive(Default)]
struct Only {
    processes: HashSet<ProcessId>,
    containers: HashSet<Arc<str>>,
}

/// Learns what is secret, and who ever fulfils a filter.
fn learn(recording: &mut Recording, redactor: &mut Redactor, filter: Option<Filter>) -> Result<Option<Only>, Failure> {
    let (mut model, mut only) = (Model::default(), Only::default());
    let mut bar = Bar::new("learning what is secret");
    let mut meet = |id: ProcessId, model: &Model| {
        only.processes.insert(id);
        if let Some(Process { group: GroupKey::Container(id), .. }) = model.process(id) {
            only.containers.insert(Arc::clone(id));
        }
    };
    walk(recording, &mut |next| {
        match next {
            Next::Memory(memory) => {
                redactor.learn_memory(&memory);
                if let Some(filter) = &filter {
                    model = Model::recall(*memory);
                    for process in model.processes().filter(|process| filter.process(process, &model)) {
                        meet(process.id, &model);
                    }
                }
            }
            Next::Event(_, event) => {
                redactor.learn(event);
                if let Some(filter) = &filter {
                    model.apply(event);
                    if let Event::Process(event) = event
                        && filter.event(event, &model)
                    {
                        meet(event.process, &model);
                    }
                }
            }
            Next::Done(done, of) => bar.step(done, of),
            // What cannot be read is not written either.
            Next::Found(_) | Next::Missing(_) => {}
        }
        true
    })?;
    Ok(filter.map(|_| only))
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
    only: Option<Only>,
    /// Number of the last event.
    number: u64,
    /// Numbers of the findings that are copied.
    found: HashSet<u64>,
    /// In the order of their moments, and how many of them have their number in the copy.
    notes: Vec<Note>,
    placed: usize,
}

impl Copy {
    fn new(writer: Writer, redactor: Redactor, only: Option<Only>, mut notes: Vec<Note>) -> Copy {
        notes.retain(|note| {
            let about = note.process.zip(only.as_ref());
            about.is_none_or(|(process, only)| only.processes.contains(&process))
        });
        Copy {
            writer,
            redactor,
            model: Model::default(),
            batch: Batch::default(),
            since: 0,
            end: Time(0),
            only,
            number: 0,
            found: HashSet::new(),
            notes,
            placed: 0,
        }
    }

    fn write(&mut self, recording: &mut Recording) -> Result<(), Failure> {
        let name = recording.path().display().to_string();
        let mut bar = Bar::new("writing");
        let mut failed = None;
        walk(recording, &mut |next| {
            match next {
                Next::Memory(mut memory) => {
                    if let Some(only) = &self.only {
                        memory.retain(|id| only.processes.contains(&id));
                    }
                    let memory = self.redactor.memory(*memory);
                    self.model = Model::recall(memory.clone());
                    self.batch.memory = Some(memory);
                    self.since = 0;
                }
                Next::Event(number, event) => self.take(number, event),
                Next::Found(found) => self.find(found),
                Next::Missing(error) => {
                    bar.end();
                    say(format_args!("{name}: passed over: {error}"));
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

    fn find(&mut self, found: &Found) {
        let mut entry = found.entry.clone();
        let mut at = found.at;
        if let Some(only) = &self.only {
            at = self.number.max(1);
            match &mut entry {
                Entry::Found(finding) if !only.processes.contains(&finding.process) => return,
                Entry::Found(finding) => drop(self.found.insert(finding.number)),
                Entry::Incident(incident) => {
                    for stage in &mut incident.stages {
                        stage.findings.retain(|number| self.found.contains(number));
                    }
                    incident.stages.retain(|stage| !stage.findings.is_empty());
                    if incident.stages.is_empty() {
                        return;
                    }
                }
                Entry::Merged(..) => {}
            }
        }
        let entry = self.redactor.entry(entry);
        self.batch.found.push(Found { at, entry });
    }

    /// Whether an event is copied.
    fn wants(&self, event: &Event) -> bool {
        self.only.as_ref().is_none_or(|only| match event {
            Event::Process(event) => only.processes.contains(&event.process),
            Event::Container(news) => only.containers.contains(news.id.as_str()),
            // Who was told what is nobody's business where not everybody is copied.
            Event::Names(_) => false,
            Event::Posture(posture) => only.containers.contains(&*posture.container),
            Event::Boot(_) | Event::Loss(_) | Event::Status(_) => true,
        })
    }

    fn take(&mut self, number: u64, event: &Event) {
        let wanted = self.wants(event);
        // Without gaps, where not all is copied.
        let own = if self.only.is_some() { self.number + u64::from(wanted) } else { number };
        while let Some(note) = self.notes.get_mut(self.placed).filter(|note| note.at <= number) {
            note.at = own;
            self.placed += 1;
        }
        if !wanted {
            return;
        }
        self.number = own;
        let event = self.redactor.event(event.clone());
        self.model.apply(&event);
        self.end = self.end.max(event.time());
        if self.batch.events.is_empty() {
            self.batch.first = own;
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

    fn finish(mut self) -> Result<(), Failure> {
        let mut notes = std::mem::take(&mut self.notes);
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
