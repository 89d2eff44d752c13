//! The loop of the fleet's screen: lines of nodes and keys in, frames out. On entering a node its own screen opens, and
//! the lines of all go on being taken in meanwhile.

use std::future::Future;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use crossterm::event as term;
use futures_util::StreamExt as _;
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use super::batches::Batches;
use super::input::{Signals, key_of};
use super::look::{Look, Worn};
use super::screen::{ScreenOptions, run_screen};
use super::terminal::Screen as Terminal;
use crate::action::{Code, Key, Keymap, Meaning};
use crate::app::Effect;
use crate::fleet::{Line, NodeName, Screen};
use crate::model::{Health, Time};
use crate::source::lines::Told;
use crate::view;

/// Shortest time between two frames that nobody asked for.
const FRAME: Duration = Duration::from_millis(100);
/// Longest time between two frames that are due, whatever they cost.
const SLOWEST: Duration = Duration::from_secs(2);
/// Lines that are taken in without a look at keys and frames.
const TURN: usize = 512;
/// Lines of a page.
const PAGE: i64 = 10;

/// What comes from the bus.
#[derive(Debug)]
pub enum Heard {
    /// A line of a node.
    Line(Box<Line>),
    /// Messages that were refused so far, by why.
    Refused(Vec<(String, u64)>),
    /// How the bus is.
    Bus(Health, String),
}

/// How the screens are to be, and where they get what they show.
pub struct FleetOptions<N, S> {
    /// Which key does what.
    pub keymap: Keymap,
    /// How it is to look.
    pub look: Look,
    /// Whether the mouse is ours while a screen is open.
    pub mouse: bool,
    /// What one node told, from as far back as is wanted.
    pub node: N,
    /// How the screen of that node is to be; its look is that of the fleet's.
    pub screen: S,
}

impl<N, S> std::fmt::Debug for FleetOptions<N, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FleetOptions").finish_non_exhaustive()
    }
}

/// Shows the fleet until the user leaves, or a signal says so.
///
/// # Errors
/// When the terminal cannot be read or drawn on, or a node's screen cannot be opened.
pub async fn run_fleet<N, S, F>(
    mut screen: Screen,
    mut heard: Receiver<Heard>,
    mut options: FleetOptions<N, S>,
) -> anyhow::Result<()>
where
    N: FnMut(&NodeName) -> F,
    F: Future<Output = anyhow::Result<Receiver<Told>>>,
    S: FnMut(&NodeName) -> anyhow::Result<ScreenOptions>,
{
    let (look, ascii) = (std::mem::take(&mut options.look), options.look.ascii);
    let depth = look.depth;
    let (worn, mut late) = look.wear();
    screen.keys = keys(&options.keymap);
    let mut notice = None;
    loop {
        let wanted =
            page(&mut screen, &mut heard, &options.keymap, &worn, options.mouse, &mut late, &mut notice).await?;
        let Some(node) = wanted else { return Ok(()) };
        let told = match (options.node)(&node).await {
            Ok(told) => told,
            Err(error) => {
                notice = Some(format!("{node}: {error:#}"));
                continue;
            }
        };
        let look = Look { theme: Some(worn.theme.clone()), depth, ascii, themes: None };
        let node_screen = ScreenOptions { look, ..(options.screen)(&node)? };
        tokio::select! {
            done = run_screen(Some(Batches::Told(told)), node_screen) => done?,
            () = listen(&mut screen, &mut heard) => {}
        }
    }
}

/// Takes in what comes, for as long as this is polled.
async fn listen(screen: &mut Screen, heard: &mut Receiver<Heard>) {
    while let Some(next) = heard.recv().await {
        take(screen, next);
    }
    std::future::pending().await
}

fn take(screen: &mut Screen, heard: Heard) {
    match heard {
        Heard::Line(line) => screen.fleet.take(&line),
        Heard::Refused(refused) => screen.refused = refused,
        Heard::Bus(health, text) => screen.health = Some((health, text)),
    }
}

