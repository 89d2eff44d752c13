//! The loop of the live screen: events and keys in, frames out.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use crossterm::event as term;
use futures_util::StreamExt as _;
use tokio::sync::mpsc::Sender;
use tokio::time::Instant;

pub use super::batches::Batches;
use super::batches::next_batch;
use super::colours::Late;
use super::contain::{self, After};
use super::deck::Deck;
use super::export;
use super::input::{Signals, key_of};
use super::learn::{keep, learn};
use super::look::Worn;
pub use super::options::ScreenOptions;
use super::save::save;
use super::terminal::{self, Screen};
use crate::action::{self, Keymap};
use crate::app::{Answer, App, Effect, Export, Message, Order};
use crate::escape::shown;
use crate::follow::Renewed;
use crate::model::{ProcessId, Time};
use crate::store::{Recorder, Said};

/// A frame is followed by at least this many times what it cost: drawing never takes more than a fifth.
const REST: u32 = 4;
/// What the user did is answered sooner: after this many times what the last frame cost, but for a part of the time
/// between two frames, lest a wheel that is turned draws hundreds.
const HASTE: u32 = 1;
/// Which part that is.
const SOONER: u32 = 4;
/// Longest time between two frames that are due, whatever they cost.
const SLOWEST: Duration = Duration::from_millis(500);
/// Longest time that events are taken in without a look at keys and frames.
const TURN: Duration = Duration::from_millis(8);

/// Says to use the command `instead` when there is no terminal for the screen.
///
/// # Errors
/// When there is none.
pub fn terminal_wanted(instead: &str) -> anyhow::Result<()> {
    terminal::wanted(instead)
}

/// Shows what the events of `batches` tell until the user leaves, or a signal says so.
///
/// When `batches` ends, the screen stays with what was told; without `batches`, the tape is shown. The terminal is given back on every way out.
pub async fn run_screen(batches: Option<Batches>, options: ScreenOptions) -> anyhow::Result<()> {
    let mut settings = options.settings;
    settings.help = action::help(&options.keymap);
    let recorder = options.recorder;
    let tape = options.tape.or_else(|| recorder.as_ref().map(Recorder::tape));
    let deck = tape.map(Deck::start).transpose()?;
    let (look, late) = options.look.wear();
    let screen = Screen::open(options.mouse)?;
    let size = screen.terminal.size().context("cannot learn the size of the terminal")?;
    let app = App::new(settings, size.width, size.height);
    let now = Instant::now();
    let frame = Duration::from_secs(1) / options.frame_rate.max(1);
    let mut run = Loop {
        app,
        screen,
        look,
        late,
        keymap: options.keymap,
        keep_in: options.keep_in,
        learn_in: options.learn_in,
        attention: options.attention,
        rules: options.rules,
        started: false,
        batches,
        recorder,
        deck,
        frame,
        frame_due: now,
        answer_due: now,
        asked: true,
        after: None,
    };
    run.rules.iter_mut().for_each(|rules| rules.mark_changed());
    run.renew_rules();
    run.started = true;
    let done = run.run().await;
    run.take_rest().await;
    let recorder = run.recorder.take();
    // The terminal is given back before anything is told on it.
    drop(run);
    for said in recorder.map(Recorder::finish).unwrap_or_default() {
        eprintln!("recording: {}", shown(&said.to_string()).as_str());
    }
    done
}

struct Loop {
    app: App,
    screen: Screen,
    look: Worn,
    late: Late,
    keymap: Keymap,
    keep_in: Option<PathBuf>,
    learn_in: Option<PathBuf>,
    attention: Option<Sender<ProcessId>>,
    rules: Option<Renewed>,
    /// Rules that come from now on are others than those that it was started with.
    started: bool,
    batches: Option<Batches>,
    /// Keeps the last minutes.
    recorder: Option<Recorder>,
    /// Plays what is kept.
    deck: Option<Deck>,
    /// Shortest time between two frames.
    frame: Duration,
    /// No frame before this moment.
    frame_due: Instant,
    /// No answer to the user before this one.
    answer_due: Instant,
    /// True when the user did something that no frame shows yet.
    asked: bool,
    /// What was done to what runs, until it is known that it was all.
    after: Option<After>,
}

