//! Files of rules, each read again only when it is another one than before.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::walk;
use crate::detect::{Outcome, RuleSet, Severity, read_rules_rating};

/// Largest file that is read.
const LARGEST: u64 = 1 << 20;

/// Where rules are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// A file, or a directory.
    pub path: PathBuf,
    /// Only Sigma rules are looked for in the directory.
    pub only_sigma: bool,
    /// Whether it is an error that it is not there.
    pub expected: bool,
}

/// What tells a file from what it was before.
type Stamp = (i64, i64, u64, u64);

#[derive(Debug)]
struct Known {
    stamp: Stamp,
    /// What is in it, or why it cannot be read.
    read: Result<Vec<Outcome>, String>,
}

/// Files of rules.
#[derive(Debug)]
pub struct Shelf {
    places: Vec<Place>,
    known: BTreeMap<PathBuf, Known>,
    /// Places that cannot be read, and why.
    missing: BTreeMap<PathBuf, String>,
    /// The configuration, and the rules that its exceptions are about.
    wanted: (Option<PathBuf>, Vec<String>),
    /// What the level `critical` of a Sigma rule is.
    critical: Severity,
}

impl Shelf {
    /// One that has looked at nothing yet.
    pub fn new(places: Vec<Place>) -> Shelf {
        let (known, missing, wanted) = (BTreeMap::new(), BTreeMap::new(), (None, Vec::new()));
        Shelf { places, known, missing, wanted, critical: Severity::High }
    }

    /// Rules that exceptions of the configuration `file` are about: one that is none would mute nothing, in silence.
    pub fn wanting(self, file: Option<PathBuf>, rules: Vec<String>) -> Shelf {
        Shelf { wanted: (file, rules), ..self }
    }

    /// Sigma rules of the level `critical` have this severity; without it `high`.
    pub fn rating(self, critical: Severity) -> Shelf {
        Shelf { critical, ..self }
    }

    /// Looks at the files again; true when something is other than before.
    pub fn look(&mut self) -> bool {
        let (mut there, mut missing) = (Vec::new(), BTreeMap::new());
        for place in &self.places {
            match walk::files(place) {
                Ok(files) => there.extend(files),
                Err(error) if !place.expected && error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => drop(missing.insert(place.path.clone(), format!("cannot be read: {error}"))),
            }
        }
        let before = self.known.len();
        self.known.retain(|path, _| there.contains(path));
        let mut changed = self.known.len() != before || missing != self.missing;
        self.missing = missing;
        for path in there {
            let stamp = stamp(&path);
            if self.known.get(&path).is_some_and(|known| known.stamp == stamp) {
                continue;
            }
            changed = true;
            let read = text(&path).map(|text| read_rules_rating(&path.display().to_string(), &text, self.critical));
            self.known.insert(path, Known { stamp, read });
        }
        changed
    }

    /// The rules, as of the last look.
    pub fn rules(&self) -> RuleSet {
        let named: Vec<(String, &Known)> =
            self.known.iter().map(|(path, it)| (path.display().to_string(), it)).collect();
        let files = named.iter().filter_map(|(name, known)| Some((name.as_str(), known.read.as_deref().ok()?)));
        let mut rules = RuleSet::of(files);
        for (name, known) in &named {
            if let Err(why) = &known.read {
                rules.blame(name.as_str(), why.as_str());
            }
        }
        for (path, why) in &self.missing {
            rules.blame(path.display().to_string(), why.as_str());
        }
        let (file, wanted) = &self.wanted;
        let file = file.as_deref().unwrap_or(Path::new("configuration"));
        let text = fs::read_to_string(file).unwrap_or_default();
        for name in wanted {
            rules.want(&file.display().to_string(), &text, name);
        }
        rules
    }
}

/// What tells a file from what it was before: when it was changed, its length, and which file it is.
fn stamp(path: &Path) -> Stamp {
    fs::metadata(path).map_or((0, 0, 0, 0), |data| (data.mtime(), data.mtime_nsec(), data.len(), data.ino()))
}

/// The text of a file.
fn text(path: &Path) -> Result<String, String> {
    let cannot = |error: io::Error| format!("cannot be read: {error}");
    // A pipe or a device would never end, or never begin.
    if !fs::metadata(path).map_err(cannot)?.is_file() {
        return Err("is no file".to_owned());
    }
    let mut bytes = Vec::new();
    fs::File::open(path).map_err(cannot)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("is larger than {} MiB, which no file of rules is", LARGEST >> 20));
    }
    String::from_utf8(bytes)
        .map_err(|error| format!("is no text: byte {} is not UTF-8", error.utf8_error().valid_up_to() + 1))
}
