//! What a process has mounted that is the node's.

use std::os::unix::ffi::OsStrExt as _;

use procfs::process::{MountInfo, Process};

use super::super::paths::{below, joined};
use super::process::lossy;
use crate::model::{Allowed, HostMount, NsKind, Text};

/// Mounts that are read of one process.
const MOST: usize = 16_384;
/// Files that runtimes put into every container: names that the node's side of them ends with.
const USUAL: [&str; 5] = ["/hosts", "/hostname", "/resolv.conf", "/etc-hosts", "/shm"];
/// Where the container has them.
const USUAL_AT: [&str; 4] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/shm"];
/// Devices that say nothing of the node: bound into containers that cannot make them.
const HARMLESS: [&str; 6] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];
/// File systems that every container has of its own, at their usual places.
const OWN: [(&str, &str); 6] = [
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("cgroup", "/sys/fs/cgroup"),
    ("cgroup2", "/sys/fs/cgroup"),
    ("mqueue", "/dev/mqueue"),
    ("devpts", "/dev"),
];
/// What runtimes hide of /proc, or make read-only: one of them is enough to know that they did.
const MASKED: [&str; 4] = ["/proc/kcore", "/proc/keys", "/proc/sys", "/proc/sysrq-trigger"];

/// A mount, as much of it as is asked here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// Device number of the file system, as /proc writes it.
    device: String,
    /// The directory of the file system that is mounted.
    root: Vec<u8>,
    /// Where.
    point: Vec<u8>,
    kind: String,
    writable: bool,
}

/// The mounts that a process sees; `None` where they cannot be read.
pub(super) fn read(process: &Process) -> Option<Vec<Mount>> {
    let text = lossy(process, "mountinfo")?;
    let mounts: Vec<_> = text.lines().take(MOST).filter_map(mount).collect();
    (!mounts.is_empty()).then_some(mounts)
}

pub(super) fn mount(line: &str) -> Option<Mount> {
    let info = MountInfo::from_line(line).ok()?;
    let read_only = info.mount_options.contains_key("ro") || info.super_options.contains_key("ro");
    let root = plain(info.root.as_bytes());
    Some(Mount {
        device: info.majmin,
        root: root.strip_suffix(b"//deleted").map_or_else(|| root.clone(), <[u8]>::to_vec),
        point: plain(info.mount_point.as_os_str().as_bytes()),
        kind: info.fs_type,
        writable: !read_only,
    })
}

