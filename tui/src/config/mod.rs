//! The configuration: what the file may say, where it lies, and what holds without it.

use std::path::PathBuf;
use std::time::Duration;

mod exception;
pub(crate) mod fuzz;
mod locate;
mod read;
mod size;

#[cfg(test)]
mod tests;

pub use locate::{Places, in_use, load};
pub use read::ConfigError;
pub use size::{parse_size, ring_size};

use crate::action::Keymap;
use crate::detect::{Exception, Severity};
use crate::source::live::Options;
use crate::theme::Depth;

/// The file that says what holds without a file, with a comment for each key.
pub const DEFAULT_FILE: &str = include_str!("default.toml");

/// Every key of the file.
pub const KEYS: &[&str] = &[
    "theme",
    "colours",
    "ascii",
    "ring_size",
    "history_size",
    "fade_after",
    "frame_rate",
    "include_self",
    "read_programs",
    "docker_sockets",
    "cri_sockets",
    "bundle_roots",
    "rules",
    "sigma",
    "sigma_critical",
    "mouse",
    "keys",
    "exception",
];

/// What looks at the terminal: as a theme, dark or light, or without colours where there are none.
pub const AUTO: &str = "auto";

/// Most frames per second; the eye of a person at a terminal gains nothing beyond.
pub const MOST_FRAMES: u32 = 30;

/// What can be set. The default is what [`DEFAULT_FILE`] says.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Name of a theme, or the path of its file; [`AUTO`] to look at the terminal.
    pub theme: String,
    /// How many colours are used; `None` for those that the terminal has.
    pub colours: Option<Depth>,
    /// Whether nothing but ASCII is drawn; `None` where the terminal has nothing else.
    pub ascii: Option<bool>,
    /// Bytes of the ring between the kernel and this program: a power of two, at least a page.
    pub ring_size: u32,
    /// Bytes of memory in which the last minutes are kept.
    pub history_size: usize,
    /// How long the dead stay in the tree.
    pub fade_after: Duration,
    /// Most frames per second, from 1 to [`MOST_FRAMES`].
    pub frame_rate: u32,
    /// Whether the events of this program itself are told too.
    pub include_self: bool,
    /// Whether programs that are run are read, to tell their SHA-256.
    pub read_programs: bool,
    /// Sockets that speak the Docker API; none when empty, and the usual ones of Docker and Podman when `None`.
    pub docker_sockets: Option<Vec<PathBuf>>,
    /// Sockets of containerd and CRI runtimes; none when empty, and the usual ones when `None`.
    pub cri_sockets: Option<Vec<PathBuf>>,
    /// Directories in which bundles are looked for; nowhere when empty, and the usual ones when `None`.
    pub bundle_roots: Option<Vec<PathBuf>>,
    /// Files and directories of rules of one's own, beside those that lie beside the configuration.
    pub rules: Vec<PathBuf>,
    /// The file that it was read from, or would be.
    pub file: Option<PathBuf>,
    /// Directories beside the configuration in which rules of one's own are looked for.
    pub rules_beside: Vec<PathBuf>,
    /// Directories of Sigma rules.
    pub sigma: Vec<PathBuf>,
    /// How bad what a Sigma rule of the level `critical` finds is: `high` or `critical`.
    pub sigma_critical: Severity,
    /// Whether the mouse is ours while the screen is open.
    pub mouse: bool,
    /// Which keys do what.
    pub keymap: Keymap,
    /// What is known to be innocent.
    pub exceptions: Vec<Exception>,
}

impl Config {
    /// Asks nobody for the names of containers, and looks for none on disk.
    pub fn ask_no_runtime(&mut self) {
        (self.docker_sockets, self.cri_sockets, self.bundle_roots) = (Some(vec![]), Some(vec![]), Some(vec![]));
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            theme: AUTO.to_owned(),
            colours: None,
            ascii: None,
            ring_size: Options::RING_SIZE,
            history_size: 16 << 20,
            fade_after: Duration::from_secs(10),
            frame_rate: MOST_FRAMES,
            include_self: false,
            read_programs: true,
            docker_sockets: None,
            cri_sockets: None,
            bundle_roots: None,
            rules: Vec::new(),
            file: None,
            rules_beside: Vec::new(),
            sigma: Vec::new(),
            sigma_critical: Severity::High,
            mouse: true,
            keymap: Keymap::default(),
            exceptions: Vec::new(),
        }
    }
}
