//! Which themes there are: the user's own, and those that come with the program.

use std::path::{Path, PathBuf};

use super::{EMBEDDED, Loaded, Theme, ThemeError, is_path, read};

/// A theme that can be had by its name.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its file, where it is the user's own.
    pub file: Option<PathBuf>,
    /// What its file says of it: the first line, where that is a comment.
    pub about: String,
    /// The theme, or why it cannot be had.
    pub theme: Result<Loaded, ThemeError>,
}

/// All themes: those that come with the program, in their order, then those of the user that have other names.
pub fn list(user_dir: Option<&Path>) -> Vec<Listed> {
    names(user_dir).into_iter().map(|name| look(name, user_dir)).collect()
}

fn look(name: String, user_dir: Option<&Path>) -> Listed {
    let file = own(&name, user_dir);
    let theme = Theme::load(&name, user_dir);
    let about = text(&name, user_dir).map(|text| about(&text)).unwrap_or_default();
    Listed { name, file, about, theme }
}

/// The names of all themes, in the order of [`list`].
pub fn names(user_dir: Option<&Path>) -> Vec<String> {
    let mut names: Vec<String> = EMBEDDED.iter().map(|(name, _)| (*name).to_owned()).collect();
    // Without the directory, or the right to look into it, there are no more.
    let files = user_dir.and_then(|dir| std::fs::read_dir(dir).ok()).into_iter().flatten().flatten();
    let mut own: Vec<String> = files.filter_map(|file| name_of(&file.path())).collect();
    own.retain(|name| !names.contains(name));
    own.sort_unstable();
    names.extend(own);
    names
}

fn name_of(file: &Path) -> Option<String> {
    let name = file.file_stem()?.to_str()?;
    (file.extension()? == "toml" && file.is_file()).then(|| name.to_owned())
}

/// What the file of a theme says, found as [`Theme::load`] finds it.
///
/// # Errors
/// When there is no such theme, or its file cannot be read.
pub fn text(name: &str, user_dir: Option<&Path>) -> Result<String, ThemeError> {
    let file = if is_path(name) { Some(PathBuf::from(name)) } else { own(name, user_dir) };
    match (file, EMBEDDED.iter().find(|(known, _)| *known == name)) {
        (Some(file), _) => read::content(&file),
        (None, Some((_, text))) => Ok((*text).to_owned()),
        (None, None) => Err(ThemeError::Unknown { name: name.to_owned(), dir: user_dir.map(Path::to_path_buf) }),
    }
}

/// The user's own file of that name, where there is one.
pub(super) fn own(name: &str, user_dir: Option<&Path>) -> Option<PathBuf> {
    user_dir.map(|dir| dir.join(format!("{name}.toml"))).filter(|path| path.exists())
}

fn about(text: &str) -> String {
    let comment = text.lines().next().and_then(|line| line.strip_prefix('#'));
    comment.map(|comment| comment.trim().to_owned()).unwrap_or_default()
}
