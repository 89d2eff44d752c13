//! What the kernel writes in /proc with names that somebody chose in it, and the files of a container that are read.
#![cfg(any(test, fuzzing))]

use std::io::Cursor;

use procfs::FromBufRead as _;
use procfs::process::{MountInfos, Status};

use super::{mounts, process, services, users};
use crate::model::{Allowed, Args};
use crate::source::cgroups::{Bases, Hierarchy};

/// Tries bytes as a file: the first says as which.
pub(crate) fn proc(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(bytes);
    match which % 8 {
        0 => drop(process::stat_of(&text)),
        1 => drop(Status::from_buf_read(Cursor::new(text.as_bytes()))),
        2 => mounted(&text),
        3 => named(&text),
        4 => {
            let services = services::named(bytes);
            assert!(services.len() <= 256 && services.values().all(|name| name.bytes().len() <= 63));
        }
        5 => {
            let args: Vec<_> = Args::from_kernel(bytes).iter().map(|arg| arg.lossless()).collect();
            assert!(args.len() <= bytes.len() + 1);
        }
        6 => cgroups(bytes),
        _ => drop(MountInfos::from_buf_read(Cursor::new(text.as_bytes()))),
    }
}

/// Two lists of mounts, a container's and the node's.
fn mounted(text: &str) {
    let (own, node) = text.split_once("\n\n").unwrap_or((text, "1 0 8:1 / / rw - ext4 /dev/sda1 rw"));
    let read = |text: &str| text.lines().filter_map(mounts::mount).collect::<Vec<_>>();
    let mut allowed = Allowed::default();
    mounts::judge(&read(own), &read(node), &mut allowed);
    assert!(allowed.mounts.is_some_and(|mounts| mounts.len() <= text.len()));
}

/// A map of ids and a passwd.
fn named(text: &str) {
    let (map, passwd) = text.split_once("\n\n").unwrap_or(("0 0 4294967295", text));
    let users = users::named(passwd, &users::stretches(map));
    assert!(users.len() <= 4_096 && users.values().all(|user| user.name.chars().count() <= 64));
}

/// Lines of /proc/PID/cgroup, as seen from anywhere.
fn cgroups(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        let mut parts = line.splitn(3, |byte| *byte == b':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let hierarchy = Hierarchy::of_line(controllers).unwrap_or(Hierarchy::V2);
        for bases in [Bases::default(), Bases::all_at(b"/docker/aa")] {
            let whole = bases.whole(hierarchy, path);
            assert!(whole.len() <= path.len() + 12);
        }
    }
}
