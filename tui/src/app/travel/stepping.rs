//! Stepping: by event, by finding, by stage of an incident, and along the time line.

use super::super::finds::Find;
use super::super::{App, NodeKey};
use crate::model::Time;
use crate::store::Moment;

/// What the cursor is moved by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// One event.
    Event {
        /// Towards the start.
        back: bool,
    },
    /// To the next finding that is not muted.
    Finding {
        /// Towards the start.
        back: bool,
    },
    /// To where the next stage of the incident begins.
    Stage {
        /// Towards the start.
        back: bool,
    },
}

impl App {
    /// Moves the cursor by a step.
    pub fn step_time(&mut self, step: Step) {
        self.stop_playing();
        let known = self.travelling() && !self.deck.outline.spans.is_empty();
        if known || matches!(step, Step::Event { .. }) {
            return self.take_step(step);
        }
        // What was found, and after which event, the tape tells.
        self.deck.wish = Some(super::Ask::Outline);
        self.deck.then = Some(step);
        self.dirty = true;
    }

    pub(super) fn take_step(&mut self, step: Step) {
        match step {
            Step::Event { back: false } => self.step_on(),
            Step::Event { back: true } => self.step_back(),
            Step::Finding { back } => self.step_find(back, "finding", |_, _| true),
            Step::Stage { back } => {
                let incident = self.incident_of_interest();
                self.step_find(back, "stage", move |_, find| find.opens && Some(find.incident) == incident);
            }
        }
    }

    fn step_on(&mut self) {
        let last = match self.replay() {
            true => self.deck.outline.numbers().end.saturating_sub(1),
            false => self.live.number,
        };
        let to = self.heading() + 1;
        if to > last {
            return self.tell(if self.replay() { "this is the last event" } else { "nothing has happened since" });
        }
        let seeking = self.deck.wish.is_some() || self.deck.under_way.is_some();
        match &mut self.travel {
            None => {}
            Some(travel) if !travel.ahead.is_empty() => self.go_on(1),
            Some(travel) if !travel.gap && (!seeking || travel.steps > 0) => {
                (travel.steps, travel.untouched) = (travel.steps + 1, false);
                self.look_ahead();
                self.dirty = true;
            }
            Some(_) => self.seek(Moment::Number(to), None),
        }
    }

    fn step_back(&mut self) {
        let outline = &self.deck.outline;
        let start = if outline.spans.is_empty() { 0 } else { outline.numbers().start - 1 };
        let at = self.heading();
        if at <= start {
            return self.tell("this is the start of what is kept");
        }
        // Where events are missing, the one before is the last that is there.
        let before = outline.spans.iter().rev().find(|span| span.first <= at);
        let to = before.map_or(at - 1, |span| (at - 1).min(span.first + span.count - 1));
        self.seek(Moment::Number(to), None);
    }

    /// Goes to the nearest finding of which `wanted` holds.
    fn step_find(&mut self, back: bool, name: &str, wanted: impl Fn(&App, &Find) -> bool) {
        // Who is at now sees what was found last as the one before.
        let at = self.heading() + u64::from(!self.travelling() && back);
        let finds: Vec<&Find> = self.deck.finds.iter().filter(|find| !find.muted && wanted(self, find)).collect();
        let to =
            if back { finds.iter().rposition(|find| find.at < at) } else { finds.iter().position(|find| find.at > at) };
        let Some((to, find)) = to.and_then(|to| Some((to, *finds.get(to)?))) else {
            let side = if back { "earlier" } else { "later" };
            return self.tell(format!("no {side} {name}"));
        };
        let stage = if name == "stage" { format!("{}, ", find.stage) } else { String::new() };
        let said = format!("{name} {} of {}: {stage}{}", to + 1, finds.len(), find.title);
        let (number, process, kept) = (find.at, find.process, self.deck.outline.numbers());
        if number < kept.start {
            return self.tell(format!("{said}, but that moment is no longer kept"));
        }
        self.seek(Moment::Number(number), Some(process));
        self.tell(said);
    }

    /// That of the selected process; else that of the worst finding.
    fn incident_of_interest(&self) -> Option<u64> {
        let finds = || self.deck.finds.iter().filter(|find| !find.muted);
        let own = match &self.selected {
            Some(NodeKey::Process(id)) => finds().find(|find| find.process == *id),
            _ => None,
        };
        own.or_else(|| finds().rev().max_by_key(|find| find.severity)).map(|find| find.incident)
    }

    /// Goes to a time.
    pub(in crate::app) fn seek_time(&mut self, time: Time) {
        self.stop_playing();
        self.seek(Moment::Time(time), None);
    }

    /// Goes to the start of what is kept, or to its end.
    pub(in crate::app) fn seek_edge(&mut self, end: bool) {
        self.stop_playing();
        match (end, self.replay()) {
            (true, false) => self.back_to_now(),
            (true, true) => self.seek(Moment::End, None),
            (false, _) => self.seek(Moment::Start, None),
        }
    }
}
