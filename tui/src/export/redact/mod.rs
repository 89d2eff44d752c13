//! Takes out what tells more than it must: secrets in arguments, addresses, names of users and hosts become pseudonyms.
//!
//! The same becomes the same, in every text of one [`Redactor`], and with the same key in those of another. Ids of
//! containers and hashes of images stay, so that what is told can still be joined with what others know.

mod dossier;
mod event;
mod json;
mod known;
mod memory;
mod pseudonym;
mod seek;
mod shapes;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;

use known::Known;
use pseudonym::{Kind, Pseudonyms};
use seek::{Span, spans};

use crate::detect::Finding;
use crate::model::{Args, Text};

/// Registries of images that everybody uses: their names say nothing about anybody.
const REGISTRIES: &[&str] = &[
    "docker.io",
    "quay.io",
    "gcr.io",
    "ghcr.io",
    "k8s.gcr.io",
    "registry.k8s.io",
    "public.ecr.aws",
    "mcr.microsoft.com",
    "registry.access.redhat.com",
];

/// Replaces what should not leave.
///
/// It learns what is secret from where it stands (`--password X`), and then knows it wherever it stands. So what is to be
/// rewritten is best learned from first as a whole; whatever is rewritten is learned from, too.
#[derive(Clone, Debug)]
pub struct Redactor {
    names: Pseudonyms,
    known: Known,
    /// The least that is replaced: addresses are less than names, and names less than secrets.
    least: Kind,
    clean: json::Clean,
}

impl Redactor {
    /// One whose pseudonyms are made with `key`. Who has the key can find out whether a guess is right: it must not be
    /// known where the result goes.
    pub fn new(key: [u8; 32]) -> Redactor {
        Redactor {
            names: Pseudonyms::new(key),
            known: Known::default(),
            least: Kind::Address,
            clean: json::Clean::default(),
        }
    }

    /// One that replaces secrets alone: passwords, tokens, keys. Addresses and names stay.
    pub fn of_secrets(key: [u8; 32]) -> Redactor {
        Redactor { least: Kind::Secret, ..Redactor::new(key) }
    }

    /// How much was learned so far: what was told without something may tell it once this is another number.
    pub fn learned(&self) -> usize {
        self.known.len()
    }

    /// Lets go of what was learned. Pseudonyms stay the same.
    pub fn forget(&mut self) {
        self.known = Known::default();
        self.clean = json::Clean::default();
    }

    /// Says that this is the name of a user, wherever it stands.
    pub fn know_user(&mut self, name: &str) {
        if !shapes::EVERYBODY.contains(&name) {
            self.known.add(Kind::User, name);
        }
    }

    /// Says that this is the name of a host, wherever it stands.
    pub fn know_host(&mut self, name: &str) {
        if name != "localhost" {
            self.known.add(Kind::Host, name);
        }
    }

    /// Says that this is the id of a container: it stays.
    pub fn know_id(&mut self, id: &str) {
        self.known.add_id(id);
    }

    /// Learns from a text.
    pub fn learn_text(&mut self, text: &str) {
        for Span { kind, at } in spans(text, &self.known, self.least) {
            // What stands in several arguments is several secrets.
            text[at].split('\0').for_each(|value| self.known.add(kind, value));
        }
    }

    /// Learns from a command line.
    pub fn learn_argv<'a>(&mut self, argv: impl IntoIterator<Item = &'a str>) {
        let joined: Vec<&str> = argv.into_iter().collect();
        self.learn_text(&joined.join("\0"));
    }

    /// A text without what it should not tell.
    pub fn text(&mut self, text: &str) -> String {
        self.known.ready();
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for Span { kind, at } in spans(text, &self.known, self.least) {
            out.push_str(&text[from..at.start]);
            let names: Vec<String> = text[at.clone()].split('\0').map(|value| self.name(kind, value)).collect();
            out.push_str(&names.join("\0"));
            from = at.end;
        }
        out.push_str(&text[from..]);
        out
    }

    fn name(&self, kind: Kind, value: &str) -> String {
        if value.is_empty() { String::new() } else { self.names.name(kind, value) }
    }

    /// A command line, likewise: as many arguments as before.
    pub fn argv<'a>(&mut self, argv: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let joined: Vec<&str> = argv.into_iter().collect();
        if joined.is_empty() {
            return Vec::new();
        }
        // One alone is looked at as an argument, too.
        let text = self.text(&format!("{}\0", joined.join("\0")));
        text.strip_suffix('\0').unwrap_or(&text).split('\0').map(str::to_owned).collect()
    }

    /// An address of the same kind, that belongs to nobody unless it is a private one.
    pub fn address(&self, address: SocketAddr) -> SocketAddr {
        self.names.socket(address)
    }

    /// The name of a host.
    pub fn host(&self, name: &str) -> String {
        if name.is_empty() || name == "localhost" { name.to_owned() } else { self.names.name(Kind::Host, name) }
    }

    /// The name of a user.
    pub fn user(&self, name: &str) -> String {
        let stays = name.is_empty() || shapes::EVERYBODY.contains(&name);
        if stays { name.to_owned() } else { self.names.name(Kind::User, name) }
    }

    /// The reference of an image: the name of a registry that is not everybody's is taken out, the rest stays.
    pub fn image(&mut self, image: &str) -> String {
        let registry = image.split_once('/').filter(|(first, _)| first.contains(['.', ':']) && !first.contains(' '));
        let Some((registry, rest)) = registry else { return self.text(image) };
        let rest = self.text(rest);
        if REGISTRIES.contains(&registry) {
            return format!("{registry}/{rest}");
        }
        let (host, port) = registry.split_once(':').unwrap_or((registry, ""));
        let colon = if port.is_empty() { "" } else { ":" };
        format!("{}{colon}{}/{rest}", self.host(host), self.text(port))
    }

    /// A finding without what it should not tell.
    pub fn finding(&mut self, finding: Finding) -> Finding {
        let Finding { title, why, .. } = &finding;
        self.learn_text(title);
        why.iter().for_each(|evidence| self.learn_text(&evidence.fact.text));
        let mut finding = finding;
        finding.title = self.text(&finding.title);
        for evidence in &mut finding.why {
            evidence.predicate = self.text(&evidence.predicate);
            evidence.fact.text = self.text(&evidence.fact.text);
        }
        finding
    }

    /// Bytes, likewise; those that hold nothing of it stay as they are, also when they are no UTF-8.
    fn bytes(&mut self, text: &Text) -> Text {
        let lossless = text.lossless();
        let told = self.text(&lossless);
        if told == lossless { text.clone() } else { Text::from(told.as_str()) }
    }

    fn args(&mut self, args: &Args) -> Args {
        let words: Vec<String> = args.iter().map(|word| word.lossless()).collect();
        let told = self.argv(words.iter().map(String::as_str));
        if told == words { args.clone() } else { told.into_iter().collect() }
    }
}
