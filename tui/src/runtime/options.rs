//! How the live screen is to be.

use std::path::PathBuf;

use tokio::sync::mpsc::Sender;

use super::look::Look;
use crate::action::Keymap;
use crate::app::Settings;
use crate::follow::Renewed;
use crate::model::ProcessId;
use crate::store::{Recorder, Tape};

/// How the screen is to be.
pub struct ScreenOptions {
    /// State to start from. Its `help` is filled in from the keymap.
    pub settings: Settings,
    /// Which key does what.
    pub keymap: Keymap,
    /// How it is to look.
    pub look: Look,
    /// Most frames per second; at least 1.
    pub frame_rate: u32,
    /// Whether the mouse is ours while the screen is open.
    pub mouse: bool,
    /// The configuration file, to which exceptions are added.
    pub keep_in: Option<PathBuf>,
    /// The baseline that is compared with, to which is added what is accepted.
    pub learn_in: Option<PathBuf>,
    /// Told whom the source is to look at closely.
    pub attention: Option<Sender<ProcessId>>,
    /// Gives the rules of one's own.
    pub rules: Option<Renewed>,
    /// Keeps what happens, to go back to.
    pub recorder: Option<Recorder>,
    /// The recording that is shown, where it is one.
    pub tape: Option<Box<dyn Tape>>,
}

impl std::fmt::Debug for ScreenOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScreenOptions").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Default for ScreenOptions {
    fn default() -> Self {
        ScreenOptions {
            settings: Settings::default(),
            keymap: Keymap::default(),
            look: Look::default(),
            frame_rate: 30,
            mouse: true,
            keep_in: None,
            learn_in: None,
            attention: None,
            rules: None,
            recorder: None,
            tape: None,
        }
    }
}
