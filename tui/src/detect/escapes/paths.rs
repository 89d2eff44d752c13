//! What paths and numbers mean: devices, files by which the kernel is told what to run, and files that start things.

/// Magic numbers of file systems (`include/uapi/linux/magic.h`).
pub(super) const PROC: u32 = 0x9fa0;
pub(super) const SYSFS: u32 = 0x6265_6572;
pub(super) const CGROUP: u32 = 0x27_e0eb;
pub(super) const BINFMT: u32 = 0x4249_4e4d;
/// `S_IFMT` and two of its values (`inode(7)`).
const FORMAT: u32 = 0o170_000;
const BLOCK: u32 = 0o060_000;
const CHARACTER: u32 = 0o020_000;
/// Major number of loop devices, and of those in memory.
const LOOP: u32 = 7;
const MEMORY: u32 = 1;

/// File systems that no block device is needed for.
const WITHOUT_DEVICE: &[&str] = &[
    "proc",
    "sysfs",
    "tmpfs",
    "ramfs",
    "devpts",
    "devtmpfs",
    "mqueue",
    "cgroup",
    "cgroup2",
    "overlay",
    "aufs",
    "bpf",
    "debugfs",
    "tracefs",
    "securityfs",
    "autofs",
    "binfmt_misc",
    "hugetlbfs",
    "pstore",
    "efivarfs",
    "configfs",
    "selinuxfs",
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "9p",
    "virtiofs",
    "ceph",
    "none",
    "nsfs",
    "rpc_pipefs",
    "fusectl",
];

/// `mount(2)`: MS_REMOUNT, MS_BIND, MS_MOVE, and the four that change how mounts spread.
const NO_NEW_FILE_SYSTEM: u64 = 32 | 4096 | 8192 | 1 << 17 | 1 << 18 | 1 << 19 | 1 << 20;

/// What is done with a raw device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raw {
    /// A disk.
    Disk,
    /// A file that is shown as a disk.
    Loop,
    /// The memory of the machine.
    Memory,
}

/// The raw device that a file with this mode and number is.
pub(super) fn raw(mode: u32, rdev: u32) -> Option<Raw> {
    let (major, minor) = (rdev >> 20, rdev & 0xf_ffff);
    match mode & FORMAT {
        BLOCK if major == LOOP => Some(Raw::Loop),
        // Disks that are only memory.
        BLOCK if major == MEMORY => None,
        BLOCK => Some(Raw::Disk),
        // mem, kmem, port (`Documentation/admin-guide/devices.txt`).
        CHARACTER if major == MEMORY && matches!(minor, 1 | 2 | 4) => Some(Raw::Memory),
        _ => None,
    }
}

pub(super) fn is_block(mode: u32) -> bool {
    mode & FORMAT == BLOCK
}

/// True when a mount of this kind and with these flags takes a block device.
pub(super) fn takes_device(kind: &[u8], flags: u64) -> bool {
    let kind = String::from_utf8_lossy(kind);
    let none = kind.is_empty() || kind.starts_with("fuse") || WITHOUT_DEVICE.contains(&&*kind);
    flags & NO_NEW_FILE_SYSTEM == 0 && !none
}

/// What somebody does to the kernel of the host by writing to a file of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hook {
    /// Names a program that the kernel runs.
    Program,
    /// Registers interpreters of program files.
    Interpreter,
    /// Sets something for the whole machine.
    Setting,
}

/// What writing to a file means, by its file system and the path inside of that.
pub(super) fn hook(fs: u32, inside: &[u8]) -> Option<Hook> {
    let name = inside.rsplit(|&b| b == b'/').next().unwrap_or_default();
    match fs {
        CGROUP if name == b"release_agent" => Some(Hook::Program),
        BINFMT => Some(Hook::Interpreter),
        SYSFS if inside.starts_with(b"/kernel/") => {
            Some(if name == b"uevent_helper" { Hook::Program } else { Hook::Setting })
        }
        PROC => proc_hook(inside),
        _ => None,
    }
}

fn proc_hook(inside: &[u8]) -> Option<Hook> {
    match inside {
        b"/sys/kernel/core_pattern"
        | b"/sys/kernel/modprobe"
        | b"/sys/kernel/hotplug"
        | b"/sys/kernel/poweroff_cmd" => Some(Hook::Program),
        b"/sysrq-trigger" => Some(Hook::Setting),
        _ => {
            let setting = inside.strip_prefix(b"/sys/kernel/")?;
            let own: [&[u8]; 8] =
                [b"hostname", b"domainname", b"sem", b"shm", b"msg", b"ns_last_pid", b"keys/", b"auto_msg"];
            (!own.iter().any(|own| setting.starts_with(own))).then_some(Hook::Setting)
        }
    }
}

/// The same, by a path alone, for what has no file yet.
pub(super) fn hook_path(path: &[u8]) -> Option<Hook> {
    let at = |start: &[u8]| path.windows(start.len()).position(|window| window == start);
    if path.ends_with(b"/release_agent") {
        return Some(Hook::Program);
    }
    if at(b"/binfmt_misc/").is_some() {
        return Some(Hook::Interpreter);
    }
    if path.ends_with(b"/kernel/uevent_helper") {
        return Some(Hook::Program);
    }
    at(b"/sys/kernel/")
        .and_then(|at| proc_hook(&path[at..]))
        .or_else(|| path.ends_with(b"/sysrq-trigger").then_some(Hook::Setting))
}

