//! Where the file lies: where the user says, else with the user, else with the system, else nowhere.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Config;
use super::read::{ConfigError, parse};

/// The directories that hold a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The user's: `$XDG_CONFIG_HOME/ktrace-tui`, else `~/.config/ktrace-tui`; `None` without a home.
    pub user: Option<PathBuf>,
    /// The system's: `/etc/ktrace-tui`.
    pub system: PathBuf,
}

impl Places {
    /// Those that `variable` (the environment) names.
    pub fn of(variable: impl Fn(&str) -> Option<OsString>) -> Places {
        // The XDG base directory specification has relative paths ignored; an empty one is as if unset.
        let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
        Places { user: base.map(|base| base.join("ktrace-tui")), system: PathBuf::from("/etc/ktrace-tui") }
    }

    /// Where rules of one's own are looked for: beside `file`, where it is named, else beside what [`load`] looks for.
    pub fn rules(&self, file: Option<&Path>) -> Vec<PathBuf> {
        let directories: Vec<&Path> = match file {
            Some(file) => vec![file.parent().unwrap_or(Path::new("."))],
            None => self.user.iter().chain([&self.system]).map(PathBuf::as_path).collect(),
        };
        directories.into_iter().map(|directory| directory.join("rules.d")).collect()
    }

    /// Where the user's own themes are.
    pub fn themes(&self) -> Option<PathBuf> {
        self.user.as_ref().map(|user| user.join("themes"))
    }
}

/// Reads the configuration: of `file`, which must be there, else of the first of `places` that has one.
///
/// # Errors
/// [`ConfigError`] when a file is there and cannot be taken as it is: half a configuration is never applied.
pub fn load(file: Option<&Path>, places: &Places) -> Result<Config, ConfigError> {
    if let Some(file) = file {
        return read(file);
    }
    for directory in places.user.iter().chain([&places.system]) {
        match read(&directory.join("config.toml")) {
            // Nothing there, a file where a directory would be, or the home of somebody else.
            Err(ConfigError::Unreadable { source, .. })
                if matches!(
                    source.kind(),
                    ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied
                ) => {}
            read => return read,
        }
    }
    Ok(Config::default())
}

/// The file that [`load`] reads; where there is none, the one that the user would make.
pub fn in_use(file: Option<&Path>, places: &Places) -> Option<PathBuf> {
    let named = file.map(Path::to_path_buf);
    let there = || {
        let all = places.user.iter().chain([&places.system]).map(|directory| directory.join("config.toml"));
        all.into_iter().find(|file| file.is_file())
    };
    named.or_else(there).or_else(|| places.user.as_ref().map(|user| user.join("config.toml")))
}

fn read(file: &Path) -> Result<Config, ConfigError> {
    let text =
        std::fs::read_to_string(file).map_err(|source| ConfigError::Unreadable { file: file.to_path_buf(), source })?;
    parse(&text, file)
}
