//! What a process comes from, as far as innocence goes: package managers, and what starts containers.

#[cfg(test)]
mod tests;

use crate::model::{GroupKey, Model, Process};

/// Ancestors that are looked at.
const UP: usize = 12;

/// Programs that put other programs and their settings onto a system, and have services begin anew.
const SYSTEM: &[&str] = &[
    "dpkg",
    "apt",
    "apt-get",
    "aptitude",
    "unattended-upgrade",
    "rpm",
    "yum",
    "dnf",
    "microdnf",
    "zypper",
    "apk",
    "pacman",
    "snapd",
    "flatpak",
    "ansible",
    "puppet",
    "chef-client",
    "salt-minion",
];

/// Those that put programs where one user wants them, and run on the way what strangers wrote.
const LANGUAGES: &[&str] = &["pip", "pip3", "npm", "gem", "cargo"];

/// Settings that are changed by those who are there for it.
const ADMINISTRATION: &[&str] = &[
    "systemctl",
    "systemd-sysv-install",
    "update-rc.d",
    "crontab",
    "useradd",
    "usermod",
    "adduser",
    "visudo",
    "ssh-copy-id",
    "chsh",
    "passwd",
    "cloud-init",
    "kubeadm",
    "kubelet",
    "logrotate",
    "update-alternatives",
    "ldconfig",
];

/// The name of the program that a process runs.
pub(super) fn program(process: &Process) -> String {
    process.image().map(|image| image.exe.file_name().lossless()).unwrap_or_default()
}

/// True for a package manager.
pub(super) fn is_installer(process: &Process) -> bool {
    let name = program(process);
    SYSTEM.contains(&name.as_str()) || LANGUAGES.contains(&name.as_str())
}

/// True for a command shell.
pub(super) fn is_shell(process: &Process) -> bool {
    process.image().is_some_and(super::image::is_shell)
}

/// True when it is a package manager, or was started by one.
pub(super) fn installs(process: &Process, model: &Model) -> bool {
    of(process, model, SYSTEM) || of(process, model, LANGUAGES)
}

/// True when it is there to end services and have them begin anew, or was started by what is.
pub(super) fn renews(process: &Process, model: &Model) -> bool {
    of(process, model, SYSTEM) || of(process, model, ADMINISTRATION)
}

/// True when it is there to change settings, or was started by what is.
pub(super) fn administers(process: &Process, model: &Model) -> bool {
    of(process, model, ADMINISTRATION) || installs(process, model)
}

/// It, or one of those who made it, goes by one of the names: on its own side of the border, and not out of a directory
/// that anybody may write to.
fn of(process: &Process, model: &Model, names: &[&str]) -> bool {
    let lineage = model.lineage(process.id);
    let own = lineage.take(UP).filter(|it| it.id.pid > 1).take_while(|it| same_side(it, process));
    std::iter::once(process).chain(own).any(|it| {
        let name = program(it);
        let named = names.contains(&name.as_str()) || script(it).is_some_and(|script| names.contains(&&*script));
        named && !from_anywhere(it)
    })
}

/// Both of the host, or of the same container.
fn same_side(one: &Process, other: &Process) -> bool {
    let inside = |process: &Process| matches!(process.group, GroupKey::Container(_));
    one.group == other.group || !inside(one) && !inside(other)
}

/// The script that an interpreter runs, or the module (`-m pip`): what the program is, for those who wrote it.
fn script(process: &Process) -> Option<String> {
    let image = process.image()?;
    let name = program(process);
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !["python", "platform-python", "perl", "ruby", "node", "bash", "sh", "dash"].contains(&name) {
        return None;
    }
    let mut args = image.argv.args.iter().skip(1);
    loop {
        let arg = args.next()?;
        match arg.bytes() {
            b"-m" => return args.next().map(|module| module.lossless()),
            b"-c" | b"-e" => return None,
            [b'-', ..] => {}
            _ => return Some(arg.file_name().lossless()),
        }
    }
}

/// Its program lies where anybody may put one, or is one that the container wrote itself: its name says nothing.
fn from_anywhere(process: &Process) -> bool {
    const ANYBODY: [&[u8]; 4] = [b"/tmp/", b"/var/tmp/", b"/dev/shm/", b"/run/user/"];
    let exe = process.image().map(|image| image.exe.bytes().to_vec()).unwrap_or_default();
    ANYBODY.iter().any(|start| exe.starts_with(start))
        || process.file.as_ref().is_some_and(|file| file.in_memory || file.upper)
}

/// True for a process of the host that starts containers, or is on its way into one.
pub(super) fn is_runtime(process: &Process, model: &Model) -> bool {
    if matches!(process.group, GroupKey::Container(_)) && process.born_in.as_ref() == Some(&process.group) {
        return false;
    }
    let starts = |it: &Process| {
        !matches!(it.group, GroupKey::Container(_))
            && model.born_of(it.id).take(256).any(|child| matches!(child.group, GroupKey::Container(_)))
    };
    let lineage = model.lineage(process.id);
    starts(process) || lineage.take(3).filter(|it| it.id.pid > 1).any(starts)
}
