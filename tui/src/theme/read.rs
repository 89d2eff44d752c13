//! Reading a theme: TOML, one key per field.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ratatui::style::{Color, Modifier, Style};
use toml::{Table, Value};

use super::{EMBEDDED, Loaded, Theme};

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

pub(super) fn file(path: &Path) -> Result<Loaded, ThemeError> {
    let read = std::fs::read_to_string(path);
    let content = read.map_err(|source| ThemeError::Unreadable { path: path.to_path_buf(), source })?;
    text(&content, &path.display().to_string())
}

/// Reads a theme; `file` is what warnings call it.
pub(super) fn text(text: &str, file: &str) -> Result<Loaded, ThemeError> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| ThemeError::Syntax {
        file: file.to_owned(),
        message: error.to_string().trim_end().to_owned(),
    })?;
    let mut theme = Theme::dark();
    let warnings = fill(&mut theme, &table, file);
    Ok(Loaded { theme, warnings })
}

fn fill(theme: &mut Theme, table: &Table, file: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    for (key, value) in table {
        match theme.field(key) {
            None => {
                let near =
                    nearest(key, Theme::FIELDS).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                warnings.push(format!("{file}: unknown key `{key}` was passed over{near}"));
            }
            Some(field) => match style(value) {
                Ok(style) => *field = style,
                Err(why) => warnings.push(format!("{file}: `{key}` was passed over: {why}")),
            },
        }
    }
    warnings
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
    let modifier = match (key, value) {
        ("fg", Value::String(name)) => return Ok(Style::new().fg(color(name)?)),
        ("bg", Value::String(name)) => return Ok(Style::new().bg(color(name)?)),
        ("fg" | "bg", _) => return Err(format!("`{key}` is a string, like \"red\", \"208\" or \"#ff8700\"")),
        ("bold", _) => Modifier::BOLD,
        ("dim", _) => Modifier::DIM,
        ("italic", _) => Modifier::ITALIC,
        ("underlined", _) => Modifier::UNDERLINED,
        ("reversed", _) => Modifier::REVERSED,
        ("crossed_out", _) => Modifier::CROSSED_OUT,
        _ => {
            return Err(format!("`{key}` is none of fg, bg, bold, dim, italic, underlined, reversed, crossed_out"));
        }
    };
    match value.as_bool() {
        Some(true) => Ok(super::attributes(modifier)),
        Some(false) => Ok(Style::new()),
        None => Err(format!("`{key}` is true or false")),
    }
}

fn color(name: &str) -> Result<Color, String> {
    name.parse().map_err(|_| {
        let mut why = format!("`{name}` is no colour");
        // Writing to a String cannot fail.
        let _ = write!(why, " (a name like \"red\", a number from \"0\" to \"255\", or \"#rrggbb\")");
        why
    })
}

/// The name of `known` that differs least from `key`, if it differs by no more than a typo does.
pub(crate) fn nearest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let close = |name: &&&'static str| distance(key, name) <= 2;
    known.iter().filter(close).min_by_key(|name| distance(key, name)).copied()
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.chars().enumerate() {
            let next = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row.last().copied().unwrap_or(0)
}
