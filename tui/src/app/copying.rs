//! What can be copied to the clipboard of the terminal.

use super::{App, Effect};
use crate::detect::Finding;
use crate::escape::{shell_quoted, shown};
use crate::model::{GroupKey, Process};

/// Most bytes that are copied at once: terminals refuse more by OSC 52.
const MOST: usize = 50_000;

/// A piece of what is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Its command line, quoted so that a shell takes it as it was.
    Command,
    /// The path of its program.
    Exe,
    /// Its pid.
    Pid,
    /// The full id of its container.
    Container,
    /// The image of its container.
    Image,
    /// The address at the other end of its connection.
    Address,
    /// Its lineage, a line for each.
    Lineage,
    /// What was found of it, with the evidence.
    Finding,
}

impl Piece {
    fn name(self) -> &'static str {
        match self {
            Piece::Command => "the command line",
            Piece::Exe => "the path of the program",
            Piece::Pid => "the pid",
            Piece::Container => "the container's id",
            Piece::Image => "the image",
            Piece::Address => "the address",
            Piece::Lineage => "the lineage",
            Piece::Finding => "what was found",
        }
    }
}

impl App {
    /// Copies a piece of what is marked.
    pub fn copy(&mut self, piece: Piece) -> Option<Effect> {
        let text = self.piece(piece);
        let name = piece.name();
        match text {
            None => self.tell(format!("nothing to copy: {name} of what is marked is not known")),
            Some(text) if text.len() > MOST => {
                self.tell(format!("not copied: {name} has {} bytes, and terminals take {MOST}", text.len()));
            }
            Some(text) => {
                self.tell(format!("copied {name} to the clipboard of the terminal"));
                return Some(Effect::Copy(text));
            }
        }
        None
    }

    fn piece(&self, piece: Piece) -> Option<String> {
        if let (Piece::Address, super::View::Network) = (piece, self.view) {
            return self.tables.flows.marked()?.at.map(|at| at.to_string());
        }
        let process = self.subject().and_then(|id| self.model().process(id));
        let group = process.map(|process| process.group.clone()).or_else(|| match &self.selected {
            Some(super::NodeKey::Group(key)) => Some(key.clone()),
            _ => None,
        });
        let text = match piece {
            Piece::Command => command(process?)?,
            Piece::Exe => shell_quoted(process?.image()?.exe.bytes()),
            Piece::Pid => process?.id.pid.to_string(),
            Piece::Container => match group? {
                GroupKey::Container(id) => shell_quoted(id.as_bytes()),
                GroupKey::Host | GroupKey::Service(_) => return None,
            },
            Piece::Image => {
                let container = self.model().group(&group?)?.container.as_ref()?;
                shell_quoted(container.news.image.as_ref()?.as_bytes())
            }
            Piece::Address => {
                let connections = &process?.connections;
                let newest = connections.iter().rev();
                newest.filter_map(|connection| connection.remote).next()?.to_string()
            }
            Piece::Lineage => self.lineage_text(process?),
            Piece::Finding => self.finding_text(process?)?,
        };
        Some(text).filter(|text| !text.is_empty())
    }

    fn lineage_text(&self, process: &Process) -> String {
        let line = |process: &Process| {
            let command = command(process).unwrap_or_default();
            format!("{} {} {command}\n", process.id.pid, self.name_of_group(&process.group))
        };
        let mut lines = vec![line(process)];
        lines.extend(self.model().lineage(process.id).filter(|it| it.id.pid != 0).map(line));
        let text: String = lines.into_iter().rev().collect();
        safe(text.trim_end())
    }

    fn finding_text(&self, process: &Process) -> Option<String> {
        let of = |finding: &&Finding| finding.process == process.id && finding.muted.is_none();
        let found: Vec<String> = self.detector().findings().filter(of).map(told).collect();
        (!found.is_empty()).then(|| safe(&format!("{}\nlineage:\n{}", found.join("\n"), self.lineage_text(process))))
    }
}

fn told(finding: &Finding) -> String {
    let mitre = finding.rule.mitre.join(", ");
    let mut text = format!("{}: {} [{}, {mitre}]", finding.severity.name(), finding.title, finding.rule.id);
    for evidence in &finding.why {
        text.push_str(&format!("\n  {}: {}", evidence.predicate, evidence.fact.text));
    }
    text
}

/// The command line; `None` where nothing was run, or its arguments are not known.
fn command(process: &Process) -> Option<String> {
    let image = process.image()?;
    let args: Vec<String> = image.argv.args.iter().map(|arg| shell_quoted(arg.bytes())).collect();
    if args.is_empty() { Some(shell_quoted(image.exe.bytes())) } else { Some(args.join(" ")) }
}

/// Text for people: lines stay lines, and nothing in them can do anything where it is pasted.
fn safe(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| shown(line).as_str().to_owned()).collect();
    lines.join("\n")
}
