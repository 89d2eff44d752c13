//! Which kinds of events a condition can hold of, as far as it says so.

use super::super::behaviour::Scene;
use crate::model::filter::{About, Expr, Field, Value, glob};
use crate::model::{KINDS, Kind};

/// Words of events that are no deeds and nothing on the network: [`KINDS`] does not offer them.
const QUIET: [&str; 3] = ["move", "seen", "vanished"];

/// Every kind of event.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    KINDS.into_iter().chain(QUIET)
}

/// The kind of this name.
pub(super) fn named(name: &str) -> Option<&'static str> {
    all().find(|kind| *kind == name)
}

/// The kinds that `expr` leaves; `None` where it says nothing of kinds.
pub(super) fn of(expr: &Expr) -> Option<Vec<&'static str>> {
    match expr {
        Expr::Is(compare) if compare.field == Field::Kind => Some(match &compare.value {
            Value::Text(wanted) => all().filter(|kind| glob(wanted.as_bytes(), kind.as_bytes())).collect(),
            Value::Regex(regex) => all().filter(|kind| regex.is_match(kind.as_bytes())).collect(),
            _ => Vec::new(),
        }),
        Expr::And(parts) => {
            let said: Vec<_> = parts.iter().filter_map(of).collect();
            let (first, rest) = said.split_first()?;
            let everywhere = |kind: &&'static str| rest.iter().all(|other| other.contains(kind));
            Some(first.iter().copied().filter(everywhere).collect())
        }
        Expr::Or(parts) => {
            let said: Option<Vec<_>> = parts.iter().map(of).collect();
            let said: Vec<&str> = said?.into_iter().flatten().collect();
            Some(all().filter(|kind| said.contains(kind)).collect())
        }
        Expr::Not(inner) if only_kinds(inner) => {
            let said = of(inner)?;
            Some(all().filter(|kind| !said.contains(kind)).collect())
        }
        _ => None,
    }
}

/// True for what asks of nothing but the kind.
fn only_kinds(expr: &Expr) -> bool {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().all(only_kinds),
        Expr::Not(inner) => only_kinds(inner),
        Expr::Is(compare) => compare.field == Field::Kind,
        _ => false,
    }
}

/// A field that `expr` asks for and that no event of the kinds `on` has; what is asked of others (`under`, `within`) is
/// asked of processes, which have all of them.
pub(super) fn unanswered(expr: &Expr, on: &[&str]) -> Option<Field> {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().find_map(|part| unanswered(part, on)),
        Expr::Not(inner) => unanswered(inner, on),
        Expr::Is(compare) => (!on.iter().any(|kind| answers(kind, compare.field))).then_some(compare.field),
        Expr::Text(_) | Expr::Under(_) | Expr::Within(_) => None,
    }
}

/// Whether events of this kind can have a field.
pub(super) fn answers(kind: &str, field: Field) -> bool {
    const NET: [&str; 5] = ["connect", "established", "accept", "listen", "close"];
    let net = NET.contains(&kind);
    match field {
        Field::Code | Field::Signal => kind == "exit",
        Field::Address | Field::Port | Field::Local | Field::Direction | Field::Protocol => net,
        Field::Remote | Field::RemoteName => net && kind != "listen",
        Field::Sent | Field::Received => kind == "close",
        Field::Path => !net && !["exec", "fork", "exit"].contains(&kind) && !QUIET.contains(&kind),
        Field::Error => !["exec", "fork", "exit"].contains(&kind) && !QUIET.contains(&kind),
        _ => field.about() != About::Finding,
    }
}

/// What an event says, in words.
pub(super) fn said(scene: &Scene<'_>) -> String {
    const LONGEST: usize = 400;
    let text = match &scene.event.kind {
        Kind::Exec(exec) => exec.image.argv.args.iter().map(|arg| arg.lossless()).collect::<Vec<_>>().join(" "),
        Kind::Net(net) => {
            let end = net.remote.or(net.local).map_or_else(|| "somewhere".to_owned(), |end| end.to_string());
            format!("{end} ({}, {})", net.protocol.name(), net.direction.name())
        }
        Kind::Act(act) => act.to_string(),
        _ => scene.process.image().map(|image| image.exe.lossless()).unwrap_or_default(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
