//! Reports as one page of HTML that needs nothing else: no script, no font, no picture from anywhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::dossier::{Dossier, FindingTold};
use super::key::Key;
use super::picture::picture;
use super::svg::svg;
use super::tables;
use super::words::{self, Clock};
use crate::escape::shown;

/// What the page may load: nothing, but for the style that is in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Every dossier, one after the other, as one page.
pub fn html(dossiers: &[Dossier], clock: Clock) -> String {
    let title = match dossiers {
        [] => "No incident".to_owned(),
        [one] => format!("Incident {}: {}", one.id, one.title),
        more => format!("{} incidents", more.len()),
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (seen(&title)) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                @if dossiers.is_empty() {
                    main { h1 { "Incident report" } p { "No incident was found that is worth a look." } }
                }
                @if dossiers.len() > 1 { (contents(dossiers)) }
                @for dossier in dossiers { (article(dossier, clock)) }
            }
        }
    };
    page.into_string()
}

/// Text that others wrote, visible in every part; the template escapes what means something to HTML.
pub(super) fn seen(text: &str) -> String {
    shown(text).as_str().to_owned()
}

fn contents(dossiers: &[Dossier]) -> Markup {
    html! {
        nav {
            h1 { "Incidents" }
            ol { @for it in dossiers {
                li {
                    (badge(it.severity.name())) " "
                    a href=(format!("#{}", it.id)) { (it.id) ": " (seen(&it.title)) }
                }
            } }
        }
    }
}

pub(super) fn badge(severity: &str) -> Markup {
    html! { span class=(format!("badge {severity}")) { (severity) } }
}

fn article(dossier: &Dossier, clock: Clock) -> Markup {
    let id = &dossier.id;
    html! {
        article id=(id) {
            header class=(dossier.severity.name()) {
                p.over { (badge(dossier.severity.name())) " Incident " (id) @if dossier.redacted { ", redacted" } }
                h1 { (seen(&dossier.title)) }
                dl {
                    div { dt { "First" } dd { (both(clock, dossier.first)) } }
                    div { dt { "Last" } dd { (both(clock, dossier.last)) } }
                    div { dt { "Node" } dd {
                        @if dossier.node.host.is_empty() { "not named" } @else { (seen(&dossier.node.host)) }
                    } }
                }
            }
            section { h2 { "Summary" } p.lead { (words::summary(dossier).join(" ")) } (overview(dossier, clock)) }
            (chain(dossier, clock))
            section {
                h2 { "What happened" }
                @for (number, stage) in (1..).zip(&dossier.stages) {
                    h3 id=(format!("{id}-stage-{number}")) {
                        (number) ". " (words::capital(&stage.stage)) " " small { (clock.utc(stage.time)) " UTC" }
                    }
                    @for finding in &stage.findings { (told(dossier, finding, clock)) }
                }
            }
            section { h2 { "What to do next" } ol { @for next in &dossier.next { li { (seen(next)) } } } }
            section { h2 { "Times" } (tables::times(dossier, clock)) }
            section { h2 { "Processes and their lineage" } (tables::processes(dossier, clock)) }
            section {
                h2 { "Indicators" }
                h3 { "Files" } (tables::files(dossier))
                h3 { "Addresses" } (tables::addresses(dossier, clock))
                h3 { "Containers and images" } (tables::containers(dossier))
            }
            section {
                h2 { "Techniques" }
                (tables::techniques(dossier))
                @if !dossier.references.is_empty() { p { "References: " (dossier.references.join(", ")) "." } }
            }
            (missing(dossier))
            (proof(dossier))
        }
    }
}

/// A moment in UTC, and below it in local time.
pub(super) fn both(clock: Clock, time: crate::model::Time) -> Markup {
    html! { span.time { (clock.utc(time)) " UTC" } " " span.local { (clock.local(time)) } }
}

/// The stages, a line each.
fn overview(dossier: &Dossier, clock: Clock) -> Markup {
    html! {
        ol.stages {
            @for (number, stage) in (1..).zip(&dossier.stages) {
                @let worst = stage.findings.iter().max_by_key(|finding| finding.severity);
                @if let Some(worst) = worst {
                    li class=(worst.severity.name()) {
                        a href=(format!("#{}-stage-{number}", dossier.id)) {
                            b { (stage.stage) } " "
                            span { (seen(&worst.title))
                                @if stage.findings.len() > 1 { ", and " (stage.findings.len() - 1) " more" } }
                            " " span.clock { (clock.utc(stage.time).get(11..19).unwrap_or_default()) " UTC" }
                        }
                    }
                }
            }
        }
    }
}

fn chain(dossier: &Dossier, clock: Clock) -> Markup {
    let picture = picture(dossier, clock);
    let says = format!("The chain of incident {}: its processes, where they ran, and whom they talked to", dossier.id);
    html! {
        section {
            h2 { "The chain" }
            figure {
                div.scroll tabindex="0" { (svg(&picture, &dossier.id, &says)) }
                figcaption {
                    "Left, the stages, in the order of time. Right of them the processes, makers above those whom they \
                     made; a box is the border of a container or of the host. "
                    span class="key crossed" { "out of its container" } " "
                    span class="key connection" { "a connection" } " "
                    span class="key relation" { "handed on, or reached into" }
                    @if picture.left_out > 0 {
                        " " (picture.left_out) " further processes are in the table below."
                    }
                }
            }
        }
    }
}

fn told(dossier: &Dossier, finding: &FindingTold, clock: Clock) -> Markup {
    html! {
        div class=(format!("finding {}", finding.severity.name())) id=(format!("{}-{}", dossier.id, finding.key)) {
            h4 { (badge(finding.severity.name())) " " (seen(&finding.title)) }
            @if finding.failed { p.note { "It was tried and refused." } }
            @if !finding.complete { p.note { "Records were lost that it may rest on." } }
            @if let Some(process) = finding.process.and_then(|key| dossier.process(key)) {
                p { (who(dossier, process.key)) }
                pre { code { (seen(&process.command())) } }
            }
            p { (seen(&finding.meaning)) }
            ul.why { @for why in &finding.why {
                li {
                    (seen(&why.predicate)) ": " span.time { (clock.utc(why.time)) } " " (why.kind) " by " (why.pid) " "
                    code { (seen(&why.text)) }
                }
            } }
            p { b { "Next: " } (seen(&finding.next)) }
            p.rule { "Rule " code { (finding.rule) } @for id in &finding.mitre { ", " (id) } }
        }
    }
}

/// A process, and where it ran.
pub(super) fn who(dossier: &Dossier, key: Key) -> Markup {
    let process = dossier.process(key);
    let place = process.and_then(|process| dossier.place(process.place));
    html! {
        @if let Some(process) = process {
            a href=(format!("#{}-{}", dossier.id, process.key)) { code { (seen(&process.name())) } }
            @if let Some(place) = place { " in " (seen(&place.label())) }
        }
    }
}

fn missing(dossier: &Dossier) -> Markup {
    html! {
        section {
            h2 { "What evidence is missing" }
            @if dossier.missing.is_empty() { p { "Nothing is known to be missing." } }
            ul { @for it in &dossier.missing { li { (seen(it)) } } }
            @if !dossier.losses.is_empty() { (tables::losses(dossier)) }
        }
    }
}

fn proof(dossier: &Dossier) -> Markup {
    let (said, command) = words::proof(dossier);
    html! {
        section {
            h2 { "How to verify this" }
            @for it in &said { p { (seen(it)) } }
            @if let Some(command) = command { pre { code { (seen(&command)) } } }
        }
    }
}