/// What a file of the host is for that a container should not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// It starts programs, or lets somebody in.
    Starts,
    /// It is a program or a library, or is in the way of one.
    Program,
    /// A user's own set-up of a shell.
    Profile,
}

const STARTS_EXACT: &[&str] = &[
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/gshadow",
    "/etc/sudoers",
    "/etc/crontab",
    "/etc/anacrontab",
    "/etc/ld.so.preload",
    "/etc/rc.local",
    "/etc/rc.d/rc.local",
    "/etc/profile",
    "/etc/bash.bashrc",
    "/etc/environment",
    "/etc/inittab",
    "/var/lib/kubelet/config.yaml",
    "/etc/ssh/sshd_config",
    "/etc/docker/daemon.json",
    "/etc/containerd/config.toml",
    "/etc/sysctl.conf",
    "/etc/modules",
];

const STARTS_UNDER: &[&str] = &[
    "/etc/cron",
    "/var/spool/cron/",
    "/var/spool/at",
    "/etc/systemd/",
    "/usr/lib/systemd/",
    "/lib/systemd/",
    "/usr/local/lib/systemd/",
    "/run/systemd/system",
    "/run/systemd/generator",
    "/run/systemd/transient/",
    "/etc/kubernetes/manifests",
    "/etc/kubelet.d/",
    "/etc/init.d/",
    "/etc/rc.d/",
    "/etc/profile.d/",
    "/etc/sudoers.d/",
    "/etc/pam.d/",
    "/etc/security/",
    "/etc/udev/rules.d/",
    "/usr/lib/udev/rules.d/",
    "/lib/udev/rules.d/",
    "/run/udev/rules.d/",
    "/etc/ld.so.conf",
    "/etc/modprobe.d/",
    "/etc/modules-load.d/",
    "/etc/ssh/sshd_config.d/",
    "/etc/update-motd.d/",
    "/etc/xdg/autostart/",
    "/etc/NetworkManager/dispatcher.d/",
    "/etc/network/if-up.d/",
    "/etc/apt/apt.conf.d/",
    "/etc/sysctl.d/",
    "/var/lib/rancher/k3s/server/manifests",
    "/var/lib/rancher/k3s/agent/pod-manifests",
    "/etc/binfmt.d/",
    "/usr/lib/binfmt.d/",
];

const PROGRAMS_UNDER: &[&str] = &[
    "/bin/",
    "/sbin/",
    "/usr/bin/",
    "/usr/sbin/",
    "/usr/local/bin/",
    "/usr/local/sbin/",
    "/lib/",
    "/lib64/",
    "/usr/lib/",
    "/usr/lib64/",
    "/usr/local/lib/",
    "/usr/libexec/",
    "/boot/",
];

const PROFILES: &[&str] =
    &["/.bashrc", "/.profile", "/.bash_profile", "/.bash_login", "/.zshrc", "/.config/autostart/"];

/// What a path of the host is for.
pub(super) fn starts(host: &[u8]) -> Option<Start> {
    let path = String::from_utf8_lossy(host);
    let user =
        path.contains("/.ssh/authorized_keys") || path.ends_with("/.ssh/rc") || path.contains("/.config/systemd/user/");
    if user || STARTS_EXACT.contains(&&*path) || STARTS_UNDER.iter().any(|start| path.starts_with(start)) {
        return Some(Start::Starts);
    }
    if PROGRAMS_UNDER.iter().any(|start| path.starts_with(start)) {
        return Some(Start::Program);
    }
    PROFILES.iter().any(|part| path.contains(part)).then_some(Start::Profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_takes_a_device_by_its_kind_and_not_by_the_name_of_the_device() {
        assert!(takes_device(b"ext4", 0));
        assert!(takes_device(b"some-new-fs", 1));
        assert!(!takes_device(b"tmpfs", 0) && !takes_device(b"overlay", 0) && !takes_device(b"fuse.sshfs", 0));
        assert!(!takes_device(b"ext4", 4096), "a bind mount makes no new file system");
    }

    #[test]
    fn hooks_are_known_by_their_file_system() {
        assert_eq!(hook(PROC, b"/sys/kernel/core_pattern"), Some(Hook::Program));
        assert_eq!(hook(CGROUP, b"/x/release_agent"), Some(Hook::Program));
        assert_eq!(hook(0x794c_7630, b"/x/release_agent"), None, "a file that only has the name");
        assert_eq!(hook(PROC, b"/sys/kernel/hostname"), None, "kept apart by namespaces");
        assert_eq!(hook(PROC, b"/sysrq-trigger"), Some(Hook::Setting));
        assert_eq!(hook_path(b"/mnt/proc/sys/kernel/core_pattern"), Some(Hook::Program));
        assert_eq!(hook_path(b"/etc/core_pattern"), None);
        assert_eq!(hook_path(b"/proc/sys/kernel/core_pattern"), Some(Hook::Program));
    }

    #[test]
    fn what_starts_things_is_told_from_what_only_lies_beside() {
        assert_eq!(starts(b"/etc/kubernetes/manifests/x.yaml"), Some(Start::Starts));
        assert_eq!(starts(b"/root/.ssh/authorized_keys"), Some(Start::Starts));
        assert_eq!(starts(b"/usr/bin/ls"), Some(Start::Program));
        assert_eq!(starts(b"/srv/build/etc/passwd"), None);
    }
}
