//! Data that was gathered into an archive, and sent out.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::incident::name_of;
use super::kin::program;
use crate::model::{Direction, Exec, Kind, NetOp, Process, ProcessId};

/// Archives remembered.
const KEEP: usize = 1_024;
/// Programs that gather files into one.
const ARCHIVERS: &[&str] =
    &["tar", "bsdtar", "7z", "7za", "7zr", "7zz", "zip", "rar", "gzip", "xz", "zstd", "bzip2", "cpio", "ar"];
/// How the names of what they make end.
const ENDS: &[&str] =
    &[".tar", ".tgz", ".tar.gz", ".gz", ".xz", ".zst", ".bz2", ".7z", ".zip", ".rar", ".cpio", ".tbz", ".txz"];

/// An archive that was made.
#[derive(Debug)]
struct Archive {
    name: String,
    maker: ProcessId,
    fact: Fact,
    sent: bool,
}

/// Watches archives and where they go.
#[derive(Debug, Default)]
pub(super) struct Exfiltration {
    archives: VecDeque<Archive>,
}

impl Behaviour for Exfiltration {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        match &scene.event.kind {
            Kind::Exec(exec) => self.note(exec, scene),
            Kind::Net(net) if net.op == NetOp::Connect && net.direction == Direction::Outbound => {
                let remote = net.remote.map(|remote| remote.to_string()).unwrap_or_default();
                self.sends(&remote, scene, out);
            }
            _ => {}
        }
    }
}

impl Exfiltration {
    fn note(&mut self, exec: &Exec, scene: &Scene<'_>) {
        if !ARCHIVERS.contains(&program(scene.process).as_str()) {
            return;
        }
        for arg in exec.image.argv.args.iter().skip(1).take(16) {
            let name = arg.file_name().lossless();
            let known = self.archives.iter().any(|archive| archive.name == name);
            if known || !ENDS.iter().any(|end| name.len() > end.len() && name.ends_with(end)) {
                continue;
            }
            if self.archives.len() >= KEEP {
                self.archives.pop_front();
            }
            let words: Vec<String> = exec.image.argv.args.iter().map(|arg| arg.lossless()).collect();
            let fact = Fact::of(scene.event, words.join(" "));
            self.archives.push_back(Archive { name, maker: scene.process.id, fact, sent: false });
        }
    }

    /// A connection of somebody who, or whose starter, was given the name of an archive.
    fn sends(&mut self, remote: &str, scene: &Scene<'_>, out: &mut Sink) {
        if self.archives.is_empty() {
            return;
        }
        let lineage = scene.model.lineage(scene.process.id);
        let family = std::iter::once(scene.process).chain(lineage.into_iter().take(2));
        let unsent = |archive: &&mut Archive| !archive.sent && archive.maker != scene.process.id;
        let named = family.into_iter().find_map(|it| {
            let archive = self.archives.iter_mut().filter(unsent).find(|archive| names(it, &archive.name))?;
            archive.sent = true;
            Some((it, archive.name.clone(), archive.maker, archive.fact.clone()))
        });
        let Some((sender, name, maker, made)) = named else { return };
        let Some(found) = out.raise("archive_sent", scene) else { return };
        let place = name_of(&scene.process.group, scene.model);
        let given = Fact { time: sender.born, process: sender.id, kind: "exec", text: program(sender) };
        found
            .titled(format!("{name} was packed in {place}, and is sent to {remote}"))
            .with(Some(maker))
            .with(Some(sender.id))
            .because("files were packed into it", made)
            .because("its name was handed to a program", given)
            .because("which opened a connection", Fact::of(scene.event, remote));
    }
}

fn names(process: &Process, archive: &str) -> bool {
    process.image().is_some_and(|image| image.argv.args.iter().any(|arg| arg.lossless().contains(archive)))
}
