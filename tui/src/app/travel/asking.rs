//! What is asked of whoever plays the tape, one thing at a time: what was wished meanwhile is asked next, and only the
//! last of it, so that a key that is held down never queues up.

use std::sync::Arc;

use super::super::{App, finds};
use super::playing::AGAIN;
use super::{Deck, Travel};
use crate::detect::Exception;
use crate::model::{ProcessId, Time};
use crate::store::{Moment, Note, NoteChange, Outline, Shot, Stretch};

/// Something that only the player of the tape can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Where everything is.
    Outline,
    /// Everything known of a moment.
    Seek(Moment),
    /// What happens after the event of this number.
    Ahead(u64),
    /// A change of the notes.
    Change(NoteChange),
}

/// What the player gives back.
#[derive(Debug)]
pub struct Answer {
    /// Where everything is, as of now.
    pub outline: Option<Arc<Outline>>,
    /// The notes, and whether they outlast the program; where they may have changed.
    pub notes: Option<(Vec<Note>, bool)>,
    /// The rest.
    pub what: Answered,
}

/// What was asked for.
#[derive(Debug)]
pub enum Answered {
    /// It is done.
    Done,
    /// Everything known of a moment.
    Shot(Box<Shot>),
    /// What happens next.
    Stretch(Stretch),
    /// It cannot be done: why, in a sentence.
    Failed(String),
}

/// After this long in nanoseconds it is said what is waited for.
const LONG: u64 = 1_000_000_000;
/// How often the outline of what still grows is asked for, in nanoseconds.
const OUTLINE: u64 = 1_000_000_000;

impl App {
    /// What is to be asked of the player next; `None` while it is busy, or nothing is wished for.
    pub fn take_ask(&mut self) -> Option<Ask> {
        if self.deck.under_way.is_some() {
            return None;
        }
        let ask = self.deck.changes.pop_front().map(Ask::Change).or_else(|| self.deck.wish.take())?;
        self.deck.under_way = Some((ask.clone(), self.live.now));
        Some(ask)
    }

    /// For how long something has been waited for that takes long, in nanoseconds.
    pub fn seeking(&self) -> Option<u64> {
        let known = |(_, since): &&(Ask, Time)| *since > Time(0) && !self.deck.forgotten;
        let (ask, since) = self.deck.under_way.as_ref().filter(known)?;
        let waited = self.live.now.since(*since);
        (matches!(ask, Ask::Seek(_)) && waited >= LONG).then_some(waited)
    }

    /// Gives up what takes long; false where nothing does.
    pub(in crate::app) fn stop_seeking(&mut self) -> bool {
        let long = self.seeking().is_some();
        if long {
            self.deck.abandon();
            self.tell("stopped: this is still the moment before");
        }
        long
    }

    /// Wishes to go to a moment, and there to a process.
    pub(in crate::app) fn seek(&mut self, moment: Moment, aim: Option<ProcessId>) {
        self.depart();
        if let Some(travel) = &mut self.travel {
            travel.cut();
        }
        self.deck.wish = Some(Ask::Seek(moment));
        self.deck.aim = aim;
        self.dirty = true;
    }

    /// Number of the event after which the cursor is, or will be once it has arrived.
    pub(in crate::app) fn heading(&self) -> u64 {
        let under_way = self.deck.under_way.as_ref().filter(|_| !self.deck.forgotten).map(|(ask, _)| ask);
        match (&self.deck.wish, under_way) {
            (Some(Ask::Seek(Moment::Number(number))), _) => *number,
            (_, Some(Ask::Seek(Moment::Number(number)))) => *number,
            _ => self.picture().number + self.travel.as_ref().map_or(0, |travel| travel.steps as u64),
        }
    }

    /// The moment where the cursor is, or will be once it has arrived; where that is known by its time.
    pub(in crate::app) fn heading_time(&self) -> Time {
        let under_way = self.deck.under_way.as_ref().filter(|_| !self.deck.forgotten).map(|(ask, _)| ask);
        match (&self.deck.wish, under_way) {
            (Some(Ask::Seek(Moment::Time(time))), _) => *time,
            (_, Some(Ask::Seek(Moment::Time(time)))) => *time,
            _ => self.now(),
        }
    }

