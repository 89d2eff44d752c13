//! What comes in from the user, as the screen understands it: keys, and signals.

use anyhow::Context as _;
use crossterm::event as term;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::action::{Code, Key};
use crate::app::Effect;

/// Signals that end or stop the program.
pub(super) struct Signals {
    terminate: Signal,
    hangup: Signal,
    interrupt: Signal,
    stop: Signal,
}

impl Signals {
    /// Listens for them from now on.
    pub(super) fn new() -> anyhow::Result<Signals> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Signals {
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
            interrupt: listen(SignalKind::interrupt())?,
            stop: listen(SignalKind::from_raw(signal_hook::consts::SIGTSTP))?,
        })
    }

    /// The next one, as what it asks for.
    pub(super) async fn next(&mut self) -> Effect {
        tokio::select! {
            _ = self.terminate.recv() => Effect::Quit,
            _ = self.hangup.recv() => Effect::Quit,
            _ = self.interrupt.recv() => Effect::Quit,
            _ = self.stop.recv() => Effect::Suspend,
        }
    }
}

/// A key as the terminal tells it; `None` for keys that nothing can be bound to.
pub(super) fn key_of(key: term::KeyEvent) -> Option<Key> {
    use term::{KeyCode, KeyModifiers};
    let code = match key.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::F(number) => Code::F(number),
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        _ => return None,
    };
    let (ctrl, alt) = (key.modifiers.contains(KeyModifiers::CONTROL), key.modifiers.contains(KeyModifiers::ALT));
    Some(Key { code, ctrl, alt })
}
