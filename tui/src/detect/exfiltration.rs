//! Data that was gathered into an archive, and sent out.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::image::interprets;
use super::incident::name_of;
use super::kin::program;
use super::rule::Severity;
use crate::model::{Direction, Exec, Kind, Link, NetOp, Process, ProcessId};

/// Archives remembered.
const KEEP: usize = 1_024;
/// Programs that gather files into one.
const ARCHIVERS: &[&str] =
    &["tar", "bsdtar", "7z", "7za", "7zr", "7zz", "zip", "rar", "gzip", "xz", "zstd", "bzip2", "cpio", "ar"];
/// Programs that make text of data, or hide what it is.
const ENCODERS: &[&str] = &["base64", "base32", "xxd", "od", "hexdump", "uuencode", "openssl", "gpg", "age"];
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
    /// Whose streams were told.
    streamed: VecDeque<ProcessId>,
}

impl Behaviour for Exfiltration {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        match &scene.event.kind {
            Kind::Exec(exec) => self.note(exec, scene),
            Kind::Net(net) if net.op == NetOp::Connect && net.direction == Direction::Outbound => {
                // Looking up a name sends nothing away.
                if net.remote.is_some_and(|remote| remote.port() == 53) {
                    return;
                }
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
        if unpacks(exec) {
            return;
        }
        for arg in exec.image.argv.args.iter().skip(1).take(16) {
            let name = arg.file_name().lossless();
            if !ENDS.iter().any(|end| name.len() > end.len() && name.ends_with(end)) {
                continue;
            }
            // Packed anew it may be sent anew.
            self.archives.retain(|archive| archive.name != name);
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
        self.streams(remote, scene, out);
        if self.archives.is_empty() {
            return;
        }
        let lineage = scene.model.lineage(scene.process.id);
        let mut family = std::iter::once(scene.process).chain(lineage.take(2));
        let unsent = |archive: &&mut Archive| !archive.sent && archive.maker != scene.process.id;
        let named = family.find_map(|it| {
            let archive = self.archives.iter_mut().filter(unsent).find(|archive| names(it, &archive.name))?;
            archive.sent = true;
            Some((it, archive.name.clone(), archive.maker, archive.fact.clone()))
        });
        let Some((sender, name, maker, made)) = named else { return };
        let Some(found) = out.raise("archive_sent", scene) else { return };
        let place = name_of(&scene.process.group, scene.model);
        let given = Fact { time: sender.born, process: sender.id, kind: "exec".into(), text: program(sender) };
        found
            .titled(format!("{name} was packed in {place}, and is sent to {remote}"))
            .with(Some(maker))
            .with(Some(sender.id))
            .because("files were packed into it", made)
            .because("its name was handed to a program", given)
            .because("which opened a connection", Fact::of(scene.event, remote));
    }
}

impl Exfiltration {
    /// What an archiver writes goes through a pipe to somebody who opened a connection: no file in between.
    fn streams(&mut self, remote: &str, scene: &Scene<'_>, out: &mut Sink) {
        let fed = |link: Link, onward: bool| link == Link::Pipe && !onward;
        let mut feeders = scene.model.links(scene.process.id).filter(|(_, link, onward)| fed(*link, *onward));
        let packs =
            |it: &Process| ARCHIVERS.contains(&program(it).as_str()) || ENCODERS.contains(&program(it).as_str());
        let Some((feeder, ..)) = feeders.find(|(feeder, ..)| packs(feeder)) else { return };
        if self.streamed.contains(&feeder.id) {
            return;
        }
        if self.streamed.len() >= KEEP {
            self.streamed.pop_front();
        }
        self.streamed.push_back(feeder.id);
        let Some(found) = out.raise("archive_sent", scene) else { return };
        let place = name_of(&scene.process.group, scene.model);
        let words = feeder.image().map(|image| image.argv.args.iter().map(|arg| arg.lossless()).collect::<Vec<_>>());
        let made = Fact {
            time: feeder.born,
            process: feeder.id,
            kind: "exec".into(),
            text: words.unwrap_or_default().join(" "),
        };
        let who = program(scene.process);
        // What copies to where somebody logs in is an everyday backup.
        let tame = ["ssh", "rsync", "git", "scp", "sftp", "docker", "podman"].contains(&who.as_str());
        found
            .titled(format!("{} of {place} is packed and sent to {remote} by {who}", program(feeder)))
            .rated(if tame { Severity::Low } else { Severity::Medium })
            .with(Some(feeder.id))
            .because("it packs or encodes data", made)
            .because("and writes to somebody who opened a connection", Fact::of(scene.event, remote));
    }
}

/// It was given the name of the archive: as an argument, or as a part of one (`@/tmp/x.tgz`, `file=@x.tgz`). The text of a
/// script names much that it does not send.
fn names(process: &Process, archive: &str) -> bool {
    let Some(image) = process.image() else { return false };
    let mut script = false;
    image.argv.args.iter().skip(1).any(|arg| {
        if std::mem::replace(&mut script, arg.bytes() == b"-c" && interprets(image)) {
            return handed(&arg.lossless(), archive);
        }
        arg.lossless().split(['/', '@', '=', ':', ',', ';', '<']).any(|part| part == archive)
    })
}

/// Whether a script hands the archive to a program: `nc … <x.tgz`, `curl -T x.tgz`, `--data-binary @x.tgz`.
fn handed(script: &str, archive: &str) -> bool {
    let words: Vec<&str> = script.split([' ', ';', '&', '|', '\n']).filter(|word| !word.is_empty()).collect();
    words.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or_default();
        let names = word.trim_end_matches(['\'', '"', ')']).rsplit(['/', '<', '@', '=']).next() == Some(archive);
        names && (word.contains(['<', '@']) || matches!(before, "<" | "-T" | "--upload-file" | "scp" | "rsync"))
    })
}

/// True for an archiver that takes out what was packed, or looks into it.
fn unpacks(exec: &Exec) -> bool {
    let mut args = exec.image.argv.args.iter().skip(1).map(|arg| arg.lossless());
    let first = args.next().unwrap_or_default();
    let letters = first.trim_start_matches('-');
    let long = |name: &str| exec.image.argv.args.iter().any(|arg| arg.bytes() == name.as_bytes());
    match exec.image.exe.file_name().lossless().as_str() {
        "tar" | "bsdtar" | "cpio" | "ar" | "busybox" => {
            let packs = letters.contains(['c', 'r', 'u', 'o', 'A']) || long("--create") || long("--append");
            !packs && !first.starts_with("--")
                || long("--extract")
                || long("--list")
                || !first.starts_with("--") && letters.contains(['x', 't']) && !letters.contains('c')
        }
        "7z" | "7za" | "7zr" | "7zz" | "rar" => matches!(letters, "x" | "e" | "l" | "t"),
        _ => letters.contains('d') && !first.starts_with("--") && first.starts_with('-') || long("--decompress"),
    }
}
