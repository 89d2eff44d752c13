//! The chain as a Mermaid flowchart.

use std::fmt::Write as _;

use super::dossier::{Dossier, EdgeKind};
use super::graph::{Node, borders, edges, findings_and_addresses};
use crate::escape::{Shown, shown};

/// One flowchart; several incidents are parts of it.
pub fn mermaid(dossiers: &[Dossier]) -> String {
    let mut out = String::from("flowchart TB\n");
    for dossier in dossiers {
        let title = shown(&format!("{} {}", dossier.id, dossier.title));
        push(&mut out, 1, &format!("subgraph {}[\"{}\"]", dossier.id, quoted(&title)));
        one(&mut out, dossier);
        push(&mut out, 1, "end");
    }
    for (class, colour) in
        [("critical", "#b3123f"), ("high", "#c2410c"), ("medium", "#a16207"), ("low", "#475569"), ("info", "#475569")]
    {
        push(&mut out, 1, &format!("classDef {class} stroke:{colour},stroke-width:3px"));
    }
    out
}

fn one(out: &mut String, dossier: &Dossier) {
    let id = &dossier.id;
    for border in borders(dossier) {
        push(out, 2, &format!("subgraph {id}{}[\"{}\"]", border.key, quoted(&border.label)));
        for it in &border.nodes {
            node(out, 3, id, it, ["[", "]"]);
        }
        push(out, 2, "end");
    }
    let (findings, addresses) = findings_and_addresses(dossier);
    for it in &findings {
        node(out, 2, id, it, ["([", "])"]);
    }
    for it in &addresses {
        node(out, 2, id, it, ["{{", "}}"]);
    }
    for edge in edges(dossier) {
        let arrow = match edge.kind {
            EdgeKind::Born => "-->",
            EdgeKind::Connection => "==>",
            EdgeKind::Relation | EdgeKind::Next => "-.->",
        };
        push(out, 2, &format!("{id}{} {arrow}|{}| {id}{}", edge.from, edge.text, edge.to));
    }
}

fn node(out: &mut String, depth: usize, id: &str, node: &Node, [open, close]: [&str; 2]) {
    let lines: Vec<String> = node.lines.iter().filter(|it| !it.as_str().is_empty()).map(quoted).collect();
    let class = if node.severity.is_empty() { String::new() } else { format!(":::{}", node.severity) };
    push(out, depth, &format!("{id}{}{open}\"{}\"{close}{class}", node.key, lines.join("<br/>")));
}

fn push(out: &mut String, depth: usize, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{:1$}{line}", "", 4 * depth);
}

/// Text within quotes: every ASCII character that means something to Mermaid, Markdown or HTML as its number.
pub(super) fn quoted(text: &Shown) -> String {
    let mut out = String::new();
    for c in text.as_str().chars() {
        if c.is_ascii() && !c.is_ascii_alphanumeric() && !" .,/:-=".contains(c) {
            // Writing to a String cannot fail.
            let _ = write!(out, "#{};", c as u32);
        } else {
            out.push(c);
        }
    }
    out
}
