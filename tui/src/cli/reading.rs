//! Files that hold events: recordings, JSON lines as Tetragon exports them, and our own; told apart by what is in them.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::progress::Bar;
use super::said::say;
use super::{Exit, Failure};
use crate::baseline::Baseline;
use crate::detect::{Detector, Entry, Exception, News, RuleSet};
use crate::export::report::Proof;
use crate::identity::Paths;
use crate::model::{Event, Model};
use crate::source::lines::{Lines, Told};
use crate::source::tetragon::Import;
use crate::store::{Next, Recording, Rejudged, Tape, Winder, hex, is_recording, walk};

/// Bad lines that are named; more are counted.
const NAMED: usize = 3;

/// What a file told.
pub(super) struct Reading {
    /// The node at its end.
    pub(super) model: Model,
    /// What was found.
    pub(super) detector: Detector,
    /// How it can be verified.
    pub(super) proof: Proof,
    /// A key out of all that is in it: the same file gives the same, and nobody guesses it who does not have the file.
    pub(super) key: [u8; 32],
}

/// What a file tells, in its order.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// Something happened; the model has taken it in.
    Event(&'a Event),
    /// Something came to light by that event, which was told before.
    Found(&'a Event, &'a News),
}

/// Whoever looks on while a file is read.
pub(super) type Observer<'a> = dyn FnMut(Step<'_>, &Model, &Detector) + 'a;

/// Tells what came to light, where something did.
fn found(event: &Event, news: &News, model: &Model, detector: &Detector, observe: &mut Observer<'_>) {
    if *news != News::default() {
        observe(Step::Found(event, news), model, detector);
    }
}

/// Reads a file to its end; `-` is stdin. What cannot be read is named on stderr. Findings that the exceptions are about are
/// muted.
///
/// # Errors
/// When it cannot be read at all, or holds no event.
pub(super) fn read(file: &Path, judged: &Judged<'_>, observe: &mut Observer<'_>) -> Result<Reading, Failure> {
    if is_file_recording(file) { read_recording(file, judged, observe) } else { read_import(file, judged, observe) }
}

/// How what happened is judged.
#[derive(Default)]
pub(super) struct Judged<'a> {
    /// What is muted.
    pub(super) exceptions: &'a [Exception],
    /// Rules of one's own.
    pub(super) rules: Arc<RuleSet>,
    /// What is normal.
    pub(super) baseline: Option<Arc<Baseline>>,
    /// Whether it is judged anew, whatever was found when it happened.
    pub(super) anew: bool,
}

impl Judged<'_> {
    /// As it was when it happened, but for what these exceptions mute.
    pub(super) fn muting(exceptions: &[Exception]) -> Judged<'_> {
        Judged { exceptions, ..Judged::default() }
    }

    /// One who has seen nothing yet.
    fn detector(&self) -> Detector {
        let mut detector = Detector::new(self.exceptions.to_vec());
        detector.renew(Arc::clone(&self.rules));
        self.baseline.iter().for_each(|baseline| detector.compare_with(Arc::clone(baseline)));
        detector
    }
}

/// A file, to be gone through. What was found is as its own lines tell it, unless it is to be judged anew.
///
/// # Errors
/// As [`read`].
pub(super) fn open_tape(file: &Path, judged: &Judged<'_>) -> Result<Box<dyn Tape>, Failure> {
    if is_file_recording(file) {
        let recording = Recording::open(file)?;
        return if judged.anew { rejudged(recording, judged) } else { Ok(Box::new(recording)) };
    }
    let (mut model, mut detector) = (Model::default(), judged.detector());
    let mut winder = Winder::new(&model);
    each_line(file, &mut |event, found| {
        model.apply(&event);
        let entries = found.filter(|_| !judged.anew).unwrap_or_else(|| {
            let news = detector.observe(&event, &model);
            detector.entries(&news, &model)
        });
        winder.note(&event, entries, &model);
    })?;
    Ok(Box::new(winder.finish()))
}

/// What happened in a recording, with what is found in it now; its notes stay with it.
fn rejudged(mut recording: Recording, judged: &Judged<'_>) -> Result<Box<dyn Tape>, Failure> {
    let (mut model, mut detector) = (Model::default(), judged.detector());
    let mut winder = None;
    tell(&mut recording, &mut Bar::new("judging"), &mut |next| match next {
        Next::Memory(memory) => {
            model = Model::recall(*memory);
            winder.get_or_insert_with(|| Winder::new(&model)).begin(&model);
        }
        Next::Event(_, event) => {
            model.apply(event);
            let news = detector.observe(event, &model);
            let entries = detector.entries(&news, &model);
            winder.get_or_insert_with(|| Winder::new(&Model::default())).note(event, entries, &model);
        }
        Next::Found(_) | Next::Missing(_) | Next::Done(..) => {}
    })?;
    let reel = winder.unwrap_or_else(|| Winder::new(&model)).finish();
    Ok(Box::new(Rejudged::new(reel, Box::new(recording))))
}

/// True for a recording. What cannot be opened is told by whoever opens it next.
fn is_file_recording(file: &Path) -> bool {
    file != Path::new("-") && is_recording(file).unwrap_or(false)
}

