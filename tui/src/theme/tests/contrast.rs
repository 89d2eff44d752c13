//! Every theme can be read: contrast by WCAG 2, on its own background and on what is laid over lines.

use ratatui::style::Color;

use super::colour::contrast;
use crate::theme::{EMBEDDED, Theme};

/// Rules and rails: they carry no text.
const LINES: [&str; 3] = ["faint", "border_container", "border_host"];
/// What is on its way out fades; what it was stands in other places.
const FADING: [&str; 2] = ["dead_fading", "dead_gone"];
/// Text of second rank.
const DIM: [&str; 1] = ["dead"];
/// Laid over what is there.
const LAID_OVER: [&str; 3] = ["selected", "selected_away", "found"];

/// The least contrast of a field on the background of a theme.
fn least(theme: &str, field: &str) -> f64 {
    let high = theme == "high-contrast";
    match field {
        _ if LINES.contains(&field) => {
            if high {
                4.5
            } else {
                1.6
            }
        }
        "dead_gone" => {
            if high {
                4.5
            } else {
                2.0
            }
        }
        "dead_fading" => {
            if high {
                7.0
            } else {
                3.0
            }
        }
        _ if high => 7.0,
        _ if DIM.contains(&field) => 4.0,
        _ => 4.5,
    }
}

/// The least contrast of a field under something that is laid over it.
fn least_under(theme: &str, field: &str) -> f64 {
    let high = theme == "high-contrast";
    match field {
        _ if LINES.contains(&field) || FADING.contains(&field) => {
            if high {
                2.0
            } else {
                1.2
            }
        }
        _ if high => 4.5,
        _ => 3.0,
    }
}

fn coloured() -> impl Iterator<Item = (&'static str, Theme, Color)> {
    let themes = EMBEDDED.iter().map(|(name, _)| (*name, Theme::load(name, None).unwrap().theme));
    themes.filter(|(name, _)| *name != "mono").map(|(name, theme)| {
        let background = theme.background().unwrap_or_else(|| panic!("{name} says no background"));
        (name, theme, background)
    })
}

#[test]
fn every_text_can_be_read_on_the_background_of_its_theme() {
    let mut wrong = Vec::new();
    for (name, theme, background) in coloured() {
        for field in Theme::FIELDS.iter().filter(|field| !LAID_OVER.contains(field)) {
            let style = theme.get(field).unwrap();
            let found = contrast(style.fg.unwrap(), style.bg.unwrap_or(background));
            if found < least(name, field) {
                wrong.push(format!("{name}: {field} {found:.2} < {}", least(name, field)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_text_can_be_read_under_what_is_laid_over_it() {
    let mut wrong = Vec::new();
    for (name, theme, background) in coloured() {
        for over in LAID_OVER {
            let laid = theme.get(over).unwrap();
            let bg = laid.bg.unwrap();
            for field in Theme::FIELDS.iter().filter(|field| !LAID_OVER.contains(field)) {
                let style = theme.get(field).unwrap();
                // What has a block of its own keeps it (`view/pen.rs`).
                let found = contrast(style.fg.unwrap(), style.bg.unwrap_or(bg));
                if found < least_under(name, field) {
                    wrong.push(format!("{name}: {field} under {over} {found:.2} < {}", least_under(name, field)));
                }
            }
            assert_ne!(bg, background, "{name}: {over}");
        }
        let step = |over: &str| contrast(theme.get(over).unwrap().bg.unwrap(), background);
        assert!(step("selected") > step("selected_away"), "{name}: the panel with the keys has the stronger line");
        assert!(step("selected") >= 1.2, "{name}: the selected line is seen: {:.2}", step("selected"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_worse_it_is_the_louder_it_looks() {
    for (name, theme, background) in coloured() {
        let loud = theme.critical;
        assert!(loud.bg.is_some_and(|bg| contrast(bg, background) >= 2.5), "{name}: a block of colour");
        for field in Theme::FIELDS.iter().filter(|field| !["critical", "paused"].contains(field)) {
            let bg = theme.get(field).unwrap().bg.unwrap_or(background);
            let (block, other) = (contrast(loud.bg.unwrap(), background), contrast(bg, background));
            assert!(block > other, "{name}: nothing is louder, not {field}");
        }
        let bold = |field: &str| theme.get(field).unwrap().add_modifier.contains(ratatui::style::Modifier::BOLD);
        assert!(bold("critical") && bold("high") && !bold("medium") && !bold("low"), "{name}");
        assert!(theme.medium.fg != theme.low.fg && theme.low.fg != theme.text.fg, "{name}");
    }
}

#[test]
fn a_theme_is_for_the_ground_that_its_text_stands_out_from() {
    for (name, theme, background) in coloured() {
        let light = theme.ground() == Some(crate::theme::Ground::Light);
        let (black, white) = (Color::Rgb(0, 0, 0), Color::Rgb(255, 255, 255));
        assert_eq!(light, contrast(black, background) > contrast(white, background), "{name}");
        assert_eq!(theme.foreground(), theme.text.fg, "{name}");
    }
    assert_eq!(Theme::mono().ground(), None);
}

#[test]
fn in_256_colours_text_can_still_be_read() {
    let mut wrong = Vec::new();
    for (name, theme, background) in coloured() {
        let fitted = theme.fit(crate::theme::Depth::Indexed);
        let laid: Vec<Color> = LAID_OVER.iter().map(|over| fitted.get(over).unwrap().bg.unwrap()).collect();
        for field in Theme::FIELDS.iter().filter(|field| !LAID_OVER.contains(field)) {
            let style = fitted.get(field).unwrap();
            let on = |bg| contrast(style.fg.unwrap(), style.bg.unwrap_or(bg));
            // The palette is coarse: a step of it is up to a fifth of what is asked for with all colours.
            let (plain, under) = (on(background), laid.iter().map(|bg| on(*bg)).fold(f64::MAX, f64::min));
            if plain < least(name, field) * 0.8 || under < least_under(name, field) * 0.8 {
                wrong.push(format!("{name}: {field} {plain:.2}, under {under:.2}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
