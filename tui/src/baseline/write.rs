//! A baseline as a file for people: sorted, an entry a line, so that two can be compared line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Write as _};

use chrono::{DateTime, SecondsFormat};

use super::Baseline;
use super::entry::Seen;
use super::peer::Peer;
use super::workload::Workload;
use crate::model::{Text, Time};

/// What a file begins with; docs/BASELINE.md has more.
const HEADER: &str = "\
# What is normal, workload by workload: learnt, not judged. docs/BASELINE.md tells what each line means.
# An entry says how often it was seen (count), in how many containers, and since when (UTC). Lines can be taken out or
# added by hand; `*` within a path stands for a part that is made up each time.
";

/// The version of the format.
pub(super) const FORMAT: u32 = 1;

impl Display for Baseline {
    /// The file, as [`Baseline::read`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        writeln!(f, "\nformat = {FORMAT}\nmade_with = {}", quoted(&self.made_with))?;
        let learnt = self.learnt_from.iter().map(|it| {
            Line::new()
                .text("recording", &it.recording)
                .raw("first", stamp(it.first))
                .raw("last", stamp(it.last))
                .raw("events", it.events)
        });
        list(f, "learnt_from", learnt)?;
        for (name, workload) in &self.workloads {
            writeln!(f, "\n[workload.{}]", quoted(name))?;
            workload.write(f)?;
        }
        Ok(())
    }
}

impl Workload {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "images = {}", texts(self.images.iter()))?;
        if !self.digests.is_empty() {
            writeln!(f, "digests = {}", texts(self.digests.iter()))?;
        }
        if let Some(namespace) = &self.namespace {
            writeln!(f, "namespace = {}", quoted(namespace))?;
        }
        if !self.labels.is_empty() {
            let labels = self.labels.iter().map(|(key, value)| format!("{} = {}", quoted(key), quoted(value)));
            writeln!(f, "labels = {{ {} }}", labels.collect::<Vec<_>>().join(", "))?;
        }
        writeln!(f, "containers = {}\nwatched_seconds = {}", self.containers, self.watched)?;
        writeln!(f, "first = {}\nlast = {}\nimmutable = {}", stamp(self.first), stamp(self.last), self.immutable)?;
        self.write_programs(f)?;
        let listens = self.listens.iter().map(|(port, seen)| Line::new().text("port", &port.to_string()).seen(seen));
        list(f, "listens", listens)?;
        let connects = self.connects.iter().map(|(to, connect)| {
            let line = Line::new().peer(&to.peer).text("port", &to.port.to_string());
            line.some("addresses", &connect.addresses, |it| it.to_string()).seen(&connect.seen)
        });
        list(f, "connects", connects)?;
        let accepts = self
            .accepts
            .iter()
            .map(|(from, seen)| Line::new().text("port", &from.port.to_string()).peer(&from.peer).seen(seen));
        list(f, "accepts", accepts)?;
        let dns = self.dns.iter();
        list(f, "dns", dns.map(|(to, seen)| Line::new().peer(&to.peer).text("port", &to.port.to_string()).seen(seen)))?;
        self.write_rest(f)
    }

    fn write_programs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let programs = self.programs.iter().map(|(path, program)| {
            let mut line = Line::new().text("path", &path.lossless()).some("sha256", &program.hashes, String::clone);
            if program.written {
                line = line.raw("written", true);
            }
            let users = program.users.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            line.raw("users", format!("[{users}]")).seen(&program.seen)
        });
        list(f, "programs", programs)?;
        let pairs = |of: fn(&super::Program) -> &BTreeMap<Text, Seen>, name: &'static str| {
            let all =
                self.programs.iter().flat_map(move |(path, program)| of(program).iter().map(move |it| (path, it)));
            all.map(move |(path, (other, seen))| {
                Line::new().text("path", &path.lossless()).text(name, &other.lossless()).seen(seen)
            })
        };
        list(f, "started_by", pairs(|program| &program.parents, "parent"))?;
        list(f, "called_as", pairs(|program| &program.applets, "name"))
    }

    fn write_rest(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.files.iter().map(|(path, file)| {
            let mut line = Line::new().text("path", &path.lossless());
            for (name, is) in [("read", file.read), ("write", file.write)] {
                line = if is { line.raw(name, true) } else { line };
            }
            line.some("programs", &file.programs, Text::lossless).seen(&file.seen)
        });
        list(f, "files", files)?;
        let capabilities = self.capabilities.iter().map(|(name, capability)| {
            let line = Line::new().text("name", name);
            if capability.used { line.raw("used", true) } else { line }.seen(&capability.seen)
        });
        list(f, "capabilities", capabilities)
    }
}

/// An inline table in the making.
struct Line(String);

impl Line {
    fn new() -> Line {
        Line(String::new())
    }

    fn raw(mut self, name: &str, value: impl Display) -> Line {
        let comma = if self.0.is_empty() { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{comma}{name} = {value}");
        self
    }

    fn text(self, name: &str, value: &str) -> Line {
        self.raw(name, quoted(value))
    }

    fn some<T: Ord>(self, name: &str, all: &BTreeSet<T>, text: impl Fn(&T) -> String) -> Line {
        let all: Vec<String> = all.iter().map(text).collect();
        if all.is_empty() { self } else { self.raw(name, texts(all.iter())) }
    }

    fn peer(self, peer: &Peer) -> Line {
        match peer {
            Peer::Name(name) => self.text("name", &name.lossless()),
            Peer::Pod(owner) => self.text("pod", owner),
            Peer::Address(address) => self.text("address", &address.to_string()),
            Peer::Any => self.raw("anybody", true),
        }
    }

    fn seen(self, seen: &Seen) -> Line {
        let line = self.raw("count", seen.count).raw("containers", seen.containers);
        line.raw("first", stamp(seen.first)).raw("last", stamp(seen.last))
    }
}

/// A list, an entry a line; nothing where there is none.
fn list(f: &mut fmt::Formatter<'_>, name: &str, lines: impl Iterator<Item = Line>) -> fmt::Result {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return Ok(());
    }
    writeln!(f, "{name} = [")?;
    for Line(line) in lines {
        writeln!(f, "  {{ {line} }},")?;
    }
    writeln!(f, "]")
}

fn texts<'a>(all: impl Iterator<Item = &'a String>) -> String {
    format!("[{}]", all.map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

/// A basic string of TOML, on one line whatever is in it.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            // What else ends a line in some editor, or turns it around, is escaped too.
            c if c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c) => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A moment to the second, as RFC 3339 has it, in UTC: `2026-11-23T12:03:41Z`.
pub fn moment(time: Time) -> String {
    let seconds = i64::try_from(time.0 / 1_000_000_000).unwrap_or_default();
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A moment in quotes.
fn stamp(time: Time) -> String {
    format!("\"{}\"", moment(time))
}
