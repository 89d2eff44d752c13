//! Ordinary programs where they do not belong: package managers in running containers, hidden programs, tools that
//! destroy, links to what tells secrets.

#[cfg(test)]
mod tests;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::incident::name_of;
use super::kin::{administers, installs, is_installer, program};
use super::rule::Severity;
use super::told::Told;
use crate::model::{Deed, Exec, GroupKey, Kind, MountCall, NameCall, Naming, Opened};

/// Directories that anybody may write to.
const TEMPORARY: &[&[u8]] = &[b"/tmp/", b"/var/tmp/", b"/dev/shm/", b"/run/user/"];
/// Programs that leave nothing behind.
const DESTROYERS: &[&str] = &["shred", "wipe", "wipefs", "srm", "blkdiscard", "badblocks"];
/// Files that a link must not point to.
const SECRETS: &[&str] = &["/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/root/.ssh/id_rsa", "/root/.ssh/id_ed25519"];

/// Watches what is where it should not be.
#[derive(Debug, Default)]
pub(super) struct Misuse {
    told: Told,
}

impl Behaviour for Misuse {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        match &scene.event.kind {
            Kind::Exec(exec) => self.runs(exec, scene, out),
            Kind::Act(act) if act.error.is_none() => match &act.what {
                Deed::Open(opened) if opened.mapped => self.loads(opened, scene, out),
                Deed::Name(naming) => {
                    self.links(naming, &act.to_string(), scene, out);
                    self.rights(naming, &act.to_string(), scene, out);
                }
                Deed::Mount(mount) if mount.how == MountCall::Mount => {
                    self.hides(&mount.target.lossless(), &act.to_string(), scene, out);
                }
                _ => {}
            },
            _ => {}
        }
    }
}

/// Whether the words of touch(1) give a file of the system a time that is not now.
fn forged(words: &str) -> bool {
    const SYSTEM: [&str; 8] = ["/bin/", "/sbin/", "/usr/", "/etc/", "/lib/", "/lib64/", "/boot/", "/var/"];
    let mut words = words.split(' ').skip(1);
    let (mut given, mut system) = (false, false);
    while let Some(word) = words.next() {
        match word {
            "-r" | "-d" | "-t" | "--reference" | "--date" => {
                given = true;
                words.next();
            }
            _ if word.starts_with("--reference=") || word.starts_with("--date=") => given = true,
            _ => system |= SYSTEM.iter().any(|start| word.starts_with(start)),
        }
    }
    given && system
}

impl Misuse {
    fn runs(&mut self, exec: &Exec, scene: &Scene<'_>, out: &mut Sink) {
        let process = scene.process;
        let (name, place) = (program(process), name_of(&process.group, scene.model));
        let words = || exec.image.argv.args.iter().map(|arg| arg.lossless()).collect::<Vec<_>>().join(" ");
        let inside = matches!(process.group, GroupKey::Container(_));
        let asker = process.birth_parent.unwrap_or(process.id);
        if inside && is_installer(process) && self.told.once("packages_in_container", asker, ()) {
            let Some(found) = out.raise("packages_in_container", scene) else { return };
            found
                .titled(format!("{name} ({}) changes what {place} is made of", process.id.pid))
                .because("a package manager runs in a container", Fact::of(scene.event, words()));
        }
        let path = exec.image.exe.bytes();
        let temporary = TEMPORARY.iter().any(|start| path.starts_with(start));
        let hidden = path.split(|&b| b == b'/').any(|part| part.len() > 1 && part.starts_with(b".") && part != b"..");
        if temporary && hidden && !installs(process, scene.model) && self.told.once("hidden_program", process.id, ()) {
            let Some(found) = out.raise("hidden_program", scene) else { return };
            found
                .titled(format!("A hidden program runs on {place}: {} ({})", exec.image.exe.lossless(), process.id.pid))
                .because(
                    "its name begins with a dot, in a directory for temporary files",
                    Fact::of(scene.event, words()),
                );
        }
        let forges = name == "touch" && forged(&words()) && !administers(process, scene.model);
        if forges && self.told.once("times_forged", asker, words()) {
            let Some(found) = out.raise("times_forged", scene) else { return };
            found
                .titled(format!("{name} ({}) of {place} gives a file of the system another age", process.id.pid))
                .because("it is told which time to give to it", Fact::of(scene.event, words()));
        }
        let destroys = DESTROYERS.contains(&name.as_str()) && !administers(process, scene.model);
        if destroys && self.told.once("data_destroyed", asker, ()) {
            let Some(found) = out.raise("data_destroyed", scene) else { return };
            found
                .titled(format!("{name} ({}) of {place} destroys data", process.id.pid))
                .because("it is there to leave nothing behind", Fact::of(scene.event, words()));
        }
    }

