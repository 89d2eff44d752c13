//! The tables of the page: on a narrow screen each row becomes a card, so that nothing has to be scrolled sideways.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::dossier::{Dossier, Role};
use super::html::{badge, seen, who};
use super::words::{self, Clock};

/// A table whose cells know the heads of their columns.
fn table<const N: usize>(head: [&str; N], rows: Vec<[Markup; N]>) -> Markup {
    html! {
        @if rows.is_empty() { p { "None." } } @else {
            table {
                thead { tr { @for name in head { th scope="col" { (name) } } } }
                tbody { @for row in &rows {
                    tr { @for (name, cell) in head.iter().zip(row) { td data-label=(name) { (cell) } } }
                } }
            }
        }
    }
}

fn code(text: &str) -> Markup {
    html! { @if !text.is_empty() { code { (seen(text)) } } }
}

fn perhaps(text: &Option<String>) -> Markup {
    code(text.as_deref().unwrap_or_default())
}

pub(super) fn times(dossier: &Dossier, clock: Clock) -> Markup {
    let rows = words::moments(dossier).into_iter().map(|it| {
        let what = match it.severity {
            Some(severity) => html! { (badge(severity.name())) " " (seen(&it.what)) },
            None => code(&it.what),
        };
        let time = html! { span.time { (clock.utc(it.time)) } };
        [time, html! { span.local { (clock.local(it.time)) } }, code(&it.who), what]
    });
    table(["UTC", "local time", "who", "what"], rows.collect())
}

pub(super) fn processes(dossier: &Dossier, clock: Clock) -> Markup {
    let rows = dossier.processes.iter().map(|process| {
        let place = dossier.place(process.place);
        let name = html! {
            span id=(format!("{}-{}", dossier.id, process.key)) { (code(&process.name())) }
            @if process.role == Role::Ancestor { br; span.note { "ancestor" } }
            @if process.unlinked { br; span.note { "its file had no name left" } }
            @if process.began_unseen { br; span.note { "ran before the watch began" } }
            @if process.doubt { br; span.note { "records of it were lost" } }
        };
        let command = html! {
            (perhaps(&process.exe)) br; (code(&process.command()))
            @if let Some(cwd) = &process.cwd { br; span.note { "in " (code(cwd)) } }
            @for ran in &process.before { br; span.note { "before: " (code(&words::command(&ran.argv, false))) } }
        };
        let parent = html! { @match process.parent {
            Some(parent) => a href=(format!("#{}-{parent}", dossier.id)) { (code(&words::name_of(dossier, parent))) },
            None => @if let Some(pid) = process.parent_pid { (pid) },
        } };
        let life = html! {
            span.time { (clock.utc(process.start_time)) }
            @if let Some(ended) = process.ended { br; span.time { (clock.utc(ended)) } }
            @if let Some(end) = &process.end { br; span.note { (end) } }
        };
        let uid = html! { (words::user(process)) };
        [name, parent, html! { (seen(&place.map(|place| place.label()).unwrap_or_default())) }, uid, life, command]
    });
    table(["process", "made by", "where", "uid", "started, ended (UTC)", "program and arguments"], rows.collect())
}

pub(super) fn files(dossier: &Dossier) -> Markup {
    let rows = dossier.files.iter().map(|file| {
        let place = file.place.and_then(|key| dossier.place(key)).map(|place| place.label()).unwrap_or_default();
        let hash = html! { @if file.sha256.is_some() { (perhaps(&file.sha256)) } @else { span.note { "not read" } } };
        [code(&file.path), html! { (seen(&place)) }, hash]
    });
    table(["path", "where", "SHA-256"], rows.collect())
}

pub(super) fn addresses(dossier: &Dossier, clock: Clock) -> Markup {
    let rows = dossier.endpoints.iter().map(|contact| {
        let how: BTreeSet<String> = contact.uses.iter().map(|it| format!("{} {}", it.protocol, it.direction)).collect();
        let users: BTreeSet<_> = contact.uses.iter().map(|it| it.process).collect();
        let first = contact.uses.iter().map(|it| it.opened).min();
        let sum = |bytes: fn(&super::contact::Use) -> Option<u64>| contact.uses.iter().filter_map(bytes).sum::<u64>();
        let bytes = (sum(|it| it.sent), sum(|it| it.received));
        [
            code(&contact.text()),
            html! { (how.into_iter().collect::<Vec<_>>().join(", ")) },
            html! { @for key in &users { div { (who(dossier, *key)) } } },
            html! { @if let Some(first) = first { span.time { (clock.utc(first)) } } },
            html! { @if bytes != (0, 0) { (bytes.0) " / " (bytes.1) } },
        ]
    });
    table(["address", "how", "who", "first (UTC)", "bytes sent / received"], rows.collect())
}

pub(super) fn containers(dossier: &Dossier) -> Markup {
    let containers = dossier.places.iter().filter(|place| place.kind == "container");
    let rows = containers.map(|it| {
        let pod = html! { (perhaps(&it.pod)) @if let Some(namespace) = &it.namespace { " in " (code(namespace)) } };
        [code(&it.name), perhaps(&it.image), pod, html! { (it.runtime.unwrap_or_default()) }, perhaps(&it.id)]
    });
    table(["container", "image", "pod", "runtime", "id"], rows.collect())
}

pub(super) fn techniques(dossier: &Dossier) -> Markup {
    let rows = dossier.techniques.iter().map(|it| {
        let link = html! { a href=(it.address()) rel="noreferrer" { (it.id) } };
        [link, html! { (it.name) }]
    });
    table(["ATT&CK", "technique"], rows.collect())
}

pub(super) fn losses(dossier: &Dossier) -> Markup {
    let rows = dossier.losses.iter().map(|loss| {
        let moment = |time| html! { span.time { (crate::export::time::Rfc3339(time)) } };
        [html! { (loss.kind) }, html! { (loss.count) }, moment(loss.from), moment(loss.to)]
    });
    table(["records of", "lost", "after", "before"], rows.collect())
}
