//! The chain as a graph for Graphviz.

use std::fmt::Write as _;

use super::dossier::{Dossier, EdgeKind};
use super::graph::{Node, borders, edges, findings_and_addresses};
use crate::escape::{Shown, shown};

/// One graph; several incidents are clusters of it.
pub fn dot(dossiers: &[Dossier]) -> String {
    let mut out = String::from(
        "digraph incidents {\n    rankdir=TB;\n    node [shape=box, fontname=\"monospace\", fontsize=10];\n    \
         edge [fontname=\"monospace\", fontsize=9];\n",
    );
    for dossier in dossiers {
        one(&mut out, dossier);
    }
    out.push_str("}\n");
    out
}

fn one(out: &mut String, dossier: &Dossier) {
    let id = &dossier.id;
    let title = shown(&format!("{} {}", dossier.id, dossier.title));
    push(out, 1, &format!("subgraph cluster_{id} {{"));
    push(out, 2, &format!("label={};", quoted([&title])));
    for border in borders(dossier) {
        push(out, 2, &format!("subgraph cluster_{id}{} {{", border.key));
        push(out, 3, &format!("label={}; style=rounded;", quoted([&border.label])));
        for it in &border.nodes {
            node(out, 3, id, it, "");
        }
        push(out, 2, "}");
    }
    let (findings, addresses) = findings_and_addresses(dossier);
    for it in &findings {
        node(out, 2, id, it, ", shape=note");
    }
    for it in &addresses {
        node(out, 2, id, it, ", shape=oval");
    }
    for edge in edges(dossier) {
        let style = match edge.kind {
            EdgeKind::Born => "solid",
            EdgeKind::Connection => "bold",
            EdgeKind::Relation | EdgeKind::Next => "dashed",
        };
        let (from, to, text) = (edge.from, edge.to, edge.text);
        push(out, 2, &format!("{id}{from} -> {id}{to} [label=\"{text}\", style={style}];"));
    }
    push(out, 1, "}");
}

fn node(out: &mut String, depth: usize, id: &str, node: &Node, more: &str) {
    let colour = match node.severity {
        "critical" => ", color=\"#b3123f\", penwidth=2",
        "high" => ", color=\"#c2410c\", penwidth=2",
        "medium" => ", color=\"#a16207\", penwidth=2",
        _ => "",
    };
    push(out, depth, &format!("{id}{} [label={}{more}{colour}];", node.key, quoted(&node.lines)));
}

fn push(out: &mut String, depth: usize, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{:1$}{line}", "", 4 * depth);
}

/// Lines as one quoted text: a quote, a backslash and the start of an HTML entity are the only signs that mean something
/// there.
fn quoted<'a>(lines: impl IntoIterator<Item = &'a Shown>) -> String {
    let lines: Vec<String> = lines.into_iter().map(|line| escaped(line.as_str())).collect();
    format!("\"{}\"", lines.join("\\n"))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}