impl Loop {
    async fn run(&mut self) -> anyhow::Result<()> {
        let mut keys = term::EventStream::new();
        let mut signals = Signals::new()?;
        let mut clock = tokio::time::interval(Duration::from_secs(1));
        clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            if let Some(deck) = &self.deck
                && let Some(ask) = self.app.take_ask()
            {
                deck.ask(ask);
            }
            let effect = tokio::select! {
                biased;
                effect = signals.next() => Some(effect),
                input = keys.next() => match input {
                    Some(input) => self.input(input.context("cannot read from the terminal")?),
                    // The terminal is gone.
                    None => Some(Effect::Quit),
                },
                () = self.screen.drained.ready(self.frame_due), if self.app.needs_draw() => {
                    self.draw()?;
                    None
                }
                answer = next_answer(&mut self.deck) => {
                    let answer = answer.context("the thread that plays what is kept has ended")?;
                    self.app.update(Message::Answer(answer));
                    None
                }
                batch = next_batch(&mut self.batches), if !self.app.ended => {
                    self.take(batch);
                    None
                }
                _ = clock.tick() => {
                    self.hear_recorder();
                    self.app.update(Message::Tick(wall_clock()));
                    if let Some((order, tried)) = self.after.take().and_then(|after| after.left(&self.app)) {
                        self.contain(order, tried);
                    }
                    None
                }
            };
            match effect {
                Some(Effect::Quit) => return Ok(()),
                Some(effect) => self.perform(effect)?,
                None => {}
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> anyhow::Result<()> {
        match effect {
            Effect::Quit => {}
            Effect::Keep(exception) => {
                let told = match keep(self.keep_in.as_deref(), &exception) {
                    Ok(file) => format!("muted, and kept in {}", file.display()),
                    Err(error) => format!("muted until this ends; it could not be kept: {error:#}"),
                };
                self.app.tell(told);
                return Ok(());
            }
            Effect::Learn(acceptance) => {
                let told = match learn(self.learn_in.as_deref(), &acceptance) {
                    Ok(file) => format!("accepted, and written to {}", file.display()),
                    Err(error) => format!("accepted until this ends; it could not be written: {error:#}"),
                };
                self.app.tell(told);
                return Ok(());
            }
            Effect::Save(file) => {
                let told = save(self.recorder.as_ref(), &file);
                self.app.tell(told.map_or_else(|error| format!("not saved: {error:#}"), |()| "saving".to_owned()));
                return Ok(());
            }
            Effect::Copy(text) => return self.copy(&text),
            Effect::Export(what, file) => {
                self.export(what, &file);
                return Ok(());
            }
            Effect::Theme(name) => {
                let told = self.look.change(&name);
                self.app.tell(told);
                return Ok(());
            }
            Effect::Contain(order) => {
                self.contain(*order, Vec::new());
                return Ok(());
            }
            Effect::Suspend => self.screen.suspend()?,
            Effect::Repaint => self.screen.terminal.clear().context("cannot paint the terminal")?,
        }
        // What the terminal looked like meanwhile is not known.
        self.resize();
        Ok(())
    }

    /// Does something to what runs; it is written down like everything that happens, and beside it as a note.
    fn contain(&mut self, order: Order, before: Vec<u32>) {
        let Some((told, after)) = contain::carry_out(order.clone(), &self.app, before, wall_clock()) else { return };
        self.after = Some(after);
        self.take(Some(Message::Batch(vec![told.event])));
        self.app.contained(&order, &told.text);
    }

    fn copy(&mut self, text: &str) -> anyhow::Result<()> {
        if let Err(error) = export::copy(self.screen.terminal.backend_mut(), text) {
            self.app.tell(format!("not copied: {error:#}"));
        }
        Ok(())
    }

    /// Writes something to a file; how that went is said on the status line.
    fn export(&mut self, what: Export, file: &str) {
        let done = match what {
            Export::Picture => {
                self.app.prepare();
                export::picture(&self.app, &self.look.theme, file)
            }
            report => export::report(&self.app, report, file),
        };
        self.app.tell(done.map_or_else(|error| format!("not written: {error:#}"), |()| format!("written to {file}")));
    }

    /// Takes in all that waits, but for no longer than a turn.
    fn take(&mut self, first: Option<Message>) {
        let begun = Instant::now();
        let mut next = first;
        if next.is_none() {
            return self.app.update(Message::Ended);
        }
        while let Some(batch) = next {
            self.renew_rules();
            let copy = match &batch {
                Message::Batch(events) | Message::Told(events, _) if self.recorder.is_some() => Some(events.clone()),
                _ => None,
            };
            self.app.update(batch);
            let log = self.app.take_log();
            if let (Some(recorder), Some(copy)) = (&mut self.recorder, copy) {
                recorder.note(copy, log, self.app.live_model());
            }
            for process in self.app.take_attention() {
                // When too many wait, or nobody looks any more, it goes without.
                let _ = self.attention.as_ref().map(|attention| attention.try_send(process));
            }
            let waiting = self.batches.as_mut().filter(|_| begun.elapsed() < TURN);
            next = waiting.and_then(Batches::try_next);
        }
    }

    /// Takes in what happened until the user left: a file that is recorded to has it.
    async fn take_rest(&mut self) {
        let Some(batches) = self.batches.as_mut().filter(|_| self.recorder.as_ref().is_some_and(Recorder::lasts))
        else {
            return;
        };
        batches.close();
        while let Some(batch) = next_batch(&mut self.batches).await {
            self.take(Some(batch));
        }
    }

    /// Goes by other rules of one's own, where there are others: before the batch that tells of them.
    fn renew_rules(&mut self) {
        if let Some(rules) = self.rules.as_mut().filter(|rules| rules.has_changed().unwrap_or(false)) {
            let rules = Arc::clone(&rules.borrow_and_update());
            // What was there from the start is only worth a word when it is wrong.
            let worth = self.started || !rules.broken().is_empty();
            let notice = worth.then(|| format!("rules: {}", rules.notice()));
            self.app.update(Message::Rules(rules));
            if let Some(notice) = notice {
                self.app.tell(notice);
            }
        }
    }

    /// Tells what became of recordings.
    fn hear_recorder(&mut self) {
        let Some(recorder) = &self.recorder else { return };
        for said in recorder.said() {
            match said {
                Said::Trouble(..) => self.app.unrecorded = true,
                Said::Recovered(..) => self.app.unrecorded = false,
                Said::Saved(_) | Said::Failed(..) | Said::Lacking(..) => {}
            }
            self.app.tell(said.to_string());
        }
    }

    fn input(&mut self, input: term::Event) -> Option<Effect> {
        use term::{Event, KeyEventKind, MouseButton, MouseEventKind};
        let mut effect = None;
        if self.late.takes(&input) {
            return None;
        }
        match input {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                effect = key_of(key).and_then(|key| action::press(&self.keymap, &mut self.app, key));
            }
            Event::Mouse(mouse) => {
                let (x, y) = (mouse.column, mouse.row);
                match mouse.kind {
                    MouseEventKind::Down(MouseButton::Left) => self.app.update(Message::Click(x, y)),
                    MouseEventKind::ScrollDown => self.app.update(Message::Wheel { x, y, down: true }),
                    MouseEventKind::ScrollUp => self.app.update(Message::Wheel { x, y, down: false }),
                    _ => {}
                }
            }
            Event::Paste(text) if self.app.prompt.is_some() => self.app.type_prompt(Some(&text)),
            Event::Paste(text) if self.app.palette.is_some() => self.app.type_palette(Some(&text)),
            Event::Paste(text) if self.app.typing() => self.app.type_line(&text),
            Event::Resize(width, height) => self.app.update(Message::Resize(width, height)),
            _ => {}
        }
        if self.app.needs_draw() && !std::mem::replace(&mut self.asked, true) {
            // It does not wait for the rest after an expensive frame, nor for the next one that is due.
            self.frame_due = self.frame_due.min(self.answer_due);
        }
        effect
    }

    fn resize(&mut self) {
        if let Ok(size) = self.screen.terminal.size() {
            self.app.update(Message::Resize(size.width, size.height));
        }
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        if !self.screen.is_ours() {
            bail!("a part of the program panicked (its message stands above): please report it");
        }
        let begun = Instant::now();
        self.app.update(Message::Tick(wall_clock()));
        self.app.prepare();
        let (app, look) = (&self.app, &self.look);
        let mut measure = Default::default();
        let drawn = self.screen.terminal.draw(|frame| measure = look.draw(frame, app));
        drawn.context("cannot draw on the terminal")?;
        self.app.update(Message::Drawn(measure));
        self.asked = false;
        let cost = begun.elapsed();
        self.frame_due = begun + (cost * (REST + 1)).clamp(self.frame, SLOWEST.max(self.frame));
        self.answer_due = self.frame_due.min(begun + (cost * (HASTE + 1)).max(self.frame / SOONER));
        Ok(())
    }
}

/// The next answer of the player; never where there is none.
async fn next_answer(deck: &mut Option<Deck>) -> Option<Answer> {
    match deck {
        Some(deck) => deck.next().await,
        None => std::future::pending().await,
    }
}

fn wall_clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
