//! What is left behind to start again, and traces that are taken away: files of the own system.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::incident::name_of;
use super::kin::{administers, program};
use super::rule::Severity;
use crate::model::{Deed, GroupKey, Kind, Model, NameCall, ProcessId, Text};

/// What a refusal is (`errno(3)`).
const EPERM: i32 = 1;
const EACCES: i32 = 13;
const EROFS: i32 = 30;
/// What was told is remembered for so many.
const KEEP: usize = 16_384;

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
    "/.ssh/authorized_keys",
    "/.ssh/rc",
    "/.bashrc",
    "/.profile",
    "/.bash_profile",
    "/.zshrc",
];
/// What remembers.
const HISTORIES: &[&str] = &[".bash_history", ".zsh_history", ".history", ".python_history", ".mysql_history"];
const LOGS: &[&str] =
    &["wtmp", "btmp", "utmp", "lastlog", "auth.log", "secure", "syslog", "messages", "kern.log", "audit.log"];

/// Watches the files that start things, and those that remember.
#[derive(Debug, Default)]
pub(super) struct Persistence {
    told: HashSet<(ProcessId, &'static str)>,
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
            Deed::Open(opened) if opened.write => {
                self.planted(&opened.path, opened.host.as_ref(), failed, &act.to_string(), scene, out);
            }
            Deed::Name(naming) => {
                let takes = matches!(naming.how, NameCall::Unlink | NameCall::Truncate | NameCall::Rename);
                let old = if naming.how == NameCall::Rename { &naming.from } else { &naming.path };
                let nulled = naming.how == NameCall::Symlink && naming.from.bytes() == b"/dev/null";
                if takes && self.traces(old, failed, &act.to_string(), scene, out) {
                    return;
                }
                if nulled && self.traces(&naming.path, failed, &act.to_string(), scene, out) {
                    return;
                }
                if naming.how != NameCall::Unlink {
                    self.planted(&naming.path, naming.host.as_ref(), failed, &act.to_string(), scene, out);
                }
            }
            _ => {}
        }
    }

    fn forget(&mut self, gone: ProcessId, _: &Model) {
        self.told.retain(|(process, _)| *process != gone);
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
        let starts = STARTS.iter().any(|start| name.starts_with(start)) || FILES.iter().any(|end| name.ends_with(end));
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
        if !log && ["bash", "zsh", "sh", "python3", "mysql"].contains(&own.as_str())
            || administers(scene.process, scene.model)
        {
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
        if self.told.len() > KEEP {
            self.told.clear();
        }
        if !self.told.insert((scene.process.id, rule)) {
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