    /// Wishes for what comes next, unless there is something else to do first.
    pub(super) fn look_ahead(&mut self) {
        let Some(travel) = &self.travel else { return };
        if self.deck.wish.is_none() && self.deck.under_way.is_none() {
            self.deck.wish = Some(Ask::Ahead(travel.picture.number + travel.ahead.len() as u64));
        }
    }

    /// Keeps the outline of what still grows fresh while it is looked at.
    pub(in crate::app) fn look_around(&mut self, now: Time) {
        if let Some((_, since)) = &mut self.deck.under_way
            && *since == Time(0)
        {
            // It was asked before the clock was known.
            *since = now;
        }
        let shown = self.layout().timeline.is_some() && !self.replay();
        if shown && now.since(self.deck.asked_outline) >= OUTLINE {
            self.deck.asked_outline = now;
            self.deck.wish_outline();
        }
    }

    /// Takes in what the player gave.
    pub(in crate::app) fn answered(&mut self, answer: Answer) {
        let Some((ask, _)) = self.deck.under_way.take() else { return };
        let forgotten = std::mem::take(&mut self.deck.forgotten);
        if let Some(outline) = answer.outline {
            self.deck.learn(outline);
        }
        if let Some((notes, lasting)) = answer.notes {
            (self.deck.notes, self.deck.lasting) = (notes, lasting);
            self.notes_changed();
        }
        self.dirty = true;
        match (answer.what, ask) {
            (Answered::Failed(why), Ask::Seek(_) | Ask::Ahead(_)) => {
                if let Some(travel) = &mut self.travel {
                    travel.playing = false;
                }
                self.tell(why);
            }
            (Answered::Failed(why), _) => self.tell(why),
            (Answered::Shot(shot), Ask::Seek(moment)) if !forgotten => self.arrive(*shot, moment),
            (Answered::Stretch(stretch), Ask::Ahead(from)) => self.read_ahead(stretch, from),
            _ => {}
        }
        if let Some(step) = self.deck.then.take() {
            self.take_step(step);
        }
    }

    fn read_ahead(&mut self, stretch: Stretch, from: u64) {
        let Some(travel) = &mut self.travel else { return };
        if from != travel.picture.number + travel.ahead.len() as u64 {
            return;
        }
        travel.dry = (stretch.events.is_empty() && !stretch.gap).then_some(self.live.now);
        travel.gap = stretch.gap;
        travel.ahead.extend(stretch.events);
        let steps = travel.steps.min(travel.ahead.len());
        // What has just happened may not be on the tape yet; at the end of a recording there is nothing to wait for.
        let left = travel.steps - steps;
        let missing = travel.gap && left > 0;
        travel.steps = if self.settings.replay || travel.gap { 0 } else { left };
        self.go_on(steps);
        if missing {
            self.seek(Moment::Number(self.picture().number + 1), None);
        }
    }

    /// Asks again for events that had not been on the tape yet.
    pub(in crate::app) fn catch_up(&mut self, now: Time) {
        let due = |travel: &Travel| travel.steps > 0 && travel.dry.is_none_or(|since| now.since(since) >= AGAIN);
        if self.travel.as_deref().is_some_and(due) {
            self.look_ahead();
        }
    }
}

impl Deck {
    /// One that knows nothing yet, and mutes what these exceptions are about.
    pub(in crate::app) fn muting(muted: Vec<Exception>) -> Deck {
        Deck { muted, ..Deck::default() }
    }

    /// Findings are taken to be normal: from now on, at every moment.
    pub(in crate::app) fn accept(&mut self, numbers: &[u64]) {
        self.accepted.extend(numbers);
        self.finds = finds::of(&self.outline, &self.accepted);
    }

    /// Wishes to be told where everything is, unless something else will tell it.
    pub(in crate::app) fn wish_outline(&mut self) {
        if self.wish.is_none() {
            self.wish = Some(Ask::Outline);
        }
    }

    pub(in crate::app) fn change(&mut self, change: NoteChange) {
        self.changes.push_back(change);
    }

    fn learn(&mut self, outline: Arc<Outline>) {
        let mark = |outline: &Outline| (outline.found.len(), outline.found.last().map(|found| found.at));
        if mark(&self.outline) != mark(&outline) {
            self.finds = finds::of(&outline, &self.accepted);
        }
        self.outline = outline;
    }
}
