//! The picture of a chain as SVG, to stand within a page of HTML.

use maud::{Markup, html};

use super::picture::{Card, LINE, Picture, Sort, Style, Wire, WireSort};

/// Higher than this it is not made smaller to fit on a sheet of paper: nobody could read it.
const SHEET: i32 = 2_000;

/// The picture; `name` tells it from others on the page, and is used in ids.
pub(super) fn svg(picture: &Picture, name: &str, says: &str) -> Markup {
    let Picture { width, height, .. } = picture;
    let arrow = format!("arrow-{name}");
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height)
            class=[(*height > SHEET).then_some("tall")]
            style=(format!("min-width:{}px;max-width:{width}px", width * 4 / 5)) role="img" aria-label=(says) {
            defs {
                marker id=(arrow) viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
                    orient="auto-start-reverse" { path class="head" d="M0 0L8 4L0 8z" {} }
            }
            @for card in &picture.borders { (drawn(card)) }
            @for wire in &picture.wires { (line(wire, &arrow)) }
            @for card in &picture.cards { (drawn(card)) }
        }
    }
}

fn drawn(card: &Card) -> Markup {
    let rect = card.rect;
    let class = match card.sort {
        Sort::Container => "card border container".to_owned(),
        Sort::Host => "card border host".to_owned(),
        Sort::Process(None) => "card process".to_owned(),
        Sort::Process(Some(worst)) => format!("card process found {}", worst.name()),
        Sort::Contact => "card contact".to_owned(),
        Sort::Stage(severity) => format!("card stage {}", severity.name()),
    };
    html! {
        g class=(class) {
            rect x=(rect.x) y=(rect.y) width=(rect.w) height=(rect.h) rx="6" {}
            @for (at, line) in (1..).zip(&card.lines) {
                @let class = match line.style { Style::Name => "name", Style::Plain => "plain", Style::Faint => "faint" };
                text x=(rect.x + 10) y=(rect.y + 4 + at * LINE) class=(class) xml:space="preserve" { (line.text.as_str()) }
            }
        }
    }
}

fn line(wire: &Wire, arrow: &str) -> Markup {
    let class = match wire.sort {
        WireSort::Born => "wire born",
        WireSort::Crossed => "wire crossed",
        WireSort::Relation => "wire relation",
        WireSort::Connection => "wire connection",
        WireSort::Stage => "wire to-stage",
    };
    let end = (wire.sort != WireSort::Stage).then(|| format!("url(#{arrow})"));
    let corners: Vec<String> = wire.corners.iter().map(|(x, y)| format!("{x},{y}")).collect();
    html! { polyline class=(class) points=(corners.join(" ")) marker-end=[end] {} }
}
