//! A tape from its beginning to its end.

use super::StoreError;
use super::batch::Found;
use super::tape::Tape;
use crate::model::{Event, Memory};

/// What comes next on a tape.
#[derive(Debug)]
pub enum Next<'a> {
    /// What is known before the events that follow: at the start, and where something is missing.
    Memory(Box<Memory>),
    /// What happened, and the number of that event.
    Event(u64, &'a Event),
    /// What it brought to light, and all that no event before it told.
    Found(&'a Found),
    /// A batch that cannot be read; it goes on with the next.
    Missing(StoreError),
    /// So many events are done, of so many.
    Done(u64, u64),
}

/// Goes through a whole tape, until `take` says that it has enough.
///
/// # Errors
/// When there is no outline. What else cannot be read is handed to `take`.
pub fn walk(tape: &mut dyn Tape, take: &mut dyn FnMut(Next<'_>) -> bool) -> Result<(), StoreError> {
    let outline = tape.outline()?;
    let all = outline.spans.iter().map(|span| span.count).sum();
    let (mut done, mut expected) = (0, None);
    let mut found = outline.found.iter().peekable();
    for (at, span) in outline.spans.iter().enumerate() {
        let read = tape.batch(at).and_then(|packed| Ok((packed.memory()?, packed.unpack()?)));
        let (memory, batch) = match read {
            Ok(read) => read,
            Err(error) => {
                expected = None;
                if !take(Next::Missing(error)) {
                    return Ok(());
                }
                continue;
            }
        };
        if let Some(memory) = memory.filter(|_| expected != Some(span.first))
            && !take(Next::Memory(Box::new(memory)))
        {
            return Ok(());
        }
        expected = Some(span.end());
        for (number, event) in (batch.first..).zip(&batch.events) {
            if !take(Next::Event(number, event)) {
                return Ok(());
            }
            while let Some(found) = found.next_if(|found| found.at <= number) {
                if !take(Next::Found(found)) {
                    return Ok(());
                }
            }
        }
        done += span.count;
        if !take(Next::Done(done, all)) {
            return Ok(());
        }
    }
    for found in found {
        if !take(Next::Found(found)) {
            return Ok(());
        }
    }
    Ok(())
}
