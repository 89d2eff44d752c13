//! What is new, in words.

use super::News;
use crate::baseline::{Fact, Outside, Workload, capability_name, span};
use crate::detect::behaviour::Scene;
use crate::detect::kin::program;
use crate::model::CONTENT_TAG;

/// What is new, as it is told once for each container.
pub(super) fn what(fact: &Fact, outside: Outside, workload: &Workload) -> String {
    match fact {
        Fact::Program { path, applet, parent, .. } => {
            let path = path.lossless();
            match (outside, applet, parent) {
                (Outside::Parent, _, Some(parent)) => format!("{path}, started by {}", parent.lossless()),
                (_, Some(script), _) if script.bytes().starts_with(b"/") => {
                    format!("{path} with {}", script.lossless())
                }
                (_, Some(applet), _) => format!("{path} as {}", applet.lossless()),
                _ => path,
            }
        }
        Fact::Content { path, hash } => format!("{} with {CONTENT_TAG}{hash}", path.lossless()),
        Fact::Listen(port) => port.to_string(),
        Fact::Connect(to, address) => {
            let (peer, address) = (to.peer.to_string(), address.to_string());
            if peer == address { format!("{peer} {}", to.port) } else { format!("{peer} ({address}) {}", to.port) }
        }
        Fact::Dns(server) => server.to_string(),
        Fact::Accept(source) => format!("{} {}", source.peer, source.port),
        Fact::File { path, program, .. } if outside == Outside::Reader => {
            format!("{} by {}", path.lossless(), program.lossless())
        }
        Fact::File { path, .. } => path.lossless(),
        Fact::Held(set) => {
            let new = workload.new_capabilities(*set);
            let names: Vec<String> = (0..64).filter(|bit| new >> bit & 1 == 1).map(capability_name).collect();
            names.join(" ")
        }
        Fact::Used(bit) => capability_name(*bit),
        Fact::Changed => String::new(),
    }
}

/// The title of a finding.
pub(super) fn title(news: &News<'_>, scene: &Scene<'_>, place: &str) -> String {
    let (what, who) = (&news.what, format!("{} ({})", program(scene.process), scene.process.id.pid));
    match news.outside {
        Outside::Program => format!("{what} runs in {place}, where it never ran"),
        Outside::Applet if news.fact.script().is_some() => format!("{what} runs in {place}, where it never ran"),
        Outside::Applet => format!("{what} runs in {place}, where it was never called so"),
        Outside::Content => format!("{what} runs in {place}, where it had another content"),
        Outside::Parent => format!("{what}, in {place}: it never was"),
        Outside::Port => format!("{who} of {place} listens on {what}, as it never did"),
        Outside::Destination => format!("{who} of {place} connects to {what}, as it never did"),
        Outside::NameServer => format!("{who} of {place} asks the name server {what}, as it never did"),
        Outside::File => format!("{who} of {place} opened {what}, as it never did"),
        Outside::Written => format!("{who} of {place} opened {what} to write it, as it never did"),
        Outside::Reader => format!("{what} was opened in {place}, by whom it never was"),
        Outside::Held => format!("{who} of {place} has {what}, as it never had"),
        Outside::Used => format!("{who} of {place} uses {what}, as it never did"),
    }
}

/// What was normal so far.
pub(super) fn normal(news: &News<'_>) -> String {
    let workload = news.known.workload;
    let plural = if workload.containers == 1 { "" } else { "s" };
    format!(
        "{} did not show this: never in {} and {} container{plural}",
        news.known.name,
        span(workload.watched),
        workload.containers
    )
}
