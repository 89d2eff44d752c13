//! Ordinary programs where they do not belong: package managers in running containers, hidden programs, tools that
//! destroy, links to what tells secrets.

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::incident::name_of;
use super::kin::{administers, installs, is_installer, program};
use super::rule::Severity;
use super::told::Told;
use crate::model::{Deed, Exec, GroupKey, Kind, NameCall, Naming};

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
            Kind::Act(act) if act.error.is_none() => {
                if let Deed::Name(naming) = &act.what {
                    self.links(naming, &act.to_string(), scene, out);
                }
            }
            _ => {}
        }
    }
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
        let hidden = path.split(|&b| b == b'/').any(|part| part.len() > 2 && part.starts_with(b".") && part != b"..");
        if temporary && hidden && !installs(process, scene.model) && self.told.once("hidden_program", process.id, ()) {
            let Some(found) = out.raise("hidden_program", scene) else { return };
            found
                .titled(format!("A hidden program runs on {place}: {} ({})", exec.image.exe.lossless(), process.id.pid))
                .because(
                    "its name begins with a dot, in a directory for temporary files",
                    Fact::of(scene.event, words()),
                );
        }
        let destroys = DESTROYERS.contains(&name.as_str()) && !administers(process, scene.model);
        if destroys && self.told.once("data_destroyed", asker, ()) {
            let Some(found) = out.raise("data_destroyed", scene) else { return };
            found
                .titled(format!("{name} ({}) of {place} destroys data", process.id.pid))
                .because("it is there to leave nothing behind", Fact::of(scene.event, words()));
        }
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