    /// A program that runs with the rights of its owner, made by nobody who installs programs.
    fn rights(&mut self, naming: &Naming, said: &str, scene: &Scene<'_>, out: &mut Sink) {
        const SETUID: u32 = 0o4000;
        // What a container leaves on the host is an escape, and told as one.
        let crossing = matches!(scene.process.group, GroupKey::Container(_)) && naming.host.is_some();
        let made = naming.how == NameCall::Chmod && naming.mode & SETUID != 0 && scene.process.creds.euid == 0;
        if !made || crossing || administers(scene.process, scene.model) {
            return;
        }
        if !self.told.once("setuid_made", scene.process.id, naming.path.bytes()) {
            return;
        }
        let Some(found) = out.raise("setuid_made", scene) else { return };
        let (who, place) = (program(scene.process), name_of(&scene.process.group, scene.model));
        found
            .titled(format!("{who} ({}) of {place} made {} run as root", scene.process.id.pid, naming.path.lossless()))
            .because("whoever runs it gets the rights of root", Fact::of(scene.event, said));
    }

    /// Something is mounted over the directory of a process.
    fn hides(&mut self, target: &str, said: &str, scene: &Scene<'_>, out: &mut Sink) {
        let pid =
            target.strip_prefix("/proc/").filter(|pid| !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit()));
        if pid.is_none() || !self.told.once("process_hidden", scene.process.id, target) {
            return;
        }
        let Some(found) = out.raise("process_hidden", scene) else { return };
        let (who, place) = (program(scene.process), name_of(&scene.process.group, scene.model));
        found
            .titled(format!("{who} ({}) of {place} hides the process at {target}", scene.process.id.pid))
            .because("what is mounted there covers it", Fact::of(scene.event, said));
    }

    /// A library out of a directory for temporary files, which somebody else put there.
    fn loads(&mut self, opened: &Opened, scene: &Scene<'_>, out: &mut Sink) {
        let temporary = |path: &[u8]| TEMPORARY.iter().any(|start| path.starts_with(start));
        let own = scene.process.image().is_some_and(|image| temporary(image.exe.bytes()));
        // Programs that bring their libraries along unpack them there themselves.
        let other = opened.writer.is_some_and(|writer| writer != scene.process.id);
        if own || !other || !temporary(opened.path.bytes()) || opened.in_memory {
            return;
        }
        if !self.told.once("library_preloaded", scene.process.id, opened.path.bytes()) {
            return;
        }
        let Some(found) = out.raise("library_preloaded", scene) else { return };
        let (who, place) = (program(scene.process), name_of(&scene.process.group, scene.model));
        found
            .titled(format!("{who} ({}) of {place} runs with {}", scene.process.id.pid, opened.path.lossless()))
            .with(opened.writer)
            .because(
                "the library lies where anybody may put one, and somebody else did",
                Fact::of(scene.event, opened.path.lossless()),
            );
    }

    fn links(&mut self, naming: &Naming, said: &str, scene: &Scene<'_>, out: &mut Sink) {
        let links = matches!(naming.how, NameCall::Link | NameCall::Symlink);
        let to = naming.from.lossless();
        if !links || !SECRETS.contains(&to.as_str()) || administers(scene.process, scene.model) {
            return;
        }
        if !self.told.once("secret_linked", scene.process.id, &to) {
            return;
        }
        let Some(found) = out.raise("secret_linked", scene) else { return };
        let (who, place) = (program(scene.process), name_of(&scene.process.group, scene.model));
        found
            .titled(format!("{who} ({}) of {place} links to {to}", scene.process.id.pid))
            .rated(Severity::Medium)
            .because("whoever follows the link opens what tells secrets", Fact::of(scene.event, said));
    }
}
