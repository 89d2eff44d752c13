//! Reading the file: TOML, each key with a value of its kind and in its range, or an error that says where.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeTable;
use toml::{Spanned, Value};

use super::exception::{exceptions, place};
use super::{AUTO, Config, KEYS, MOST_FRAMES, parse_size, ring_size};
use crate::action::Keymap;
use crate::detect::Severity;
use crate::theme::{Depth, is_path, nearest};

/// Longest time that the dead may stay, in seconds: a day.
const LONGEST_FADE: f64 = 86_400.0;

/// Bytes that the last minutes may take.
const HISTORY: std::ops::RangeInclusive<usize> = 1 << 20..=64 << 30;

/// Why a configuration cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read the configuration {}: {source}; `ktrace-tui config` prints one to start from", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something in it is wrong.
    #[error("{}, line {line}: {what}", file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// Where, counted from 1.
        line: usize,
        /// What, and what would be right.
        what: String,
    },
}

/// Reads `text`, the content of `file`.
pub(super) fn parse(text: &str, file: &Path) -> Result<Config, ConfigError> {
    let wrong =
        |at: Range<usize>, what| ConfigError::Wrong { file: file.to_path_buf(), line: line(text, at.start), what };
    let table: BTreeMap<Spanned<String>, Spanned<Value>> = toml::from_str(text).map_err(|error| {
        let what = error.message().replace('\n', ", ");
        wrong(error.span().unwrap_or_default(), format!("this is not TOML: {what}"))
    })?;
    let mut config = Config::default();
    for (key, value) in &table {
        let name = key.get_ref();
        if !KEYS.contains(&name.as_str()) {
            return Err(wrong(key.span(), unknown(name)));
        }
        config.set(name, value.get_ref()).map_err(|why| {
            let at = match name.as_str() {
                "exception" => place(text, value.get_ref()),
                "keys" => binding(text, value.get_ref()),
                _ => None,
            };
            wrong(at.unwrap_or(value.span()), format!("`{name}` {why}"))
        })?;
    }
    // A path in the file is as seen from the file, wherever the program is started.
    if is_path(&config.theme)
        && let Some(directory) = file.parent()
    {
        config.theme = directory.join(&config.theme).display().to_string();
    }
    Ok(config)
}

/// Where in the file the first binding stands that cannot be made.
fn binding(text: &str, table: &Value) -> Option<Range<usize>> {
    let wrong = |(action, value): (&String, &Value)| {
        let alone = Value::Table([(action.clone(), value.clone())].into_iter().collect());
        keys(&mut Keymap::default(), &alone).is_err().then(|| action.clone())
    };
    let action = table.as_table()?.iter().find_map(wrong)?;
    let file = DeTable::parse(text).ok()?;
    let keys = file.get_ref().get("keys")?.get_ref().as_table()?;
    keys.iter().find(|(name, _)| name.get_ref().as_ref() == action).map(|(name, _)| name.span())
}

/// The line of byte `at`, counted from 1.
fn line(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    1 + before.iter().filter(|&&byte| byte == b'\n').count()
}

fn unknown(key: &str) -> String {
    match nearest(key, KEYS.iter().copied()) {
        Some(near) => format!("unknown key `{key}`; did you mean `{near}`?"),
        None => format!("unknown key `{key}`; the keys are {}", KEYS.join(", ")),
    }
}

impl Config {
    /// Sets one key; the error goes on after its name.
    fn set(&mut self, key: &str, value: &Value) -> Result<(), String> {
        match key {
            "theme" => self.theme = string(value, "the name or the path of a theme")?,
            "colours" => self.colours = colours(value)?,
            "ascii" => self.ascii = ascii(value)?,
            "ring_size" => self.ring_size = ring(value)?,
            "history_size" => self.history_size = history(value)?,
            "fade_after" => self.fade_after = seconds(value)?,
            "frame_rate" => self.frame_rate = frames(value)?,
            "include_self" => self.include_self = boolean(value)?,
            "read_programs" => self.read_programs = boolean(value)?,
            "docker_sockets" => self.docker_sockets = Some(paths(value)?),
            "cri_sockets" => self.cri_sockets = Some(paths(value)?),
            "bundle_roots" => self.bundle_roots = Some(paths(value)?),
            "rules" => self.rules = paths(value)?,
            "sigma" => self.sigma = paths(value)?,
            "sigma_critical" => self.sigma_critical = severity(value)?,
            "mouse" => self.mouse = boolean(value)?,
            "keys" => keys(&mut self.keymap, value)?,
            "exception" => self.exceptions = exceptions(value)?,
            _ => return Err("is not a key".to_owned()),
        }
        Ok(())
    }
}

