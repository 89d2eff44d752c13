//! Borders crossed: out of a container, into another, over the kernel's head, and to rights that nobody gave.

mod doors;
mod files;
mod namespaces;
mod paths;
mod places;
mod rights;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::{Chain, Fact, Part};
use super::rule::Severity;
use super::told::Told;
use crate::model::{Act, Deed, GroupKey, Kind, Model, Namespaces, NsKind, Process, ProcessId};
use places::{Baseline, HOLDING, Places};
use rights::Rights;

/// Watches the borders of containers.
#[derive(Debug, Default)]
pub(super) struct Escapes {
    places: Places,
    rights: Rights,
    told: Told,
}

/// An event of a process that is of a container, whatever its cgroup says now.
pub(super) struct View<'a> {
    scene: &'a Scene<'a>,
    places: &'a Places,
    /// Id of its container.
    container: &'a Arc<str>,
    /// True while it runs what the container was started for.
    main: bool,
    /// How the container began.
    baseline: Option<&'a Baseline>,
    /// Namespaces of the host.
    host: Namespaces,
}

impl Behaviour for Escapes {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        self.places.note(scene);
        self.rights.note(scene, out);
        if matches!(scene.event.kind, Kind::Exit(_) | Kind::Net(_) | Kind::Vanished) {
            if matches!(scene.event.kind, Kind::Vanished) {
                self.forget(scene.process.id, scene.model);
            }
            return;
        }
        let Some(stand) = self.places.stand(scene.process.id).filter(|stand| !stand.outsider) else { return };
        let view = View {
            scene,
            places: &self.places,
            container: &stand.container,
            main: stand.main,
            baseline: self.places.baseline(&stand.container),
            host: scene.model.boot().namespaces,
        };
        namespaces::look(&view, &mut self.told, out);
        files::look(&view, &mut self.told, out);
        doors::look(&view, &mut self.told, out);
        rights::start(&view, out);
    }

    fn forget(&mut self, gone: ProcessId, _: &Model) {
        self.places.forget(gone);
        self.rights.forget(gone);
    }

    fn chains(&self, process: &Process, model: &Model) -> Vec<Chain> {
        let Some(stand) = self.places.stand(process.id).filter(|stand| !stand.outsider) else { return Vec::new() };
        let (host, now) = (model.boot().namespaces, process.namespaces);
        let began = self.places.baseline(&stand.container).map(|it| it.namespaces).unwrap_or_default();
        let of_host = |kind: NsKind| now.get(kind).is_some() && now.get(kind) == host.get(kind);
        let names = |kinds: &[NsKind]| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
        let shared: Vec<NsKind> =
            HOLDING.into_iter().filter(|&kind| of_host(kind) && began.get(kind) == now.get(kind)).collect();
        let crossed: Vec<NsKind> =
            HOLDING.into_iter().filter(|&kind| of_host(kind) && began.get(kind) != now.get(kind)).collect();
        let strong = process.caps.effective & rights::STRONG;
        let fact = |text: String| Some(Fact { time: process.born, process: process.id, kind: "exec".into(), text });
        let part = |label: &str, seen: Option<Fact>| Part { label: label.to_owned(), seen };
        let parts = vec![
            part("it is of a container", fact(format!("{} is of {}", who(process), name(model, &stand.container)))),
            part(
                "it has rights over the host",
                (strong != 0).then(|| fact(format!("capabilities {strong:#x}"))).flatten(),
            ),
            part(
                "its container was given namespaces of the host",
                (!shared.is_empty()).then(|| fact(names(&shared))).flatten(),
            ),
            part(
                "it is in namespaces of the host that its container did not begin in",
                (!crossed.is_empty()).then(|| fact(names(&crossed))).flatten(),
            ),
        ];
        // That it is of a container says nothing yet.
        let tells = parts.iter().skip(1).any(|part| part.seen.is_some());
        if tells { vec![Chain { rule: "container_in_host_namespaces", parts }] } else { Vec::new() }
    }
}

impl View<'_> {
    /// `nsenter (4711)`
    fn who(&self) -> String {
        who(self.scene.process)
    }

    /// The name of its container, as people call it.
    fn of(&self) -> String {
        name(self.scene.model, self.container)
    }

    /// What shows that it is of the container.
    fn origin(&self) -> Fact {
        let process = self.scene.process;
        let text = format!("{} is of the container {}", self.who(), self.of());
        Fact { time: process.born, process: process.id, kind: "fork".into(), text }
    }

    /// The event, in words.
    fn fact(&self, text: impl Into<String>) -> Fact {
        Fact::of(self.scene.event, text)
    }

    /// True when the container was started in this namespace of the host.
    fn shares(&self, kind: NsKind) -> bool {
        self.baseline.is_some_and(|it| it.namespaces.get(kind).is_some_and(|own| self.host.get(kind) == Some(own)))
    }

    /// True for a process of another container whose processes this one was given to see from its start: a sidecar, or a
    /// container for debugging.
    fn beside(&self, other: &Process) -> bool {
        let GroupKey::Container(id) = &other.group else { return false };
        let shown = |baseline: Option<&Baseline>| baseline.and_then(|it| it.namespaces.get(NsKind::Pid));
        let own = shown(self.baseline);
        own.is_some() && own != self.host.get(NsKind::Pid) && own == shown(self.places.baseline(id))
    }

    /// Raises once for each process, rule and object; two steps less bad where it was tried and refused.
    #[expect(clippy::too_many_arguments, reason = "what every finding of an act is made of")]
    fn raise(
        &self,
        act: &Act,
        rule: &'static str,
        (severity, object): (Severity, &str),
        title: String,
        why: &str,
        told: &mut Told,
        out: &mut Sink,
    ) {
        let refused = act.error.is_some();
        if !told.once_in_line(rule, self.scene.model, self.scene.process.id, (object, refused)) {
            return;
        }
        let severity = match (refused, severity) {
            (false, severity) => severity,
            (true, Severity::Critical | Severity::High) => Severity::Medium,
            (true, _) => Severity::Low,
        };
        let Some(found) = out.raise(rule, self.scene) else { return };
        let target = match &act.what {
            Deed::Reach { target, .. } => *target,
            Deed::Open(opened) => opened.subject,
            _ => None,
        };
        found
            .titled(title)
            .rated(severity)
            .refused(refused)
            .with(target)
            .because("it is of a container", self.origin())
            .because(why, self.fact(act.to_string()));
    }
}

/// `bash (77)`
pub(super) fn who(process: &Process) -> String {
    let image = process.image();
    let exe = image.map(|image| image.exe.file_name().lossless()).filter(|name| !name.is_empty());
    let arg = || image.and_then(|image| image.argv.args.first()).map(|arg| arg.file_name().lossless());
    format!("{} ({})", exe.or_else(arg).unwrap_or_else(|| "a process".to_owned()), process.id.pid)
}

/// What people call a container: its name, its pod, or the beginning of its id.
pub(super) fn name(model: &Model, id: &Arc<str>) -> String {
    let group = model.group(&GroupKey::Container(Arc::clone(id)));
    let news = group.and_then(|group| group.container.as_ref()).map(|container| &container.news);
    let known = news.and_then(|news| news.name.clone().or_else(|| news.pod.clone()));
    known.unwrap_or_else(|| id.chars().take(12).collect())
}
