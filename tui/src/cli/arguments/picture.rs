//! The arguments of `picture`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::LookArguments;
use crate::app::View;

/// Options of `picture`.
#[derive(Args, Debug)]
pub struct PictureArguments {
    /// The recording [default: the bundled attack that `demo` shows]
    pub file: Option<PathBuf>,
    /// View to open [default: tree]
    #[arg(long, value_enum)]
    pub view: Option<ViewName>,
    /// Columns and rows
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size, default_value = "120x40")]
    pub size: (u16, u16),
    /// How it looks; `auto` is dark here.
    #[command(flatten)]
    pub look: LookArguments,
    /// Moment to show, as `replay` takes it [default: the end, with everything seen]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// Begin with the notes in it, one after the other
    #[arg(long, conflicts_with = "at")]
    pub walkthrough: bool,
    /// Keys to press one after the other once the view is open, like "j j Enter" or "/ c u r l Enter"
    #[arg(long, value_name = "KEYS", allow_hyphen_values = true)]
    pub keys: Option<String>,
    /// What to do once the view is open: a file with a line for each `key KEYS`, `type TEXT` and `wait TIME`
    #[arg(long, value_name = "FILE", conflicts_with = "keys")]
    pub tape: Option<PathBuf>,
    /// Show times in UTC, wherever it is drawn [default: as TZ says]
    #[arg(long)]
    pub utc: bool,
    /// How it is drawn
    #[arg(long, value_enum, default_value_t)]
    pub format: PictureFormat,
    /// File to write to, readable by its owner alone; one that is there is replaced [default: stdout]
    #[arg(short = 'o', long = "out", value_name = "OUT")]
    pub out: Option<PathBuf>,
    /// Configuration file, for keys, theme and exceptions [default: ~/.config/ktrace-tui/config.toml, else /etc/ktrace-tui/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// How a picture is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PictureFormat {
    /// One picture, of what is there in the end
    #[default]
    Svg,
    /// What a terminal shows from the first to the last key: asciicast, version 2
    Cast,
    /// The same as an SVG that moves
    Film,
}

/// A view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ViewName {
    /// Processes by container and host
    Tree,
    /// Incidents, and the chain of one
    Incidents,
    /// Who talks to whom
    Network,
    /// Containers, services and the host
    Containers,
    /// Events, as they came
    Events,
    /// When what happened
    Time,
    /// Containers that run with more than they should
    Audit,
}

impl ViewName {
    /// What it names.
    pub fn view(self) -> View {
        match self {
            ViewName::Tree => View::Tree,
            ViewName::Incidents => View::Incidents,
            ViewName::Network => View::Network,
            ViewName::Containers => View::Containers,
            ViewName::Events => View::Events,
            ViewName::Time => View::Time,
            ViewName::Audit => View::Audit,
        }
    }
}

/// Columns and rows that a terminal may have.
fn size(text: &str) -> Result<(u16, u16), String> {
    let parts = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    match parts {
        Some((width @ 20..=500, height @ 5..=200)) => Ok((width, height)),
        _ => Err("it is columns and rows, from 20x5 to 500x200, like 120x40".to_owned()),
    }
}
