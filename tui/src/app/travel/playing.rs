//! Playing: the cursor goes on by itself, at some speed, and does not wait out a silence.

use std::fmt;
use std::sync::Arc;

use super::super::{Alarms, App, NodeKey};
use super::Travel;
use crate::model::{Event, Time};
use crate::store::Moment;

const SECOND: u64 = 1_000_000_000;
/// Faster than 1×, a silence longer than this is cut down to what comes a second before its end, in nanoseconds.
const SILENCE: u64 = 3 * SECOND;
/// Most events between two frames.
const MOST: usize = 20_000;
/// With fewer events than this read ahead, more are asked for.
const LOW: usize = 2_048;
/// How soon the end is looked at again, in nanoseconds.
pub(super) const AGAIN: u64 = SECOND / 3;

/// How many times as fast as it happened, as a power of two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Speed(i32);

impl Speed {
    const SLOWEST: i32 = -3;
    const FASTEST: i32 = 10;

    /// Twice as fast, or half as fast.
    fn shift(self, up: bool) -> Speed {
        let power = if up { self.0 + 1 } else { self.0 - 1 };
        Speed(power.clamp(Self::SLOWEST, Self::FASTEST))
    }

    /// How much is played while `nanos` pass.
    fn of(self, nanos: u64) -> u64 {
        if self.0 < 0 { nanos >> -self.0 } else { nanos.saturating_mul(1 << self.0) }
    }

    /// Whether silences are cut short.
    pub fn cuts(self) -> bool {
        self.0 > 0
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            power if power < 0 => write!(f, "1/{}x", 1 << -power),
            power => write!(f, "{}x", 1 << power),
        }
    }
}

impl App {
    /// How fast it is played.
    pub fn speed(&self) -> Speed {
        self.deck.speed
    }

    /// How long nothing happens from the cursor on, in nanoseconds, where that is known and long.
    pub fn silence(&self) -> Option<u64> {
        let travel = self.travel.as_ref()?;
        let next = travel.ahead.front()?;
        Some(next.time().since(travel.picture.now)).filter(|nanos| *nanos >= SILENCE)
    }

    /// Plays faster or slower.
    pub fn change_speed(&mut self, up: bool) {
        self.deck.speed = self.deck.speed.shift(up);
        let cuts = if self.deck.speed.cuts() { ", silences are cut short" } else { "" };
        self.tell(format!("speed {}{cuts}", self.deck.speed));
    }

    /// Plays from the cursor on, or stops; at the end of a recording, from its start.
    pub fn toggle_playing(&mut self) {
        let at_end = self.replay() && self.heading() + 1 >= self.deck.outline.numbers().end;
        let now = self.live.now;
        let Some(travel) = &mut self.travel else { return self.tell("this is now: it plays as it happens") };
        travel.playing = !travel.playing;
        (travel.wall, travel.untouched) = (now, false);
        if travel.playing && at_end {
            self.seek(Moment::Start, None);
        }
        self.dirty = true;
    }

    pub(in crate::app) fn stop_playing(&mut self) {
        if let Some(travel) = &mut self.travel {
            travel.playing = false;
        }
    }

    /// Moves the cursor by what passed on the wall clock.
    pub(in crate::app) fn play_on(&mut self, wall: Time) {
        let (speed, live) = (self.deck.speed, (!self.replay()).then_some(self.live.now));
        let Some(travel) = self.travel.as_mut().filter(|travel| travel.playing) else { return };
        let passed = wall.since(std::mem::replace(&mut travel.wall, wall)).min(SECOND);
        let mut target = Time(travel.picture.now.0.saturating_add(speed.of(passed)));
        if let Some(next) = travel.ahead.front().map(Event::time)
            && speed.cuts()
            && next.since(travel.picture.now) > SILENCE
        {
            target = target.max(Time(next.0 - SECOND));
        }
        let due = travel.ahead.iter().take_while(|event| event.time() <= target).take(MOST).count();
        self.go_on(due);
        let Some(travel) = &mut self.travel else { return };
        if !travel.ahead.is_empty() {
            travel.picture.now = travel.picture.now.max(target);
        } else if travel.gap {
            let next = self.deck.outline.holding(travel.picture.number + 1).map(|at| self.deck.outline.spans[at].first);
            return self.seek(next.map_or(Moment::End, Moment::Number), None);
        } else if travel.dry.is_some() {
            match live {
                Some(now) if now.since(target) < SECOND || target >= now => return self.back_to_now(),
                Some(_) => travel.picture.now = travel.picture.now.max(target),
                None => {
                    travel.playing = false;
                    return self.hint("this is the end; [pause] plays from the start");
                }
            }
        }
        let Some(travel) = &self.travel else { return };
        let waits = travel.dry.is_some_and(|since| wall.since(since) < AGAIN);
        if travel.ahead.len() < LOW && !travel.gap && !waits {
            self.look_ahead();
        }
    }

    /// Adds the next events to the picture: as many as are asked for and were read.
    pub(super) fn go_on(&mut self, count: usize) {
        let Some(travel) = &mut self.travel else { return };
        let before = travel.picture.number;
        travel.apply(count);
        let number = travel.picture.number;
        if number == before {
            return;
        }
        self.dirty = true;
        let found = &self.deck.outline.found;
        let at = |number| found.partition_point(|found| found.at <= number);
        let news = &found[at(before)..at(number)];
        if news.is_empty() {
            return;
        }
        news.iter().for_each(|found| travel.detector.read(found.entry.clone()));
        for exception in &self.deck.muted {
            travel.detector.except(exception.clone(), &travel.picture.model);
        }
        travel.detector.mute_accepted(&self.deck.accepted);
        let alarms = Arc::new(Alarms::of(&travel.detector, &travel.picture.model));
        let marked = self.marked_line();
        let Some(travel) = &mut self.travel else { return };
        let old = std::mem::replace(&mut travel.picture.alarms, alarms);
        self.mark_line(marked);
        self.folds_version += 1;
        let stages = self.alarms().list.iter().flat_map(|alarm| &alarm.stages).map(|stage| stage.process);
        let new: Vec<_> = stages.filter(|process| !old.mark(*process).is_some_and(|mark| mark.own)).collect();
        for process in new {
            self.reveal(&NodeKey::Process(process));
        }
    }
}

impl Travel {
    fn apply(&mut self, count: usize) {
        let count = count.min(self.ahead.len());
        let picture = &mut self.picture;
        let events: Vec<Event> = self.ahead.drain(..count).collect();
        for event in &events {
            picture.model.apply(event);
            picture.number += 1;
            picture.now = picture.now.max(event.time());
        }
        picture.keep(events);
        self.untouched &= count == 0;
    }
}
