//! How bad something new is: by how well the workload is known, and by who did it.

use super::{News, Rating};
use crate::baseline::{Fact, Outside};
use crate::detect::behaviour::Scene;
use crate::detect::rule::Severity;
use crate::model::{Direction, Process, ProcessId};

/// Makers within the container that are looked at.
const UP: usize = 4;
/// A workload that was watched for so many seconds is known so well that what is new for it, done for somebody who is
/// connected, is worth a look now.
const WELL_KNOWN: u64 = 3_600;
/// Capabilities with which a process can take over a node: SYS_ADMIN, SYS_MODULE, SYS_PTRACE, SYS_RAWIO, DAC_READ_SEARCH, BPF.
const STRONG: u64 = 1 << 21 | 1 << 16 | 1 << 19 | 1 << 17 | 1 << 2 | 1 << 39;
/// A workload with so many destinations talks to whoever it is told to.
const MANY: usize = 32;

/// Rates something new.
pub(super) fn rate(news: &News<'_>, scene: &Scene<'_>) -> Rating {
    let workload = news.known.workload;
    let mut rating = Rating { severity: usual(news), reasons: Vec::new(), server: None };
    if let Some((server, remote)) = serves(scene).filter(|_| is_deed(news.outside)) {
        rating.server = Some(server);
        rating.reasons.push(format!("it descends from who serves {remote} right now"));
        let known = workload.watched >= WELL_KNOWN && workload.immutable && news.outside != Outside::Parent;
        rating.severity = if known { Severity::High } else { rating.severity.max(Severity::Medium) };
    }
    if is_written(news.fact) && news.outside == Outside::Program {
        rating.reasons.push("its file is not of the image".to_owned());
        rating.severity = if workload.immutable { Severity::High } else { rating.severity };
    }
    if workload.immutable && is_deed(news.outside) {
        rating.reasons.push("nothing was ever seen to change the programs of this workload".to_owned());
    }
    lower(news, &mut rating);
    rating
}

/// Without anything that speaks for or against it.
fn usual(news: &News<'_>) -> Severity {
    let workload = news.known.workload;
    let loopback = matches!(news.fact, Fact::Connect(_, address) if address.is_loopback());
    let strong = matches!(news.fact, Fact::Held(set) if workload.new_capabilities(*set) & STRONG != 0);
    match news.outside {
        Outside::Program | Outside::Applet if workload.immutable => Severity::Medium,
        Outside::Destination if !loopback && workload.connects.len() < MANY => Severity::Medium,
        Outside::Content | Outside::Port | Outside::File | Outside::Written => Severity::Medium,
        Outside::Held if strong => Severity::Medium,
        _ => Severity::Low,
    }
}

/// What is not known well enough is worth less.
fn lower(news: &News<'_>, rating: &mut Rating) {
    let least = |rating: &mut Rating, severity: Severity, reason: String| {
        rating.severity = rating.severity.min(severity);
        rating.reasons.push(reason);
    };
    if let (Some(from), Some(now)) = (news.known.other_version, news.now) {
        least(rating, Severity::Low, format!("rated low: learnt from {from}, this is {now}"));
    }
    if let Some(why) = news.known.workload.too_short() {
        let severity = if news.outside == Outside::Parent { Severity::Info } else { Severity::Low };
        least(rating, severity, format!("rated low: the workload is hardly known, {why}"));
    }
    if news.brought_in {
        least(rating, Severity::Info, "rated as information: somebody outside brought it in".to_owned());
    }
}

/// Something that somebody does, not how a container was made.
fn is_deed(outside: Outside) -> bool {
    matches!(outside, Outside::Program | Outside::Applet | Outside::Content | Outside::Parent)
}

fn is_written(fact: &Fact) -> bool {
    matches!(fact, Fact::Program { written: true, .. })
}

/// Whoever, of its makers within the container, has a connection open that a peer opened, and from where.
fn serves(scene: &Scene<'_>) -> Option<(ProcessId, String)> {
    let mut at: &Process = scene.process;
    for _ in 0..UP {
        at = at.birth_parent.and_then(|id| scene.model.process(id)).filter(|it| it.group == scene.process.group)?;
        let inbound = at.open_connections().find(|it| it.direction == Direction::Inbound);
        if let Some(remote) = inbound.and_then(|it| it.remote) {
            return Some((at.id, remote.to_string()));
        }
    }
    None
}