/// The fleet's own page; gives the node that is to be entered, and nothing when the user leaves.
async fn page(
    screen: &mut Screen,
    heard: &mut Receiver<Heard>,
    keymap: &Keymap,
    worn: &Worn,
    mouse: bool,
    late: &mut super::colours::Late,
    notice: &mut Option<String>,
) -> anyhow::Result<Option<NodeName>> {
    let mut terminal = Terminal::open(mouse)?;
    let mut keys = term::EventStream::new();
    let mut signals = Signals::new()?;
    let mut clock = tokio::time::interval(Duration::from_secs(1));
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut due, mut dirty, mut pressed, mut open) = (Instant::now(), true, Vec::new(), true);
    if let Some(notice) = notice.take() {
        screen.health = Some((Health::Degraded, notice));
    }
    loop {
        tokio::select! {
            biased;
            effect = signals.next() => match effect {
                Effect::Suspend => terminal.suspend()?,
                _ => return Ok(None),
            },
            input = keys.next() => {
                let Some(input) = input else { return Ok(None) };
                let input = input.context("cannot read from the terminal")?;
                if late.takes(&input) {
                    continue;
                }
                match answer(screen, keymap, &mut pressed, &input) {
                    Asked::Quit => return Ok(None),
                    Asked::Enter => if let Some(node) = screen.marked_node() { return Ok(Some(node)) },
                    Asked::Suspend => terminal.suspend()?,
                    Asked::Repaint => terminal.terminal.clear().context("cannot paint the terminal")?,
                    Asked::Nothing => {}
                }
                (dirty, due) = (true, Instant::now());
            }
            () = terminal.drained.ready(due), if dirty => {
                let begun = Instant::now();
                draw(&mut terminal, screen, worn)?;
                // Of very many incidents, frames take no more than a fifth of the time.
                (dirty, due) = (false, begun + (begun.elapsed() * 5).clamp(FRAME, SLOWEST));
            }
            next = heard.recv(), if open => match next {
                Some(next) => {
                    take(screen, next);
                    (0..TURN).map_while(|_| heard.try_recv().ok()).for_each(|next| take(screen, next));
                    dirty = true;
                }
                None => {
                    screen.health = Some((Health::Missing, "the bus is no longer read".to_owned()));
                    (open, dirty) = (false, true);
                }
            },
            _ = clock.tick() => dirty = true,
        }
    }
}

fn draw(terminal: &mut Terminal, screen: &mut Screen, worn: &Worn) -> anyhow::Result<()> {
    if !terminal.is_ours() {
        bail!("a part of the program panicked (its message stands above): please report it");
    }
    let size = terminal.terminal.size().context("cannot learn the size of the terminal")?;
    screen.size = (size.width, size.height);
    screen.now = wall_clock();
    screen.prepare();
    let drawn = terminal.terminal.draw(|frame| {
        view::fleet(frame, screen, worn.fitted());
        if worn.ascii() {
            view::ascii(frame.buffer_mut());
        }
    });
    drawn.map(drop).context("cannot draw on the terminal")
}

enum Asked {
    Nothing,
    Quit,
    Enter,
    Suspend,
    Repaint,
}

fn answer(screen: &mut Screen, keymap: &Keymap, pressed: &mut Vec<Key>, input: &term::Event) -> Asked {
    let key = match input {
        term::Event::Key(key) if key.kind != term::KeyEventKind::Release => key_of(*key),
        term::Event::Paste(text) if screen.typing => {
            screen.search.extend(text.chars().filter(|c| !c.is_control()));
            None
        }
        _ => None,
    };
    let Some(key) = key else { return Asked::Nothing };
    if screen.typing {
        types(screen, key);
        return Asked::Nothing;
    }
    pressed.push(key);
    let action = match keymap.meaning(pressed) {
        Meaning::Does(action) => action.name,
        Meaning::Begins(_) => return Asked::Nothing,
        Meaning::Nothing => "",
    };
    pressed.clear();
    match action {
        "quit" => return Asked::Quit,
        "open" => return Asked::Enter,
        "suspend" => return Asked::Suspend,
        "repaint" => return Asked::Repaint,
        "up" => screen.step(-1),
        "down" => screen.step(1),
        "page-up" => screen.step(-PAGE),
        "page-down" => screen.step(PAGE),
        "first" => screen.step(i64::MIN),
        "last" => screen.step(i64::MAX),
        "next-panel" | "previous-panel" => screen.turn(),
        "search" => screen.typing = true,
        "cancel" => screen.search.clear(),
        _ => {}
    }
    Asked::Nothing
}

fn types(screen: &mut Screen, key: Key) {
    match key.code {
        Code::Enter => screen.typing = false,
        Code::Esc => {
            screen.search.clear();
            screen.typing = false;
        }
        Code::Backspace => drop(screen.search.pop()),
        Code::Char(c) if !key.ctrl && !key.alt => screen.search.push(c),
        _ => {}
    }
}

/// What can be done, with the keys for it.
fn keys(keymap: &Keymap) -> String {
    let key = |name: &str| {
        let action = crate::action::by_name(name);
        action.and_then(|action| keymap.keys_of(action).next().map(ToString::to_string)).unwrap_or_default()
    };
    let told =
        [("open", "the node's tree"), ("next-panel", "nodes, incidents"), ("search", "search"), ("quit", "quit")];
    told.map(|(name, does)| format!("{} {does}", key(name))).join("  ")
}

fn wall_clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
