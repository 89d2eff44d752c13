//! A file that takes the place of another, whole or not at all.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes `text` to a file, whole or not at all. One that is there keeps its mode; a new one is readable by its owner alone.
/// Where it is a link, what it leads to is written.
///
/// # Errors
/// When it cannot be written beside the file, or is no ordinary file.
pub(crate) fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    let file = match fs::canonicalize(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => file.to_owned(),
        found => found?,
    };
    let before = fs::metadata(&file).ok();
    if before.as_ref().is_some_and(|before| !before.is_file()) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no ordinary file"));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = NamedTempFile::new_in(folder)?;
    beside.write_all(text)?;
    if let Some(before) = before {
        beside.as_file().set_permissions(Permissions::from_mode(before.permissions().mode() & 0o7777))?;
    }
    beside.as_file().sync_all()?;
    beside.persist(&file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_mode_is_kept_and_a_new_file_is_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("b.toml"), folder.path().join("link"));
        replace(&file, b"1").unwrap();
        assert_eq!(mode(&file), 0o600);
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"2").unwrap();
        assert_eq!((fs::read(&file).unwrap(), mode(&file)), (b"2".to_vec(), 0o640));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
        assert!(replace(folder.path(), b"3").is_err());
    }
}