fn read_recording(file: &Path, judged: &Judged<'_>, observe: &mut Observer<'_>) -> Result<Reading, Failure> {
    let mut recording = Recording::open(file)?;
    let mut bar = Bar::new("verifying");
    let report = recording.verify(None, &mut |done, of| {
        bar.step(done, of);
        true
    })?;
    drop(bar);
    let proof = Proof::Recording {
        file: file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned(),
        root: hex(&report.root),
        signer: report.signer.clone(),
        state: report.to_string(),
    };
    let key = recording.secret()?;
    let (mut model, mut detector) = (Model::default(), judged.detector());
    if !judged.anew {
        detector.leave_numbers(recording.outline()?.found.iter().map(|found| &found.entry));
    }
    let mut bar = Bar::new("reading");
    let mut last = None;
    tell(&mut recording, &mut bar, &mut |next| match next {
        Next::Memory(memory) => model = Model::recall(*memory),
        Next::Event(_, event) => {
            model.apply(event);
            observe(Step::Event(event), &model, &detector);
            let news = if judged.anew { detector.observe(event, &model) } else { detector.compare(event, &model) };
            found(event, &news, &model, &detector, observe);
            last = Some(event.clone());
        }
        Next::Found(_) if judged.anew => {}
        Next::Found(it) => {
            let news = detector.read_at(it.entry.clone(), &model);
            if let Some(event) = &last {
                found(event, &news, &model, &detector, observe);
            }
        }
        Next::Missing(_) | Next::Done(..) => {}
    })?;
    Ok(Reading { model, detector, proof, key })
}

/// Goes through a recording; what cannot be read is named.
fn tell(recording: &mut Recording, bar: &mut Bar, take: &mut dyn FnMut(Next<'_>)) -> Result<(), Failure> {
    let name = recording.path().display().to_string();
    walk(recording, &mut |next| {
        match &next {
            Next::Missing(error) => {
                bar.end();
                say(format_args!("{name}: passed over: {error}"));
            }
            Next::Done(done, of) => bar.step(*done, *of),
            _ => {}
        }
        take(next);
        true
    })?;
    Ok(())
}

fn read_import(file: &Path, judged: &Judged<'_>, observe: &mut Observer<'_>) -> Result<Reading, Failure> {
    let (mut model, mut detector) = (Model::default(), judged.detector());
    let key = each_line(file, &mut |event, told| {
        model.apply(&event);
        observe(Step::Event(&event), &model, &detector);
        let Some(entries) = told.filter(|_| !judged.anew) else {
            let news = detector.observe(&event, &model);
            return found(&event, &news, &model, &detector, observe);
        };
        let mut news = detector.compare(&event, &model);
        for entry in entries {
            let more = detector.read_at(entry, &model);
            news.findings.extend(more.findings);
            news.incidents.extend(more.incidents);
            news.merged.extend(more.merged);
        }
        found(&event, &news, &model, &detector, observe);
    })?;
    Ok(Reading { model, detector, proof: Proof::Import, key })
}

/// Whoever takes in what lines tell: an event, and what another detector found by it, where it was one that told.
type Taker<'a> = dyn FnMut(Event, Option<Vec<Entry>>) + 'a;

/// Who wrote the lines.
enum Writer {
    Tetragon(Box<Import>),
    Ktrace(Box<Lines>),
}

impl Writer {
    /// Whoever wrote the first of them.
    fn of(line: &str) -> Writer {
        match Lines::knows(line) {
            true => Writer::Ktrace(Box::new(Lines::new(Arc::new(Paths)))),
            false => Writer::Tetragon(Box::default()),
        }
    }

    fn line(&mut self, line: &str, take: &mut Taker<'_>) -> Result<(), String> {
        match self {
            Writer::Tetragon(import) => {
                let events = import.line(line).map_err(|error| error.to_string())?;
                events.into_iter().for_each(|event| take(event, None));
            }
            Writer::Ktrace(lines) => {
                let Told { events, found } = lines.line(line.as_bytes()).map_err(|error| error.to_string())?;
                let mut found = found.into_iter().peekable();
                for (at, event) in events.into_iter().enumerate() {
                    let of = std::iter::from_fn(|| found.next_if(|(place, _)| *place <= at)).map(|(_, entry)| entry);
                    take(event, Some(of.collect()));
                }
            }
        }
        Ok(())
    }
}

/// Hands over what the lines of an export tell; gives a hash over them.
fn each_line(file: &Path, take: &mut Taker<'_>) -> Result<[u8; 32], Failure> {
    let name = file.display();
    let open = || -> io::Result<(Box<dyn BufRead>, u64)> {
        if file == Path::new("-") {
            return Ok((Box::new(BufReader::new(io::stdin())), 0));
        }
        let opened = File::open(file)?;
        let size = opened.metadata().ok().filter(|data| data.is_file()).map_or(0, |data| data.len());
        Ok((Box::new(BufReader::new(opened)), size))
    };
    let (lines, size) = open().with_context(|| format!("cannot read {name}"))?;
    let mut hasher = blake3::Hasher::new_derive_key("ktrace-tui pseudonyms of a file");
    let mut writer = None;
    let mut bar = Bar::new("reading");
    let (mut taken, mut bad, mut done) = (0_u64, 0_usize, 0);
    for (number, line) in lines.split(b'\n').enumerate() {
        let line = line.with_context(|| format!("cannot read {name}"))?;
        hasher.update(&line).update(b"\n");
        done += line.len() as u64 + 1;
        bar.step(done, size);
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        match writer.get_or_insert_with(|| Writer::of(&line)).line(&line, take) {
            Ok(()) => taken += 1,
            Err(error) => {
                bad += 1;
                if bad <= NAMED {
                    bar.end();
                    say(format_args!("{name}, line {}: passed over: {error}", number + 1));
                }
            }
        }
    }
    drop(bar);
    if bad > NAMED {
        eprintln!("{name}: {bad} lines were passed over in all");
    }
    if taken == 0 {
        let message = format!(
            "{name} holds no event: a recording, or JSON lines as ktrace-tui writes or Tetragon exports them, are wanted"
        );
        return Err(Failure::new(Exit::Failed, message));
    }
    Ok(*hasher.finalize().as_bytes())
}
