//! Going to a moment: the nearest memory before it, and what happened from there.

use std::collections::VecDeque;
use std::sync::Arc;

use super::StoreError;
use super::batch::Batch;
use super::tape::{Outline, Tape};
use crate::detect::{Detector, Entry};
use crate::model::{Event, Model, Time};

/// Where to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before everything.
    Start,
    /// After everything.
    End,
    /// After the event of this number.
    Number(u64),
    /// After the last event before the first that is later than this.
    Time(Time),
}

/// What was known at a moment.
#[derive(Debug)]
pub struct Shot {
    /// The node.
    pub model: Model,
    /// What was found until then.
    pub detector: Detector,
    /// Number of the last event of it.
    pub number: u64,
    /// The last events, oldest first.
    pub recent: Vec<Event>,
}

/// What happened from one moment to another.
#[derive(Debug, Default)]
pub struct Stretch {
    /// The events.
    pub events: Vec<Event>,
    /// What they brought to light.
    pub found: Vec<Entry>,
    /// Number of the last event.
    pub number: u64,
    /// Something is missing before these events: they cannot be added to what was known; seek instead.
    pub gap: bool,
}

/// Goes through a tape.
pub struct Player {
    tape: Box<dyn Tape>,
    /// Events that a shot brings along.
    recent: usize,
    last: Option<(usize, u64, Arc<Batch>)>,
}

impl Player {
    /// A player of `tape`, whose shots bring the last `recent` events along.
    pub fn new(tape: Box<dyn Tape>, recent: usize) -> Player {
        Player { tape, recent, last: None }
    }

    /// What is on the tape.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn outline(&mut self) -> Result<Arc<Outline>, StoreError> {
        self.tape.outline()
    }

    /// What it goes through.
    pub fn tape(&mut self) -> &mut dyn Tape {
        self.tape.as_mut()
    }

    /// What was known at a moment; the nearest that there is, where it is not on the tape.
    ///
    /// # Errors
    /// When what is needed for it cannot be read.
    pub fn seek(&mut self, moment: Moment) -> Result<Shot, StoreError> {
        let outline = self.tape.outline()?;
        let at = place(&outline, moment);
        let mut shot = Shot {
            model: Model::default(),
            detector: Detector::default(),
            number: outline.numbers().start.saturating_sub(1),
            recent: Vec::new(),
        };
        let mut recent = VecDeque::new();
        if let Some((begin, at)) = at.map(|at| (outline.memory_before(at).unwrap_or(0), at)) {
            let memory = self.tape.batch(begin)?.memory()?;
            shot.model = memory.map(Model::recall).unwrap_or_default();
            shot.number = outline.spans[begin].first.saturating_sub(1);
            for place in begin..=at {
                let batch = self.open(&outline, place)?;
                let take = if place == at { within(&batch, moment) } else { batch.events.len() };
                for event in &batch.events[..take] {
                    shot.model.apply(event);
                    if recent.len() >= self.recent {
                        recent.pop_front();
                    }
                    recent.push_back(event.clone());
                }
                shot.number = batch.first.saturating_add(take as u64).saturating_sub(1);
            }
            self.before(&outline, begin, &mut recent)?;
        }
        shot.recent = recent.into();
        let found = outline.found.iter().take_while(|found| found.at <= shot.number);
        shot.detector = Detector::recall(found.map(|found| found.entry.clone()));
        Ok(shot)
    }

    /// What happened after the event `from`, until a moment, at most `most` events.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn forward(&mut self, from: u64, until: Moment, most: usize) -> Result<Stretch, StoreError> {
        let outline = self.tape.outline()?;
        let mut stretch = Stretch { number: from, ..Stretch::default() };
        let end = place(&outline, until);
        let Some(begin) = outline.holding(from.saturating_add(1)) else { return Ok(stretch) };
        for place in begin..=end.unwrap_or(0) {
            let batch = self.open(&outline, place)?;
            let next = stretch.number.saturating_add(1);
            if batch.first > next {
                stretch.gap = true;
                break;
            }
            let skip = usize::try_from(next - batch.first).unwrap_or(usize::MAX);
            let take = if Some(place) == end { within(&batch, until) } else { batch.events.len() };
            let room = most - stretch.events.len();
            let events = batch.events.get(skip..take).unwrap_or_default();
            let events = &events[..events.len().min(room)];
            stretch.events.extend_from_slice(events);
            stretch.number += events.len() as u64;
            if stretch.events.len() >= most {
                break;
            }
        }
        let found = outline.found.iter().filter(|found| found.at > from && found.at <= stretch.number);
        stretch.found = found.map(|found| found.entry.clone()).collect();
        Ok(stretch)
    }

    /// Puts what happened before the batch `at` in front, until there are enough.
    fn before(&mut self, outline: &Outline, at: usize, recent: &mut VecDeque<Event>) -> Result<(), StoreError> {
        for place in (0..at).rev() {
            let (span, next) = (outline.spans[place], outline.spans[place + 1]);
            if recent.len() >= self.recent || span.end() != next.first {
                break;
            }
            let batch = self.open(outline, place)?;
            for event in batch.events.iter().rev().take(self.recent - recent.len()) {
                recent.push_front(event.clone());
            }
        }
        Ok(())
    }

    fn open(&mut self, outline: &Outline, at: usize) -> Result<Arc<Batch>, StoreError> {
        let first = outline.spans[at].first;
        if let Some((place, known, batch)) = &self.last
            && (*place, *known) == (at, first)
        {
            return Ok(Arc::clone(batch));
        }
        let batch = Arc::new(self.tape.batch(at)?.unpack()?);
        self.last = Some((at, first, Arc::clone(&batch)));
        Ok(batch)
    }
}

/// The batch in which a moment is.
fn place(outline: &Outline, moment: Moment) -> Option<usize> {
    let last = outline.spans.len().checked_sub(1)?;
    Some(match moment {
        Moment::Start => 0,
        Moment::End => last,
        Moment::Number(number) => outline.holding(number).unwrap_or(last),
        Moment::Time(time) => outline.spans.iter().rposition(|span| span.from <= time).unwrap_or(0),
    })
}

/// How many events of its batch are before a moment.
fn within(batch: &Batch, moment: Moment) -> usize {
    match moment {
        Moment::Start => 0,
        Moment::End => batch.events.len(),
        Moment::Number(number) => {
            let count = number.saturating_add(1).saturating_sub(batch.first);
            usize::try_from(count).unwrap_or(usize::MAX).min(batch.events.len())
        }
        Moment::Time(time) => batch.events.iter().position(|event| event.time() > time).unwrap_or(batch.events.len()),
    }
}
