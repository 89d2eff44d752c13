//! A tape with what comparing it brought to light beside what was found before.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::Failure;
use crate::baseline::{Acceptance, Baseline};
use crate::detect::{Detector, Entry};
use crate::model::Model;
use crate::store::{Found, Next, Note, NoteChange, Outline, Packed, StoreError, Tape, walk};

/// A tape that was compared, and what of it can be accepted, by the numbers of findings.
type Told = (Box<dyn Tape>, BTreeMap<u64, Acceptance>);

/// The tape, compared with what is normal.
///
/// # Errors
/// When it cannot be gone through.
pub(in crate::cli) fn compared(mut tape: Box<dyn Tape>, baseline: Arc<Baseline>) -> Result<Told, Failure> {
    let outline = tape.outline()?;
    let (mut model, mut detector) = (Model::default(), Detector::new(Vec::new()));
    detector.compare_with(baseline);
    detector.leave_numbers(outline.found.iter().map(|found| &found.entry));
    let mut all = Vec::new();
    walk(tape.as_mut(), &mut |next| {
        match next {
            Next::Memory(memory) => model = Model::recall(*memory),
            Next::Event(at, event) => {
                model.apply(event);
                let news = detector.compare(event, &model);
                let entries = detector.entries(&news, &model);
                all.extend(entries.into_iter().map(|entry| Found { at, entry }));
            }
            Next::Found(found) => {
                let news = detector.read_at(found.entry.clone(), &model);
                if !matches!(found.entry, Entry::Merged(..)) {
                    let merged = news.merged.into_iter().map(|(from, into)| Entry::Merged(from, into));
                    all.extend(merged.map(|entry| Found { at: found.at, entry }));
                }
                all.push(Found { at: found.at, entry: anew(&found.entry, &detector, &model) });
            }
            Next::Missing(_) | Next::Done(..) => {}
        }
        true
    })?;
    let outline = Outline { found: all, ..(*outline).clone() };
    Ok((Box::new(Compared { tape, outline: Arc::new(outline) }), detector.acceptable().clone()))
}

/// What the tape tells of an incident, with what comparing added to it.
fn anew(entry: &Entry, detector: &Detector, model: &Model) -> Entry {
    match entry {
        Entry::Incident(incident) => {
            let now = detector.incident(incident.id, model);
            Entry::Incident(now.map_or_else(|| incident.clone(), Box::new))
        }
        Entry::Found(finding) => {
            let now = detector.finding(finding.number);
            Entry::Found(now.map_or_else(|| finding.clone(), |now| Box::new(now.clone())))
        }
        Entry::Merged(..) => entry.clone(),
    }
}

/// A tape, and another outline of it.
struct Compared {
    tape: Box<dyn Tape>,
    outline: Arc<Outline>,
}

impl Tape for Compared {
    fn outline(&mut self) -> Result<Arc<Outline>, StoreError> {
        Ok(Arc::clone(&self.outline))
    }

    fn batch(&mut self, at: usize) -> Result<Arc<Packed>, StoreError> {
        self.tape.batch(at)
    }

    fn notes(&mut self) -> Vec<Note> {
        self.tape.notes()
    }

    fn change(&mut self, change: NoteChange) -> Result<(), StoreError> {
        self.tape.change(change)
    }

    fn lasting(&self) -> bool {
        self.tape.lasting()
    }
}
