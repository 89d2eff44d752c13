//! The terminal: taken when the screen opens, given back as it was however the screen ends.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::Terminal;

use super::painter::Painter;
use super::writer::{Drained, Writer};

/// How long the last frame may take to reach the terminal before it is given back all the same.
const PATIENCE: Duration = Duration::from_millis(300);

/// True while the terminal is ours: giving it back twice would undo what others did in between.
static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// A terminal in raw mode, on its alternate screen, with the mouse; dropped, it is as it was.
pub(super) struct Screen {
    pub(super) terminal: Terminal<Painter<Writer>>,
    /// True when the terminal has swallowed everything, and a wake-up for when it has.
    pub(super) drained: Drained,
    mouse: bool,
}

impl Screen {
    /// Takes the terminal, which must be [`wanted`], and its `mouse` if that is wanted.
    pub(super) fn open(mouse: bool) -> anyhow::Result<Screen> {
        HOOK.call_once(restore_on_panic);
        let (writer, drained) = Writer::start(io::stdout()).context("cannot start writing to the terminal")?;
        let screen = Screen { terminal: Terminal::new(Painter::new(writer))?, drained, mouse };
        take(mouse).context("cannot take the terminal for the screen")?;
        Ok(screen)
    }

    /// False once a panic, on whatever thread, gave the terminal back: what is drawn now would land on the shell.
    pub(super) fn is_ours(&self) -> bool {
        TAKEN.load(Ordering::SeqCst)
    }

    /// Gives the terminal back and stops this program, as the shell expects of Ctrl-Z; returns once it goes on.
    pub(super) fn suspend(&mut self) -> anyhow::Result<()> {
        self.drained.wait(PATIENCE);
        give_back();
        signal_hook::low_level::raise(signal_hook::consts::SIGSTOP).context("cannot stop")?;
        take(self.mouse).context("cannot take the terminal again")?;
        self.terminal.clear().context("cannot paint the terminal")?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.drained.wait(PATIENCE);
        give_back();
    }
}

/// Refuses when there is no terminal for a screen, and says what to do `instead`.
pub(super) fn wanted(instead: &str) -> anyhow::Result<()> {
    for (is_terminal, name) in
        [(io::stdin().is_terminal(), "standard input"), (io::stdout().is_terminal(), "standard output")]
    {
        if !is_terminal {
            bail!(
                "the screen needs a terminal, and {name} is none: run it in a terminal, \
                 or use `ktrace-tui {instead}` for text or JSON lines"
            );
        }
    }
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        bail!(
            "the screen needs a terminal that can move its cursor, and TERM is `dumb`: \
             set TERM to what the terminal is (`xterm-256color`), or use `ktrace-tui {instead}`"
        );
    }
    Ok(())
}

fn take(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if mouse { execute!(io::stdout(), EnableMouseCapture) } else { Ok(()) }
}

/// Undoes [`take`]. What fails here has nobody left to be told: the rest is tried all the same.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = execute!(out, DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, cursor::Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// A panic gives the terminal back first, so that its message can be read.
fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back();
        before(panic);
    }));
}
