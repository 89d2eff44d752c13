//! The chain as nodes, borders and edges, for the formats that lay it out themselves.

use super::dossier::{Dossier, Edge, EdgeKind};
use super::key::Key;
use crate::escape::{Shown, shown, shown_within};

/// Cells of a label's line.
const WIDTH: usize = 60;

/// A border, and the nodes within it.
pub(super) struct Border {
    pub(super) key: Key,
    pub(super) label: Shown,
    pub(super) nodes: Vec<Node>,
}

/// A node.
pub(super) struct Node {
    pub(super) key: Key,
    pub(super) lines: Vec<Shown>,
    /// The severity of what was found of it, as a word; empty where nothing was.
    pub(super) severity: &'static str,
}

/// The processes by where they ran.
pub(super) fn borders(dossier: &Dossier) -> Vec<Border> {
    let border = |place: &super::dossier::PlaceTold| {
        let inside = dossier.processes.iter().filter(|process| process.place == place.key);
        let image = place.image.as_ref().map(|image| format!(", {image}")).unwrap_or_default();
        let nodes = inside.map(|process| {
            let found = dossier.findings().filter(|(_, finding)| finding.process == Some(process.key));
            let severity = found.map(|(_, finding)| finding.severity).max();
            let lines = vec![shown_within(&process.name(), WIDTH), shown_within(&process.command(), WIDTH)];
            Node { key: process.key, lines, severity: severity.map_or("", |severity| severity.name()) }
        });
        Border { key: place.key, label: shown(&format!("{}{image}", place.label())), nodes: nodes.collect() }
    };
    dossier.places.iter().map(border).collect()
}

/// The findings and the addresses.
pub(super) fn findings_and_addresses(dossier: &Dossier) -> (Vec<Node>, Vec<Node>) {
    let findings = dossier.findings().map(|(stage, finding)| Node {
        key: finding.key,
        lines: vec![
            shown(&format!("{} {}", stage + 1, dossier.stages[stage].stage)),
            shown_within(&finding.title, 2 * WIDTH),
        ],
        severity: finding.severity.name(),
    });
    let addresses = dossier.endpoints.iter().map(|contact| Node {
        key: contact.key,
        lines: vec![shown(&contact.address.to_string())],
        severity: "",
    });
    (findings.collect(), addresses.collect())
}

/// The edges, and from each finding to whose it is.
pub(super) fn edges(dossier: &Dossier) -> Vec<Edge> {
    let of = dossier.findings().filter_map(|(_, finding)| {
        Some(Edge { from: finding.key, to: finding.process?, kind: EdgeKind::Next, text: "of" })
    });
    dossier.edges.iter().cloned().chain(of).collect()
}
