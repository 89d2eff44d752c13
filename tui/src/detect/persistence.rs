//! What is left behind to start again, and traces that are taken away: files of the own system.

#[cfg(test)]
mod tests;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::incident::name_of;
use super::kin::{administers, program};
use super::rule::Severity;
use super::told::Told;
use crate::model::{Deed, GroupKey, Kind, NameCall, Text};

/// What a refusal is (`errno(3)`).
const EPERM: i32 = 1;
const EACCES: i32 = 13;
const EROFS: i32 = 30;

/// Directories in which a file starts something.
const STARTS: &[&str] = &[
    "/etc/cron",
    "/var/spool/cron/",
    "/etc/systemd/",
    "/usr/lib/systemd/system/",
    "/lib/systemd/system/",
    "/etc/init.d/",
    "/etc/profile.d/",
    "/etc/sudoers.d/",
    "/etc/pam.d/",
    "/etc/udev/rules.d/",
    "/etc/kubernetes/manifests/",
    "/etc/update-motd.d/",
    "/etc/xdg/autostart/",
    "/etc/modules-load.d/",
    "/etc/ld.so.conf.d/",
];
/// Files that do.
const FILES: &[&str] = &[
    "/etc/crontab",
    "/etc/rc.local",
    "/etc/ld.so.preload",
    "/etc/profile",
    "/etc/bash.bashrc",
    "/etc/environment",
    "/etc/inittab",
    "/etc/sudoers",
    // Who there is, and what they may: more users are more ways in.
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/gshadow",
];
/// Those of a user, wherever the home is.
const HOMES: &[&str] = &["/.ssh/authorized_keys", "/.ssh/rc", "/.bashrc", "/.profile", "/.bash_profile", "/.zshrc"];
/// What remembers.
const HISTORIES: &[&str] = &[".bash_history", ".zsh_history", ".history", ".python_history", ".mysql_history"];
const LOGS: &[&str] =
    &["wtmp", "btmp", "utmp", "lastlog", "auth.log", "secure", "syslog", "messages", "kern.log", "audit.log"];

/// Watches the files that start things, and those that remember.
#[derive(Debug, Default)]
pub(super) struct Persistence {
    told: Told,
}

impl Behaviour for Persistence {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        let Kind::Act(act) = &scene.event.kind else {
            return self.masquerade(scene, out);
        };
        // Another error is no refusal: what asked for it goes on in another way, and that is seen.
        let failed = act.error.is_some();
        if failed && !matches!(act.error, Some(EPERM | EACCES | EROFS)) {
            return;
        }
        match &act.what {
            Deed::Open(opened) if opened.emptied && self.traces(&opened.path, failed, &act.to_string(), scene, out) => {
            }
            Deed::Open(opened) if opened.write => {
                self.planted(&opened.path, opened.host.as_ref(), failed, &act.to_string(), scene, out);
            }
            Deed::Name(naming) => {
                let takes = matches!(naming.how, NameCall::Unlink | NameCall::Truncate | NameCall::Rename);
                let old = if naming.how == NameCall::Rename { &naming.from } else { &naming.path };
                // Something else takes its place: a link to /dev/null, or what was moved over it.
                let covered = match naming.how {
                    NameCall::Symlink => naming.from.bytes() == b"/dev/null",
                    NameCall::Rename => naming.from.file_name() != naming.path.file_name(),
                    _ => false,
                };
                if takes && self.traces(old, failed, &act.to_string(), scene, out) {
                    return;
                }
                if covered && self.traces(&naming.path, failed, &act.to_string(), scene, out) {
                    return;
                }
                if naming.how != NameCall::Unlink {
                    self.planted(&naming.path, naming.host.as_ref(), failed, &act.to_string(), scene, out);
                }
            }
            _ => {}
        }
    }
}

impl Persistence {
    fn planted(
        &mut self,
        path: &Text,
        host: Option<&Text>,
        failed: bool,
        said: &str,
        scene: &Scene<'_>,
        out: &mut Sink,
    ) {
        // What a container writes into the host is an escape, and told as one.
        if matches!(scene.process.group, GroupKey::Container(_)) && host.is_some() {
            return;
        }
        let name = path.lossless();
        let starts = STARTS.iter().any(|start| name.starts_with(start))
            || FILES.contains(&name.as_str())
            || HOMES.iter().any(|end| name.ends_with(end))
            || name.contains("/.config/systemd/user/");
        if !starts || administers(scene.process, scene.model) {
            return;
        }
        let severity = if name.ends_with("/ld.so.preload") { Severity::High } else { Severity::Medium };
        self.raise("startup_written", severity, ("writes", &name), failed, said, scene, out);
    }

    /// True when what is taken away remembers something.
    fn traces(&mut self, path: &Text, failed: bool, said: &str, scene: &Scene<'_>, out: &mut Sink) -> bool {
        let name = path.file_name().lossless();
        let whole = path.lossless();
        let log = LOGS.contains(&name.as_str()) && (whole.contains("/log/") || whole.contains("/run/"));
        if !log && !HISTORIES.contains(&name.as_str()) {
            return false;
        }
        // A shell keeps its own history within bounds; logs are turned over by those who are there for it.
        let own = program(scene.process);
        let own = own.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        const LOGGERS: &[&str] =
            &["rsyslogd", "syslog-ng", "syslogd", "journald", "systemd-journal", "auditd", "savelog"];
        if LOGGERS.contains(&own) {
            return true;
        }
        if !log && ["bash", "zsh", "sh", "python", "mysql"].contains(&own) || administers(scene.process, scene.model) {
            return true;
        }
        self.raise("traces_removed", Severity::Medium, ("takes away", &whole), failed, said, scene, out);
        true
    }

    /// A program that calls itself as kernel threads are shown.
    fn masquerade(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        let Kind::Exec(exec) = &scene.event.kind else { return };
        let Some(first) = exec.image.argv.args.first() else { return };
        if !(first.bytes().starts_with(b"[") && first.bytes().ends_with(b"]") && first.bytes().len() > 2) {
            return;
        }
        let name = first.lossless();
        self.raise("kernel_thread_name", Severity::Medium, ("calls itself", &name), false, &name, scene, out);
    }

    #[expect(clippy::too_many_arguments, reason = "what a finding of this behaviour is made of")]
    fn raise(
        &mut self,
        rule: &'static str,
        severity: Severity,
        (verb, what): (&str, &str),
        failed: bool,
        said: &str,
        scene: &Scene<'_>,
        out: &mut Sink,
    ) {
        if !self.told.once(rule, scene.process.id, (what, failed)) {
            return;
        }
        let Some(found) = out.raise(rule, scene) else { return };
        let place = name_of(&scene.process.group, scene.model);
        let (who, pid) = (program(scene.process), scene.process.id.pid);
        let severity = if failed { Severity::Low } else { severity };
        let tried = if failed { "tried: " } else { "" };
        found
            .titled(format!("{who} ({pid}) of {place} {tried}{verb} {what}"))
            .rated(severity)
            .refused(failed)
            .because("it is none of those that are there for it", Fact::of(scene.event, said));
    }
}
