//! A line that is typed: a moment to go to, what a note says, the file to save to.

use chrono::DateTime;

use super::when::{self, Frame};
use super::{App, Effect, Export};
use crate::model::Time;
use crate::store::{Moment, NoteChange};

/// Longest text that is taken, in bytes.
const LONGEST: usize = 2_000;

/// What the line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// A moment to go to.
    Moment,
    /// What a new note says.
    Note,
    /// What the note of this number says.
    Text(u64),
    /// The file to save to.
    File,
    /// The file to write this to.
    Out(Export),
    /// A pid to go to.
    Pid,
}

/// A line that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// What it is for.
    pub asks: Asks,
    /// What was typed.
    pub text: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl App {
    /// Asks for something.
    pub(super) fn ask(&mut self, asks: Asks, text: String) {
        self.prompt = Some(Prompt { asks, text, error: None });
        self.notice = None;
        self.dirty = true;
    }

    /// Asks for a moment to go to.
    pub fn start_jump(&mut self) {
        self.deck.wish_outline();
        self.ask(Asks::Moment, String::new());
    }

    /// Asks for the file to save to.
    pub fn start_save(&mut self) {
        let host = self.host_in_names();
        let now = DateTime::from_timestamp_nanos(i64::try_from(self.live.now.0).unwrap_or(0));
        self.ask(Asks::File, format!("ktrace-{host}-{}.ktrace", now.format("%Y%m%dT%H%M%SZ")));
    }

    /// Asks for the file to write the marked incident to, or the one that the selected process belongs to.
    pub fn start_report(&mut self, of: fn(u64) -> Export, extension: &str) {
        let selected = self.subject().and_then(|id| self.alarms().mark(id)).map(|mark| mark.alarm);
        let marked = || self.marked_alarm().map(|alarm| alarm.id);
        match selected.or_else(marked) {
            Some(id) => {
                let file = format!("ktrace-{}-incident-{id}.{extension}", self.host_in_names());
                self.ask(Asks::Out(of(id)), file);
            }
            None => self.tell("nothing was found: there is no incident to write up"),
        }
    }

    /// Asks for the file to write the screen to.
    pub fn start_picture(&mut self) {
        let file = format!("ktrace-{}-{}.svg", self.host_in_names(), self.view.name().to_lowercase());
        self.ask(Asks::Out(Export::Picture), file);
    }

    /// The name of the node, as far as it is fit for the name of a file.
    fn host_in_names(&self) -> String {
        let host = self.model().boot().host.chars().filter(|c| c.is_alphanumeric() || "-_.".contains(*c));
        let host: String = host.collect();
        if host.is_empty() { "node".to_owned() } else { host.trim_start_matches('.').to_owned() }
    }

    /// Adds what was typed or pasted, or takes back the last character.
    pub fn type_prompt(&mut self, text: Option<&str>) {
        let Some(prompt) = &mut self.prompt else { return };
        match text {
            Some(text) if prompt.text.len() + text.len() <= LONGEST => {
                prompt.text.extend(text.chars().map(|c| if c == '\n' { ' ' } else { c }).filter(|c| !c.is_control()));
            }
            Some(_) => prompt.error = Some("that is too long".to_owned()),
            None => {
                prompt.text.pop();
            }
        }
        if prompt.text.len() < LONGEST {
            prompt.error = None;
        }
        self.dirty = true;
    }

    /// Takes back everything that was typed.
    pub fn clear_prompt(&mut self) {
        if let Some(prompt) = &mut self.prompt {
            (prompt.text, prompt.error) = (String::new(), None);
            self.dirty = true;
        }
    }

    /// Leaves things as they are.
    pub fn cancel_prompt(&mut self) {
        self.prompt = None;
        self.dirty = true;
    }

    /// Does what was typed; what is wrong with it is said, and the typing stays.
    pub fn accept_prompt(&mut self) -> Option<Effect> {
        let prompt = self.prompt.take()?;
        self.dirty = true;
        let done = match prompt.asks {
            Asks::Moment => self.jump(&prompt.text).map(|()| None),
            Asks::Note => self.add_note(&prompt.text).map(|()| None),
            Asks::Text(id) => {
                self.deck.change(NoteChange::Edit(id, prompt.text.trim().to_owned()));
                Ok(None)
            }
            Asks::Pid => self.go_to_pid(&prompt.text).map(|()| None),
            Asks::File | Asks::Out(_) if prompt.text.trim().is_empty() => Err("type the name of a file".to_owned()),
            Asks::File => Ok(Some(Effect::Save(prompt.text.trim().to_owned()))),
            Asks::Out(what) => Ok(Some(Effect::Export(what, prompt.text.trim().to_owned()))),
        };
        done.unwrap_or_else(|error| {
            self.prompt = Some(Prompt { error: Some(error), ..prompt });
            None
        })
    }

    /// What a typed moment is measured by.
    fn frame(&self) -> Option<Frame> {
        let times = self.reach()?;
        let known = self.deck.outline.numbers();
        let end = if self.replay() { known.end } else { known.end.max(self.live.number + 1) };
        let utc_offset = self.settings.utc_offset;
        Some(Frame { now: self.now(), times, numbers: known.start..end, utc_offset })
    }

    fn jump(&mut self, text: &str) -> Result<(), String> {
        let frame = self.frame().ok_or("nothing is kept yet")?;
        self.stop_playing();
        match when::parse(text, &frame)? {
            Moment::End => self.seek_edge(true),
            Moment::Time(time) if !self.replay() && time >= frame.times.1 => self.back_to_now(),
            moment => self.seek(moment, None),
        }
        Ok(())
    }

    /// A moment of the picture, for what is written about it.
    pub(super) fn moment(&self) -> (u64, Time) {
        (self.picture().number, self.now())
    }
}
