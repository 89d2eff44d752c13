//! The screen without a terminal: keys go in, frames come out, and its clock goes only when it is told to.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::deck::answer;
use super::export;
use crate::action::{self, Key, Keymap};
use crate::app::{App, Effect, KEPT, Message, Settings, View};
use crate::model::Time;
use crate::picture::{Cast, Film, Paper, svg};
use crate::store::{Player, Tape};
use crate::theme::Theme;
use crate::view;

/// How often the clock is looked at while it goes: as often as a frame is shown.
const TICK: Duration = Duration::from_millis(100);

/// A screen that nobody sits in front of. The same tape, keys and waits give the same frames, on any machine.
#[derive(Debug)]
pub struct Stage {
    app: App,
    theme: Theme,
    keymap: Keymap,
    themes: Option<PathBuf>,
    ascii: bool,
    player: Plays,
    passed: Duration,
    /// The clock when it opened.
    opened: Time,
    frame: Buffer,
}

/// Plays a tape, and knows whether it has done so before.
struct Plays(Player, bool);

impl std::fmt::Debug for Plays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Plays").field(&self.1).finish()
    }
}

/// How a stage is set.
#[derive(Debug)]
pub struct Setting {
    /// State to start from; a tape is shown, whatever it says.
    pub settings: Settings,
    /// Which key does what.
    pub keymap: Keymap,
    /// How it looks.
    pub theme: Theme,
    /// Where the user's own themes are.
    pub themes: Option<PathBuf>,
    /// Whether nothing but ASCII is drawn.
    pub ascii: bool,
    /// Columns and rows.
    pub size: (u16, u16),
}

impl Stage {
    /// Opens the screen on a tape; what it shows has come.
    ///
    /// # Errors
    /// When the tape cannot be read.
    pub fn open(setting: Setting, mut tape: Box<dyn Tape>) -> anyhow::Result<Stage> {
        let outline = tape.outline().context("cannot read the recording")?;
        // It is looked at as soon as it ends: no clock of this machine is.
        let opened = outline.times().map_or(Time(0), |(_, end)| end);
        let (width, height) = setting.size;
        let help = action::help(&setting.keymap);
        let settings = Settings { replay: true, help, ..setting.settings };
        let mut stage = Stage {
            app: App::new(settings, width, height),
            theme: setting.theme,
            keymap: setting.keymap,
            themes: setting.themes,
            ascii: setting.ascii,
            player: Plays(Player::new(tape, KEPT), true),
            passed: Duration::ZERO,
            opened,
            frame: Buffer::empty(Rect::new(0, 0, width, height)),
        };
        stage.app.update(Message::Tick(opened));
        stage.settle();
        Ok(stage)
    }

    /// Shows a view.
    pub fn show(&mut self, view: View) {
        self.app.show_view(view);
        self.settle();
    }

    /// Presses a key. Nothing leaves the stage: what would be written, copied or ended is not.
    pub fn press(&mut self, key: Key) {
        if let Some(Effect::Theme(name)) = action::press(&self.keymap, &mut self.app, key) {
            match Theme::load(&name, self.themes.as_deref()) {
                Ok(loaded) => self.theme = loaded.theme,
                Err(error) => self.app.tell(error.to_string()),
            }
        }
        self.settle();
    }

    /// Lets time pass; `look` sees the stage each time that it may look otherwise.
    pub fn wait(&mut self, time: Duration, look: &mut dyn FnMut(&Stage)) {
        let until = self.passed + time;
        while self.passed < until {
            self.passed = (self.passed + TICK).min(until);
            let passed = u64::try_from(self.passed.as_nanos()).unwrap_or(u64::MAX);
            self.app.update(Message::Tick(Time(self.opened.0.saturating_add(passed))));
            if self.app.needs_draw() {
                self.settle();
                look(self);
            }
        }
    }

    /// How long it has been open.
    pub fn passed(&self) -> Duration {
        self.passed
    }

    /// What is on it now, as SVG.
    pub fn svg(&self) -> String {
        svg(&self.frame, Paper::of(&self.theme), &export::title(&self.app))
    }

    /// A cast that begins with what is on it now.
    pub fn cast(&self) -> Cast {
        let mut cast = Cast::new(&self.frame, Paper::of(&self.theme), &export::title(&self.app));
        cast.show(self.passed, &self.frame);
        cast
    }

    /// A film that begins with what is on it now.
    pub fn film(&self) -> Film {
        let mut film = Film::new(&self.frame, Paper::of(&self.theme), &export::title(&self.app));
        film.show(self.passed, &self.frame);
        film
    }

    /// What is on it now.
    pub fn frame(&self) -> &Buffer {
        &self.frame
    }

    /// Has everything answered that was asked for, and draws.
    fn settle(&mut self) {
        while let Some(ask) = self.app.take_ask() {
            let first = std::mem::take(&mut self.player.1);
            let answer = answer(&mut self.player.0, ask, first);
            self.app.update(Message::Answer(answer));
        }
        self.app.prepare();
        self.frame.reset();
        let measure = view::draw(&mut self.frame, &self.app, &self.theme);
        if self.ascii {
            view::ascii(&mut self.frame);
        }
        self.app.update(Message::Drawn(measure));
    }
}
