//! Hashes of the files that a report names, where they can still be read: on the node, while it has not been booted again.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::export::report::Dossier;
use crate::model::{GroupKey, Model};
use crate::source::files::{self, Plain};
use crate::source::host::Host;

/// Files larger than this are not read.
const LARGEST: u64 = 1 << 30;

/// Fills in what can be read now, where nobody told what was in a program as it ran. A file may have been changed since.
pub(super) fn fill(dossiers: &mut [Dossier], model: &Model) {
    let here = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    if here.trim().is_empty() || model.boot().id != here.trim() {
        return;
    }
    for dossier in dossiers {
        let roots: Vec<_> = dossier.places.iter().map(|place| (place.key, root(place.id.as_deref(), model))).collect();
        for file in dossier.files.iter_mut().filter(|file| file.sha256.is_none()) {
            let root = match file.place {
                Some(key) => roots.iter().find(|(place, _)| *place == key).and_then(|(_, root)| root.clone()),
                None => root(None, model),
            };
            let path = Path::new(&file.path).strip_prefix("/").ok();
            file.sha256 = root.zip(path).and_then(|(root, path)| sha256(&root, path).ok());
        }
    }
}

/// What a container, or the host, has as its root: as one of its processes sees it that is still alive.
fn root(container: Option<&str>, model: &Model) -> Option<PathBuf> {
    let Some(id) = container else { return Host::here().root.clone() };
    let inside = |group: &GroupKey| matches!(group, GroupKey::Container(own) if **own == *id);
    let mut members = model.processes().filter(|process| process.alive() && inside(&process.group));
    members.find_map(|process| {
        let known = procfs::process::Process::new(i32::try_from(process.id.pid).ok()?).ok()?.stat().ok()?;
        let same = known.starttime.abs_diff(process.id.start.0) <= 1;
        same.then(|| PathBuf::from(format!("/proc/{}/root", process.id.pid)))
    })
}

/// SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// When it is no file, is too large, or cannot be read.
fn sha256(root: &Path, path: &Path) -> io::Result<String> {
    let file = Plain::below(root, path)?;
    if file.size() > LARGEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(files::sha256(file.open()?.take(LARGEST))?.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_is_a_file_has_a_hash_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        fs::write(&path, "abc").unwrap();
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let of = |name: &str| sha256(folder.path(), Path::new(name)).ok();
        assert_eq!(of("abc").as_deref(), Some(known));
        assert_eq!((of("."), of("gone"), sha256(Path::new("/dev"), Path::new("zero")).ok()), (None, None, None));
        // An absolute link of a container leads into the container.
        std::os::unix::fs::symlink("/abc", folder.path().join("link")).unwrap();
        assert_eq!(of("link").as_deref(), Some(known));
    }
}
