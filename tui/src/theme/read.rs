//! Reading a theme: TOML, one key per field.

use std::path::{Path, PathBuf};

use ratatui::style::{Color, Modifier, Style};
use toml::{Table, Value};

use super::{EMBEDDED, Ground, Loaded, Theme};

/// The one key that is no style.
const BACKGROUND: &str = "background";

/// What text can be beside coloured.
const ATTRIBUTES: &[(&str, Modifier)] = &[
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
    ("crossed_out", Modifier::CROSSED_OUT),
];

/// The names of colours, to find the one that was meant; that they are understood is for `Color`, and for a test.
pub(super) const COLOURS: &[&str] = &[
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "darkgray",
    "lightred",
    "lightgreen",
    "lightyellow",
    "lightblue",
    "lightmagenta",
    "lightcyan",
    "white",
    "reset",
];

/// Why a theme could not be had at all.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// No theme has that name.
    #[error("no theme is called `{name}`{}; themes that come with the program: {}", looked(.dir), known())]
    Unknown {
        /// The name.
        name: String,
        /// Where the user's own themes would be.
        dir: Option<PathBuf>,
    },
    /// The file could not be read.
    #[error("cannot read the theme {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{file} is not a theme: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// What the TOML parser says, with line and column.
        message: String,
    },
}

fn looked(dir: &Option<PathBuf>) -> String {
    dir.as_ref().map(|dir| format!(" in {}", dir.display())).unwrap_or_default()
}

fn known() -> String {
    EMBEDDED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// An embedded theme; tests hold that each can be read without a warning.
pub(super) fn embedded(name: &str) -> Theme {
    let mut theme = Theme::default();
    if let Some((_, text)) = EMBEDDED.iter().find(|(known, _)| *known == name)
        && let Ok(table) = text.parse::<Table>()
    {
        fill(&mut theme, &table, name);
    }
    theme
}

pub(super) fn content(path: &Path) -> Result<String, ThemeError> {
    std::fs::read_to_string(path).map_err(|source| ThemeError::Unreadable { path: path.to_path_buf(), source })
}

/// Reads a theme; `file` is what warnings call it.
pub(super) fn text(text: &str, file: &str) -> Result<Loaded, ThemeError> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| ThemeError::Syntax {
        file: file.to_owned(),
        message: error.to_string().trim_end().to_owned(),
    })?;
    // What it leaves out must fit the background that it is for.
    let background = table.get("background").and_then(Value::as_str).and_then(|name| color(name).ok());
    let mut theme = Theme::on(background.and_then(super::rgb).map_or(Ground::Dark, Ground::of));
    theme.background = None;
    let warnings = fill(&mut theme, &table, file);
    Ok(Loaded { theme, warnings })
}

fn fill(theme: &mut Theme, table: &Table, file: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    for (key, value) in table {
        let read = match theme.field(key) {
            _ if key == BACKGROUND => background(value).map(|color| theme.background = Some(color)),
            Some(field) => style(value).map(|style| *field = style),
            None => {
                let near = meant(key, Theme::FIELDS.iter().chain([&BACKGROUND]).copied());
                warnings.push(format!("{file}: unknown key `{key}` was passed over{near}"));
                continue;
            }
        };
        if let Err(why) = read {
            warnings.push(format!("{file}: `{key}` was passed over: {why}"));
        }
    }
    warnings
}

fn background(value: &Value) -> Result<Color, String> {
    let name = value.as_str().ok_or_else(|| format!("expected a colour, found {}", value.type_str()))?;
    let color = color(name)?;
    // `reset` is whatever the terminal has, and that is what this key is there to tell.
    super::rgb(color).map(|_| color).ok_or_else(|| format!("`{name}` is no colour of its own"))
}

/// A string is a foreground colour; a table has `fg`, `bg` and attributes.
fn style(value: &Value) -> Result<Style, String> {
    match value {
        Value::String(name) => Ok(super::colour(color(name)?)),
        Value::Table(table) => {
            let mut style = Style::new();
            for (key, value) in table {
                style = style.patch(part(key, value)?);
            }
            Ok(style)
        }
        other => Err(format!("expected a colour or a table, found {}", other.type_str())),
    }
}

fn part(key: &str, value: &Value) -> Result<Style, String> {
    match (key, value) {
        ("fg", Value::String(name)) => return Ok(Style::new().fg(color(name)?)),
        ("bg", Value::String(name)) => return Ok(Style::new().bg(color(name)?)),
        ("fg" | "bg", _) => return Err(format!("`{key}` is a string, like \"red\", \"208\" or \"#ff8700\"")),
        _ => {}
    }
    let Some((_, modifier)) = ATTRIBUTES.iter().find(|(name, _)| *name == key) else {
        let names: Vec<&str> = ["fg", "bg"].into_iter().chain(ATTRIBUTES.iter().map(|(name, _)| *name)).collect();
        return Err(format!("`{key}` is none of {}{}", names.join(", "), meant(key, names.iter().copied())));
    };
    match value.as_bool() {
        Some(true) => Ok(super::attributes(*modifier)),
        Some(false) => Ok(Style::new()),
        None => Err(format!("`{key}` is true or false")),
    }
}

fn color(name: &str) -> Result<Color, String> {
    name.parse().map_err(|_| {
        let near = meant(&name.to_ascii_lowercase(), COLOURS.iter().copied());
        format!("`{name}` is no colour (a name like \"red\", a number from \"0\" to \"255\", or \"#rrggbb\"){near}")
    })
}

/// What somebody meant who wrote `key`, as the end of a sentence; nothing when it is like none.
fn meant(key: &str, known: impl Iterator<Item = &'static str>) -> String {
    nearest(key, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// The name of `known` that differs least from `key`, if it differs by no more than a typo does.
pub(crate) fn nearest(key: &str, known: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let near = known.into_iter().map(|name| (strsim::damerau_levenshtein(key, name), name));
    near.filter(|(distance, _)| *distance <= 2).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}
