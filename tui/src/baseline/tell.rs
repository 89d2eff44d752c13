//! The entries of a workload, each in a line of words: for people, and to compare two.

use std::fmt;

use super::entry::{Entry, Seen};
use super::workload::Workload;
use crate::model::Text;

/// An entry in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What sort of entry it is: `program`, `listens`, …
    pub sort: &'static str,
    /// What it is about.
    pub what: String,
    /// How often it was seen, and since when.
    pub seen: Seen,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:10} {}", self.sort, self.what)
    }
}

impl Workload {
    /// Every entry, in the order of the file.
    pub fn told(&self) -> Vec<Told> {
        let mut all = Vec::new();
        let mut tell = |sort, what: String, seen: &Seen| all.push(Told { sort, what, seen: *seen });
        for image in &self.images {
            let seen = Seen { count: self.containers, containers: self.containers, first: self.first, last: self.last };
            tell("image", image.clone(), &seen);
        }
        for (path, program) in &self.programs {
            let path = path.lossless();
            let note = if program.written { " (not of the image)" } else { "" };
            tell("program", format!("{path}{note}"), &program.seen);
            for (parent, seen) in &program.parents {
                tell("started", format!("{path} by {}", parent.lossless()), seen);
            }
            for (name, seen) in &program.applets {
                let how = if name.bytes().starts_with(b"/") { "with" } else { "as" };
                tell("called", format!("{path} {how} {}", name.lossless()), seen);
            }
            for hash in &program.hashes {
                tell("content", format!("{path} {hash}"), &program.seen);
            }
        }
        self.listens.iter().for_each(|(port, seen)| tell("listens", port.to_string(), seen));
        self.connects.iter().for_each(|(to, connect)| tell("connects", to.to_string(), connect.seen()));
        self.accepts.iter().for_each(|(from, seen)| tell("accepts", format!("{} from {}", from.port, from.peer), seen));
        self.dns.iter().for_each(|(server, seen)| tell("dns", server.to_string(), seen));
        for (path, file) in &self.files {
            let how = match (file.read, file.write) {
                (true, true) => "read and written",
                (false, true) => "written",
                _ => "read",
            };
            let programs: Vec<String> = file.programs.iter().map(Text::lossless).collect();
            tell("file", format!("{} {how} by {}", path.lossless(), programs.join(", ")), &file.seen);
        }
        for (name, capability) in &self.capabilities {
            let used = if capability.used { " (used)" } else { "" };
            tell("capability", format!("{name}{used}"), &capability.seen);
        }
        all
    }
}