pub(super) fn expected(what: &str, found: &Value) -> String {
    // Tables and lists can be long; their kind says enough.
    let shown = match found {
        Value::Array(_) | Value::Table(_) => String::new(),
        scalar => format!(" {scalar}"),
    };
    format!("must be {what}, not the {}{shown}", found.type_str())
}

fn string(value: &Value, what: &str) -> Result<String, String> {
    let text = value.as_str().filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or_else(|| expected(what, value))
}

fn colours(value: &Value) -> Result<Option<Depth>, String> {
    match value.as_str() {
        Some(AUTO) => Ok(None),
        Some(name) if name.parse::<Depth>().is_ok() => Ok(name.parse().ok()),
        _ => {
            let names: Vec<String> = Depth::NAMES.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            Err(expected(&format!("\"{AUTO}\", {}", names.join(", ")), value))
        }
    }
}

fn ascii(value: &Value) -> Result<Option<bool>, String> {
    match value.as_str() {
        Some(AUTO) => Ok(None),
        _ => value.as_bool().map(Some).ok_or_else(|| expected(&format!("\"{AUTO}\", true or false"), value)),
    }
}

/// How bad the worst of Sigma is.
fn severity(value: &Value) -> Result<Severity, String> {
    match value.as_str() {
        Some("high") => Ok(Severity::High),
        Some("critical") => Ok(Severity::Critical),
        _ => Err(expected("\"high\" or \"critical\"", value)),
    }
}

fn boolean(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| expected("true or false", value))
}

/// Actions with their keys: `search = "/"`, `quit = ["q", "Ctrl-x"]`, `go-parent = "g p"`; `[]` takes them away.
fn keys(keymap: &mut Keymap, value: &Value) -> Result<(), String> {
    const WHAT: &str = "a table of actions and their keys, after a line `[keys]`";
    for (action, value) in value.as_table().ok_or_else(|| expected(WHAT, value))? {
        let keys = match value {
            Value::String(key) => vec![key.as_str()],
            Value::Array(list) => {
                let each = |item: &'_ Value| item.as_str().map(str::to_owned);
                let all: Option<Vec<String>> = list.iter().map(each).collect();
                let all =
                    all.ok_or_else(|| format!("of `{action}` must be keys, like \"g p\" or [\"q\", \"Ctrl-x\"]"))?;
                let all: Vec<&str> = all.iter().map(String::as_str).collect();
                keymap.bind(action, &all).map_err(|why| format!("cannot be taken: {why}"))?;
                continue;
            }
            other => return Err(format!("of `{action}` {}", expected("a key or a list of keys", other))),
        };
        keymap.bind(action, &keys).map_err(|why| format!("cannot be taken: {why}"))?;
    }
    Ok(())
}

fn size(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(bytes) => Ok(bytes.to_string()),
        other => Err(expected("a size like \"8MiB\"", other)),
    }
}

fn ring(value: &Value) -> Result<u32, String> {
    ring_size(&size(value)?).map_err(|why| format!("must be a size like \"8MiB\": {why}"))
}

fn history(value: &Value) -> Result<usize, String> {
    let text = size(value)?;
    let bytes = parse_size(&text).and_then(|bytes| {
        let bytes = usize::try_from(bytes).ok().filter(|bytes| HISTORY.contains(bytes));
        bytes.ok_or_else(|| format!("`{text}` is not from 1MiB to 64GiB"))
    });
    bytes.map_err(|why| format!("must be a size like \"16MiB\": {why}"))
}

fn seconds(value: &Value) -> Result<Duration, String> {
    let seconds = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    seconds
        .filter(|seconds| (0.0..=LONGEST_FADE).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| expected("a number of seconds from 0 to 86400", value))
}

fn frames(value: &Value) -> Result<u32, String> {
    let frames = value.as_integer().and_then(|frames| u32::try_from(frames).ok());
    frames
        .filter(|frames| (1..=MOST_FRAMES).contains(frames))
        .ok_or_else(|| expected(&format!("a whole number from 1 to {MOST_FRAMES}"), value))
}

fn paths(value: &Value) -> Result<Vec<PathBuf>, String> {
    const WHAT: &str = "a list of absolute paths, like [\"/var/run/docker.sock\"]";
    let list = value.as_array().ok_or_else(|| expected(WHAT, value))?;
    let path = |item: &Value| match item.as_str().map(PathBuf::from) {
        Some(path) if path.is_absolute() => Ok(path),
        _ => Err(format!("must be {WHAT}; {item} is none")),
    };
    list.iter().map(path).collect()
}
