//! Themes: how each thing on the screen looks, as one list of fields, read from TOML.

use std::path::{Path, PathBuf};

use ratatui::style::{Color, Modifier, Style};

mod fit;
pub(crate) mod fuzz;
mod list;
mod read;

#[cfg(test)]
mod tests;

pub use fit::{Depth, number, rgb};
pub use list::{Listed, list, names, text};
pub use read::ThemeError;
pub(crate) use read::nearest;

macro_rules! theme {
    ($($(#[$doc:meta])* $field:ident,)*) => {
        /// How each thing on the screen looks.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Theme {
            background: Option<Color>,
            $($(#[$doc])* pub $field: Style,)*
        }

        impl Theme {
            /// The names of all fields, in the order in which a theme file lists them.
            pub const FIELDS: &[&str] = &[$(stringify!($field)),*];

            /// A field by its name.
            pub fn get(&self, name: &str) -> Option<Style> {
                match name {
                    $(stringify!($field) => Some(self.$field),)*
                    _ => None,
                }
            }

            fn field(&mut self, name: &str) -> Option<&mut Style> {
                match name {
                    $(stringify!($field) => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

theme! {
    /// Ordinary text.
    text,
    /// Text of second rank: arguments, units, what is the same everywhere.
    dim,
    /// Text of third rank: rules, tree lines.
    faint,
    /// The name of the program and of the node.
    title,
    /// Column heads and labels.
    label,
    /// The title of the panel that has the keys.
    focus,
    /// The selected line, in the panel that has the keys; laid over what is there.
    selected,
    /// The selected line, while another panel has the keys; laid over what is there.
    selected_away,
    /// The name of a container.
    container,
    /// The host.
    host,
    /// The name of a service.
    service,
    /// What a process runs.
    command,
    /// A process that was born within the last two seconds.
    born,
    /// Where a lineage crossed from one group into another.
    crossing,
    /// A process on the wrong side of its border: in a container's cgroup, with the namespaces of the host.
    outside,
    /// The rail beside the rows of a container.
    border_container,
    /// The rail beside the rows of the host and its services.
    border_host,
    /// The user of a process that comes from a login: the first of the looks by which logins are told apart.
    session_1,
    /// The second of them.
    session_2,
    /// The third.
    session_3,
    /// The fourth; then the first again.
    session_4,
    /// A connection that the process opened, or that a peer did.
    net,
    /// A process that ended a moment ago.
    dead,
    /// A process that ended a while ago.
    dead_fading,
    /// A process that is about to leave the tree.
    dead_gone,
    /// It is well.
    good,
    /// Look here.
    warn,
    /// It is bad: losses, a process killed.
    bad,
    /// A finding or incident that is worth getting somebody out of bed for.
    critical,
    /// One that is worth a look now.
    high,
    /// One that is worth a look today.
    medium,
    /// One that is worth knowing.
    low,
    /// What the search found; laid over what is there.
    found,
    /// A key, in hints and in the help.
    key,
    /// The picture stands still.
    paused,
}

macro_rules! embedded {
    ($($name:literal,)*) => {
        /// The themes that come with the program: name and text.
        pub const EMBEDDED: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../themes/", $name, ".toml"))),)*
        ];
    };
}

embedded! {
    "dark",
    "light",
    "high-contrast",
    "colour-blind",
    "catppuccin",
    "catppuccin-latte",
    "solarized-dark",
    "solarized-light",
    "mono",
}

/// Whether a screen is dark or light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

impl Ground {
    /// What a background of this colour is.
    pub fn of(colour: (u8, u8, u8)) -> Ground {
        if fit::brightness(colour) > 127 { Ground::Light } else { Ground::Dark }
    }
}

/// A theme and what was wrong with its file: whole sentences for the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The theme. A field that the file leaves out, or that could not be read, is as in the dark theme; as in the light
    /// one where `background` is light.
    pub theme: Theme,
    /// One line for each thing that was passed over.
    pub warnings: Vec<String>,
}

impl Theme {
    /// The dark theme.
    pub fn dark() -> Theme {
        read::embedded("dark")
    }

    /// The theme for a screen of this sort.
    pub fn on(ground: Ground) -> Theme {
        match ground {
            Ground::Dark => Theme::dark(),
            Ground::Light => read::embedded("light"),
        }
    }

    /// The theme without colours: bold, dim, underlined and reversed only.
    pub fn mono() -> Theme {
        read::embedded("mono")
    }

    /// The background that its file says it was made for: pictures are painted on it, the terminal never is.
    pub fn background(&self) -> Option<Color> {
        self.background
    }

    /// The colour of ordinary text, where it has one.
    pub fn foreground(&self) -> Option<Color> {
        self.text.fg
    }

    /// Whether it was made for a dark screen or for a light one, where it says so.
    pub fn ground(&self) -> Option<Ground> {
        self.background.and_then(rgb).map(Ground::of)
    }

    /// A theme by name or by path.
    ///
    /// A `name` that holds a `/` or ends in `.toml` is a path; otherwise `NAME.toml` in `user_dir` is taken if it
    /// is there, and after that a theme that comes with the program.
    pub fn load(name: &str, user_dir: Option<&Path>) -> Result<Loaded, ThemeError> {
        let file = if is_path(name) { Some(PathBuf::from(name)) } else { list::own(name, user_dir) };
        let called = file.map_or_else(|| format!("theme {name}"), |file| file.display().to_string());
        read::text(&list::text(name, user_dir)?, &called)
    }
}

/// True when `name` says where a theme's file is, and not what a theme is called.
pub(crate) fn is_path(name: &str) -> bool {
    name.contains('/') || name.ends_with(".toml")
}

/// A style of one colour; used where tests and defaults need one.
fn colour(color: Color) -> Style {
    Style::new().fg(color)
}

/// A style of attributes only.
fn attributes(modifier: Modifier) -> Style {
    Style::new().add_modifier(modifier)
}
