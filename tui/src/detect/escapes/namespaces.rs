//! Namespaces of the host or of another container, entered or found; and a cgroup that was left.

use super::super::behaviour::Sink;
use super::super::rule::Severity;
use super::super::told::Told;
use super::View;
use super::places::{HOLDING, within};
use super::{name, who};
use crate::model::{Deed, GroupKey, Kind, NamespaceCall, NsKind};

/// EPERM (`errno(3)`).
const EPERM: i32 = 1;

pub(super) fn look(view: &View<'_>, told: &mut Told, out: &mut Sink) {
    match &view.scene.event.kind {
        Kind::Act(act) => {
            let Deed::Namespaces { how, flags, .. } = &act.what else { return };
            match act.error {
                None => crossed(view, told, out),
                Some(EPERM) if *how == NamespaceCall::Enter => refused(view, *flags, told, out),
                Some(_) => {}
            }
        }
        Kind::Exec(_) | Kind::Seen(_) => {
            crossed(view, told, out);
            left(view, told, out);
        }
        Kind::Move | Kind::Fork(_) => left(view, told, out),
        _ => {}
    }
}

/// It is in a namespace that its container did not begin in, and that is the host's or another container's.
fn crossed(view: &View<'_>, told: &mut Told, out: &mut Sink) {
    let now = view.scene.process.namespaces;
    let is_host = |kind: NsKind| now.get(kind).is_some() && now.get(kind) == view.host.get(kind);
    let kinds: Vec<NsKind> = HOLDING.into_iter().filter(|&kind| is_host(kind) && !view.shares(kind)).collect();
    // Without a baseline nothing is known of what the container shares, but for the mount namespace.
    let told_so = matches!(view.scene.event.kind, Kind::Act(_));
    if !kinds.is_empty() && (view.baseline.is_some() || told_so || kinds.contains(&NsKind::Mnt)) {
        return into_host(view, &kinds, told, out);
    }
    let own = view.baseline.map(|it| it.namespaces).unwrap_or_default();
    let foreign = HOLDING.into_iter().filter(|&kind| now.get(kind) != own.get(kind)).find_map(|kind| {
        let holder = view.places.holder(kind, now.get(kind)?, view.container)?;
        (!within(view.scene.model, holder, view.container)).then_some((kind, holder))
    });
    if let Some((kind, holder)) = foreign.filter(|_| view.baseline.is_some()) {
        const RULE: &str = "container_enters_container";
        if !told.once_in_line(RULE, view.scene.model, view.scene.process.id, holder) {
            return;
        }
        let Some(found) = out.raise(RULE, view.scene) else { return };
        let whose = name(view.scene.model, holder);
        found
            .titled(format!("{} of {} entered the {} namespace of {whose}", view.who(), view.of(), kind.name()))
            .because("it is of a container", view.origin())
            .because(
                "a namespace of it is another container's",
                view.fact(format!("{} namespace of {whose}", kind.name())),
            );
    }
}

fn into_host(view: &View<'_>, kinds: &[NsKind], told: &mut Told, out: &mut Sink) {
    let act = matches!(view.scene.event.kind, Kind::Act(_));
    let rule = if act { "container_enters_host" } else { "container_in_host_namespaces" };
    let process = view.scene.process.id;
    // The first of either tells it; another kind of namespace is news.
    let mut news = false;
    for kind in kinds {
        news |= told.once_in_line("container_in_host_namespaces", view.scene.model, process, kind.name());
    }
    if !news {
        return;
    }
    let Some(found) = out.raise(rule, view.scene) else { return };
    let names = join(kinds);
    let verb = if act { "entered" } else { "runs in" };
    let weak = kinds.iter().all(|kind| matches!(kind, NsKind::Uts | NsKind::Cgroup));
    found
        .titled(format!("{} of {} {verb} the host's {names}", view.who(), view.of()))
        .rated(if weak { Severity::High } else { Severity::Critical })
        .because("it is of a container", view.origin());
    if let Some(baseline) = view.baseline {
        let first = view.scene.model.process(baseline.first);
        let text = first.map_or_else(|| "its first process".to_owned(), who);
        let mut fact = view.origin();
        (fact.process, fact.text) = (baseline.first, format!("{text} has its own {names}"));
        found.because("the container began with its own", fact);
    }
    found.because("now they are the host's", view.fact(format!("in the host's {names}")));
}

fn refused(view: &View<'_>, flags: u32, told: &mut Told, out: &mut Sink) {
    const RULE: &str = "container_enters_host";
    if !told.once("setns refused", view.scene.process.id, ()) {
        return;
    }
    let Some(found) = out.raise(RULE, view.scene) else { return };
    found
        .titled(format!("{} of {} tried to enter other namespaces", view.who(), view.of()))
        .rated(Severity::Medium)
        .refused(true)
        .because("it is of a container", view.origin())
        .because(
            "it asked to enter a namespace, and may not",
            view.fact(format!("setns, flags {flags:#x}: not permitted")),
        );
}

/// Its cgroup is no longer its container's.
fn left(view: &View<'_>, told: &mut Told, out: &mut Sink) {
    const RULE: &str = "left_container_cgroup";
    let process = view.scene.process;
    let to = match &process.group {
        GroupKey::Container(id) if id == view.container => return,
        GroupKey::Container(id) => format!("the cgroup of {}", name(view.scene.model, id)),
        GroupKey::Service(unit) => format!("the host's cgroup of {unit}"),
        GroupKey::Host => "a cgroup of the host".to_owned(),
    };
    if !told.once_in_line(RULE, view.scene.model, process.id, &process.group) {
        return;
    }
    let Some(found) = out.raise(RULE, view.scene) else { return };
    let path = process.cgroup.as_ref().map(|cgroup| cgroup.path.lossless()).unwrap_or_default();
    found
        .titled(format!("{} left the cgroup of {} for {to}", view.who(), view.of()))
        .because("it is of a container", view.origin())
        .because("its cgroup is another", view.fact(format!("cgroup {path}")));
}

/// `mount and pid namespaces`
fn join(kinds: &[NsKind]) -> String {
    let word = |kind: &NsKind| if *kind == NsKind::Mnt { "mount" } else { kind.name() };
    let words: Vec<&str> = kinds.iter().map(word).collect();
    match words.split_last() {
        Some((last, [])) => format!("{last} namespace"),
        Some((last, rest)) => format!("{} and {last} namespaces", rest.join(", ")),
        None => "namespaces".to_owned(),
    }
}
