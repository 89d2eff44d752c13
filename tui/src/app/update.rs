//! What comes in from outside, and what is asked of the outside in return.

use std::sync::Arc;

use super::{Alarms, Answer, App, Order};
use crate::baseline::Acceptance;
use crate::detect::{Entry, News, RuleSet};
use crate::model::{Event, ProcessId, Time};

/// Something that came from outside, other than a key: those are actions.
#[derive(Debug)]
pub enum Message {
    /// Events, in the order in which they happened.
    Batch(Vec<Event>),
    /// Events, and what another detector found by them, each by the place of the event that it follows.
    Told(Vec<Event>, Vec<(usize, Entry)>),
    /// The rules of one's own are these from now on.
    Rules(Arc<RuleSet>),
    /// The wall clock.
    Tick(Time),
    /// The terminal has another size.
    Resize(u16, u16),
    /// The main button of the mouse was pressed on a cell.
    Click(u16, u16),
    /// The wheel was turned over a cell.
    Wheel {
        /// Column.
        x: u16,
        /// Row.
        y: u16,
        /// Towards the user.
        down: bool,
    },
    /// No more events will come.
    Ended,
    /// The player of the tape gave what [`App::take_ask`] asked for.
    Answer(Answer),
    /// A frame was drawn, and this was found.
    Drawn(Measure),
}

/// What only drawing can tell: how long things are once wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Lines of the detail.
    pub detail: usize,
    /// Lines of the help.
    pub help: usize,
}

/// Something that only the runtime can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Give the terminal back to the shell until it says to go on.
    Suspend,
    /// Add this exception to the configuration file.
    Keep(String),
    /// Write this into the file of the baseline.
    Learn(Box<Acceptance>),
    /// Save what is kept of the past to this file.
    Save(String),
    /// Put this on the clipboard of the terminal.
    Copy(String),
    /// Write something to a file.
    Export(Export, String),
    /// Show with the theme of this name.
    Theme(String),
    /// Paint every cell anew: something else wrote on the terminal.
    Repaint,
    /// Do this to what runs.
    Contain(Box<Order>),
}

/// What can be written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// The incident of this number, as a report in Markdown.
    Markdown(u64),
    /// As a page.
    Html(u64),
    /// As JSON.
    Json(u64),
    /// What is on the screen, as a picture.
    Picture,
}

impl App {
    /// Takes in a message.
    pub fn update(&mut self, message: Message) {
        match message {
            Message::Batch(events) => self.take(events, None),
            Message::Told(events, found) => self.take(events, Some(found)),
            Message::Rules(rules) => self.detector.renew(rules),
            Message::Tick(now) => self.tick(now),
            Message::Resize(width, height) => {
                self.size = (width, height);
                self.tree_area = None;
                self.settle_focus();
                self.keep_in_sight();
                self.dirty = true;
            }
            Message::Click(x, y) => {
                self.touch();
                self.click(x, y);
            }
            Message::Wheel { x, y, down } => {
                self.touch();
                self.wheel(x, y, down);
            }
            Message::Ended => {
                self.ended = true;
                self.dirty = true;
            }
            Message::Answer(answer) => self.answered(answer),
            Message::Drawn(measure) => {
                self.measure = measure;
                self.detail_top = self.detail_top.min(self.detail_end());
                self.help = self.help.map(|top| top.min(self.help_end()));
            }
        }
    }

    /// Whom the source is to look at closely, since this was asked last.
    pub fn take_attention(&mut self) -> Vec<ProcessId> {
        std::mem::take(&mut self.attention)
    }

    /// What the last batch brought to light, by the place of the event in it.
    pub fn take_log(&mut self) -> Vec<(usize, Entry)> {
        std::mem::take(&mut self.log)
    }

    /// Takes in events; what was found by them is told by another detector, or else found by this one.
    fn take(&mut self, events: Vec<Event>, told: Option<Vec<(usize, Entry)>>) {
        self.dirty |= !events.is_empty();
        self.log.clear();
        let found_here = told.is_none();
        let mut told = told.into_iter().flatten().peekable();
        for (at, event) in events.iter().enumerate() {
            self.live.model.apply(event);
            self.live.number += 1;
            if found_here {
                let news = self.detector.observe(event, &self.live.model);
                let entries = self.detector.entries(&news, &self.live.model);
                self.log.extend(entries.into_iter().map(|entry| (at, entry)));
                self.note(news);
            }
            while let Some((_, entry)) = told.next_if(|(place, _)| *place <= at) {
                self.log.push((at, entry.clone()));
                let news = self.detector.read_at(entry, &self.live.model);
                self.note(news);
            }
        }
        self.live.keep(events);
        self.live.now = self.live.now.max(self.live.model.now());
    }

    /// Counts what came to light, but what an exception mutes.
    fn note(&mut self, news: News) {
        self.news |= !news.findings.is_empty() || !news.incidents.is_empty();
        let told = |number: &&u64| self.detector.finding(**number).is_some_and(|finding| finding.muted.is_none());
        self.found += news.findings.iter().filter(told).count() as u64;
        self.attention.extend(news.attention);
    }

    /// Puts together what was found since this was done last: once a frame, however much is found.
    pub(super) fn settle_alarms(&mut self) {
        if std::mem::take(&mut self.news) {
            let alarms = Alarms::of(&self.detector, &self.live.model);
            self.show_alarms(alarms);
        }
    }

    fn tick(&mut self, now: Time) {
        const SECOND: u64 = 1_000_000_000;
        let before = self.live.now;
        self.live.now = before.max(now);
        self.dirty |= self.rate.note(now, self.live.model.totals().events);
        if self.notice.as_ref().is_some_and(|(_, until)| now >= *until) {
            self.notice = None;
            self.dirty = true;
        }
        self.play_on(now);
        self.catch_up(now);
        self.look_around(now);
        let aside = !self.replay() && self.paused();
        self.dirty |= (aside || self.seeking().is_some()) && before.0 / SECOND != self.live.now.0 / SECOND;
        let ages = !self.travelling() && !self.tree.rows.is_empty();
        self.dirty |= ages && before.0 / SECOND != self.live.now.0 / SECOND;
    }

    pub(super) fn detail_end(&self) -> usize {
        let height = self.layout().detail.map_or(0, |pane| pane.body.height);
        self.measure.detail.saturating_sub(usize::from(height))
    }

    pub(super) fn help_end(&self) -> usize {
        self.measure.help
    }
}