/// Without the escapes of spaces, tabs, newlines and backslashes (`\040`).
fn plain(escaped: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((first, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|three| *first == b'\\' && three.iter().all(|it| (b'0'..=b'7').contains(it)));
        match octal {
            Some(three) => {
                let value = three.iter().fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0'));
                bytes.push(u8::try_from(value).unwrap_or(b'?'));
                rest = &after[3..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

/// Fills in what the mounts of a container say, held against those of the node.
pub(super) fn judge(own: &[Mount], node: &[Mount], allowed: &mut Allowed) {
    let root = own.iter().rev().find(|mount| mount.point == b"/");
    allowed.read_only = root.map(|root| !root.writable);
    allowed.masked = Some(own.iter().any(|mount| MASKED.iter().any(|masked| masked.as_bytes() == mount.point)));
    let mut mounts: Vec<_> = own.iter().filter_map(|mount| of_node(mount, node, allowed)).collect();
    mounts.sort();
    mounts.dedup();
    allowed.mounts = Some(mounts);
}

/// What of the node is mounted there; `None` for what is the container's own, or every container's.
fn of_node(mount: &Mount, node: &[Mount], allowed: &Allowed) -> Option<HostMount> {
    let source = on_node(mount, node)?;
    let own_root = mount.point == b"/" && source != b"/";
    let usual = USUAL_AT.iter().any(|usual| usual.as_bytes() == mount.point)
        && USUAL.iter().any(|name| source.ends_with(name.as_bytes()));
    let harmless = HARMLESS.iter().any(|device| device.as_bytes() == source);
    if own_root || usual || harmless || own_kind(mount, allowed) {
        return None;
    }
    Some(HostMount { source: Text::from(source), target: Text::from(mount.point.as_slice()), writable: mount.writable })
}

/// True for a file system that a container has for its own namespaces. Whoever shares them has that of the node, and may
/// have no other; but nobody needs to write to /sys.
fn own_kind(mount: &Mount, allowed: &Allowed) -> bool {
    let usual = OWN.iter().any(|(kind, at)| *kind == mount.kind && below(&mount.point, at.as_bytes()).is_some());
    let needed = match mount.kind.as_str() {
        "proc" => allowed.shares(NsKind::Pid) != Some(false),
        "sysfs" => allowed.shares(NsKind::Net) != Some(false) && !mount.writable,
        _ => true,
    };
    usual && needed
}

/// The path that the node has for what is mounted: by the mount of it that shows most of the file system, and of those by
/// the shortest.
fn on_node(mount: &Mount, node: &[Mount]) -> Option<Vec<u8>> {
    let shown = node.iter().filter(|it| it.device == mount.device && below(&mount.root, &it.root).is_some());
    let best = shown.min_by_key(|it| (it.root.len(), it.point.len()))?;
    Some(joined(&best.point, below(&mount.root, &best.root)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: &str = "\
1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:20 / /run rw - tmpfs tmpfs rw
3 1 0:21 / /proc rw - proc proc rw
4 1 0:22 / /sys rw - sysfs sysfs rw
5 1 0:5 / /dev rw - devtmpfs dev rw
6 1 0:60 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
7 1 0:61 / /var/lib/docker/containers/c1/mounts/shm rw - tmpfs shm rw
";

    fn mounts(text: &str) -> Vec<Mount> {
        text.lines().filter_map(mount).collect()
    }

    fn told(own: &str, allowed: Allowed) -> Vec<String> {
        let mut allowed = allowed;
        judge(&mounts(own), &mounts(NODE), &mut allowed);
        let mounts = allowed.mounts.into_iter().flatten();
        mounts.map(|it| format!("{} {} {}", it.source.lossless(), it.target.lossless(), it.writable)).collect()
    }

    #[test]
    fn an_ordinary_container_has_nothing_of_the_node() {
        let own = "\
1 0 0:60 / / rw - overlay overlay rw
2 1 0:70 / /proc rw - proc proc rw
3 2 0:70 /sys /proc/sys ro - proc proc rw
4 1 0:71 / /sys ro - sysfs sysfs ro
5 1 0:72 / /dev rw - tmpfs tmpfs rw
6 5 0:61 / /dev/shm rw - tmpfs shm rw
7 1 8:1 /var/lib/docker/containers/c1/hosts /etc/hosts rw - ext4 /dev/sda1 rw
8 2 0:5 /null /proc/kcore rw - devtmpfs dev rw
";
        let apart = Allowed { shared: [Some(false); 8], ..Allowed::default() };
        assert_eq!(told(own, apart.clone()), Vec::<String>::new());
        let mut allowed = apart;
        judge(&mounts(own), &mounts(NODE), &mut allowed);
        assert_eq!((allowed.read_only, allowed.masked), (Some(false), Some(true)));
    }

    #[test]
    fn what_is_the_nodes_has_its_path_there_and_a_usual_name_hides_nothing() {
        let own = "\
1 0 0:60 / / ro - overlay overlay rw
2 1 8:1 / /host ro - ext4 /dev/sda1 rw
3 1 0:20 /docker.sock /var/run/docker.sock rw - tmpfs tmpfs rw
4 1 8:1 /etc/shadow /etc/hosts rw - ext4 /dev/sda1 rw
5 1 8:1 /srv/a\\040b\\134 /data rw - ext4 /dev/sda1 rw
6 1 0:21 / /proc rw - proc proc rw
7 1 0:22 / /sys rw - sysfs sysfs rw
";
        let mut allowed = Allowed { shared: [Some(false); 8], ..Allowed::default() };
        let expected = [
            "/ /host false",
            "/etc/shadow /etc/hosts true",
            "/proc /proc true",
            "/run/docker.sock /var/run/docker.sock true",
            "/srv/a b\\ /data true",
            "/sys /sys true",
        ];
        assert_eq!(told(own, allowed.clone()), expected);
        allowed.set_shared(NsKind::Pid, Some(true));
        assert!(
            !told(own, allowed).contains(&"/proc /proc true".to_owned()),
            "it is its own, as it shares the processes"
        );
    }
}
