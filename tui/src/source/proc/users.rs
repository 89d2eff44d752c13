//! The users of a container, out of its own /etc/passwd: what a uid is called in there.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use procfs::process::Process;

use crate::model::{NsKind, User, passwd};
use crate::source::files::Plain;

/// Bytes that are read of it.
const LARGEST: u64 = 1 << 20;
/// Users that are kept.
const MOST: usize = 4_096;
/// Characters of a name that are kept.
const NAME: usize = 64;

/// A line of /proc/PID/uid_map: from where inside to where outside, and how many.
pub(super) type Stretch = (u64, u64, u64);

/// The users in the file system of a process that is in the mount namespace `mnt_ns`, by the ids that the observer numbers
/// them by. No link leads out of its root, and what is no file is not read. `None` where there is nothing to be read, or
/// the process is not there (any more).
pub(in crate::source) fn users(pid: u32, mnt_ns: u32) -> Option<BTreeMap<u32, User>> {
    let process = Process::new(i32::try_from(pid).ok()?).ok()?;
    let text = read(pid)?;
    // Whose it was that was read: the pid may be another's by now, or the process elsewhere.
    let spaces = process.namespaces().ok()?;
    let there = spaces.0.get(std::ffi::OsStr::new(NsKind::Mnt.name()))?.identifier;
    let map = stretches(&std::fs::read_to_string(format!("/proc/{pid}/uid_map")).ok()?);
    if there != u64::from(mnt_ns) || !process.is_alive() {
        return None;
    }
    Some(named(&text, &map))
}

/// Below the root of the process alone, whatever its links say; a pipe does not hold anybody up.
fn read(pid: u32) -> Option<String> {
    let file = Plain::below(Path::new(&format!("/proc/{pid}/root")), "etc/passwd").ok()?;
    let mut bytes = Vec::new();
    file.open().ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The lines of a /proc/PID/uid_map.
pub(super) fn stretches(map: &str) -> Vec<Stretch> {
    let line = |line: &str| {
        let mut numbers = line.split_whitespace().map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    map.lines().filter_map(line).collect()
}

/// Each with the id that it has outside; who has none there is nobody whom a process can be.
pub(super) fn named(text: &str, map: &[Stretch]) -> BTreeMap<u32, User> {
    let mut users = BTreeMap::new();
    for (own, name) in passwd(text).take(MOST) {
        let number = u64::from(own);
        let stretch = map.iter().find(|(inside, _, count)| (*inside..inside.saturating_add(*count)).contains(&number));
        let outside =
            stretch.and_then(|(inside, outside, _)| u32::try_from(outside.checked_add(number - inside)?).ok());
        if let Some(outside) = outside {
            let name = name.chars().take(NAME).collect();
            users.entry(outside).or_insert(User { name, own });
        }
    }
    users
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_of_a_user_namespace_has_another_id_outside() {
        let map = stretches("         0     100000      65536\n");
        let users = named("root:x:0:0::/:\napp:x:1000:1000::/:\nfar:x:70000:1::/:\n", &map);
        let app = users.get(&101_000).map(|user| (user.name.as_str(), user.own));
        assert_eq!((users.len(), app), (2, Some(("app", 1_000))));
        assert!(named("app:x:1000:1000::/:\n", &stretches("0 18446744073709551615 65536\n")).is_empty());
    }

    #[test]
    fn ones_own_file_is_read_and_who_is_not_there_has_none() {
        let own = std::fs::metadata("/proc/self/ns/mnt").map(|it| std::os::unix::fs::MetadataExt::ino(&it));
        let own = u32::try_from(own.expect("/proc is mounted")).expect("numbers of namespaces have 32 bits");
        let users = users(std::process::id(), own);
        assert_eq!(users.and_then(|users| Some(users.get(&0)?.name.clone())), Some("root".into()));
        assert_eq!(super::users(std::process::id(), own.wrapping_add(1)), None, "it stands elsewhere");
    }
}
