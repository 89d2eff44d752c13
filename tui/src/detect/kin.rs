//! What a process comes from, as far as innocence goes: package managers, and what starts containers.

#[cfg(test)]
mod tests;

use crate::model::{GroupKey, Model, Process};

/// Ancestors that are looked at.
const UP: usize = 12;

/// Programs that put other programs and their settings onto a system.
const PACKAGES: &[&str] = &[
    "dpkg",
    "apt",
    "apt-get",
    "aptitude",
    "unattended-upgr",
    "rpm",
    "yum",
    "dnf",
    "microdnf",
    "zypper",
    "apk",
    "pacman",
    "pip",
    "pip3",
    "npm",
    "gem",
    "cargo",
    "snapd",
    "flatpak",
    "ansible",
    "puppet",
    "chef-client",
    "salt-minion",
];

/// Settings that are changed by those who are there for it.
const ADMINISTRATION: &[&str] = &[
    "systemctl",
    "systemd",
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

/// True when it is a package manager, or was started by one.
pub(super) fn installs(process: &Process, model: &Model) -> bool {
    of(process, model, PACKAGES)
}

/// True when it is there to change settings, or was started by what is.
pub(super) fn administers(process: &Process, model: &Model) -> bool {
    of(process, model, ADMINISTRATION) || installs(process, model)
}

fn of(process: &Process, model: &Model, names: &[&str]) -> bool {
    let lineage = model.lineage(process.id);
    std::iter::once(process).chain(lineage.into_iter().take(UP)).any(|it| {
        let name = program(it);
        // python3.11 runs pip: its name stands among the arguments.
        let script = || it.image().and_then(|image| image.argv.args.get(1)).map(|arg| arg.file_name().lossless());
        names.contains(&name.as_str()) || name.starts_with("python") && script().is_some_and(|it| names.contains(&&*it))
    })
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
    starts(process) || lineage.into_iter().take(3).filter(|it| it.id.pid > 1).any(starts)
}
