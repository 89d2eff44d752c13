//! With fewer colours a theme still says what it says.

use ratatui::style::{Color, Modifier, Style};

use super::colour::contrast;
use crate::theme::{Depth, EMBEDDED, Ground, Theme, rgb};

fn all() -> impl Iterator<Item = (&'static str, Theme)> {
    EMBEDDED.iter().map(|(name, _)| (*name, Theme::load(name, None).unwrap().theme))
}

fn colours(theme: &Theme) -> impl Iterator<Item = (&'static str, Color)> {
    let of = |name: &&'static str| {
        let style = theme.get(name).unwrap();
        [style.fg, style.bg].into_iter().flatten().map(|color| (*name, color)).collect::<Vec<_>>()
    };
    Theme::FIELDS.iter().flat_map(of)
}

fn is_named(color: Color) -> bool {
    !matches!(color, Color::Rgb(..) | Color::Indexed(_))
}

#[test]
fn no_colour_is_named_that_the_terminal_does_not_have() {
    for (name, theme) in all() {
        assert_eq!(theme.fit(Depth::True), theme, "{name}");
        for (field, color) in colours(&theme.fit(Depth::Indexed)) {
            assert!(!matches!(color, Color::Rgb(..)), "{name}: {field} {color:?}");
        }
        for (field, color) in colours(&theme.fit(Depth::Basic)) {
            assert!(is_named(color), "{name}: {field} {color:?}");
        }
        assert_eq!(colours(&theme.fit(Depth::None)).count(), 0, "{name}");
        for field in Theme::FIELDS {
            assert_eq!(theme.fit(Depth::None).get(field), Theme::mono().get(field), "{name}: {field}");
        }
    }
}

#[test]
fn in_256_colours_the_lines_that_are_laid_over_stay_three_shades() {
    for (name, theme) in all().filter(|(name, _)| *name != "mono") {
        let fitted = theme.fit(Depth::Indexed);
        assert_ne!(fitted.selected.bg, fitted.selected_away.bg, "{name}");
        let background = fitted.background().unwrap();
        let seen = contrast(fitted.selected.bg.unwrap(), background);
        assert!(seen >= 1.15, "{name}: {seen:.2}");
    }
}

/// What means different things at the same place of the screen.
const PAIRS: [(&str, &str); 14] = [
    ("critical", "high"),
    ("high", "medium"),
    ("medium", "low"),
    ("critical", "paused"),
    ("good", "bad"),
    ("good", "warn"),
    ("warn", "bad"),
    ("container", "host"),
    ("container", "service"),
    ("host", "service"),
    ("born", "command"),
    ("command", "outside"),
    ("command", "dead_gone"),
    ("border_container", "border_host"),
];

#[test]
fn in_16_colours_and_in_256_what_must_be_told_apart_still_is() {
    let mut wrong = Vec::new();
    for (name, theme) in all().filter(|(name, _)| *name != "mono") {
        for depth in [Depth::Indexed, Depth::Basic] {
            let fitted = theme.fit(depth);
            for (a, b) in PAIRS {
                if fitted.get(a) == fitted.get(b) {
                    wrong.push(format!("{name} in {depth:?}: {a} and {b}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn in_16_colours_the_selected_line_is_turned_over_and_stays_legible() {
    let mut wrong = Vec::new();
    for (name, theme) in all().filter(|(name, _)| *name != "mono") {
        let fitted = theme.fit(Depth::Basic);
        assert_eq!(fitted.selected.bg, None, "{name}");
        assert!(fitted.selected.add_modifier.contains(Modifier::REVERSED), "{name}");
        for over in [fitted.selected_away, fitted.found] {
            assert!(over.bg.is_none() && over.add_modifier.contains(Modifier::UNDERLINED), "{name}");
        }
        // Turned over, text is as legible as it was: so it must have been.
        let ground = if theme.ground() == Some(Ground::Light) { Color::White } else { Color::Black };
        for field in Theme::FIELDS {
            let Style { fg: Some(fg), bg, .. } = fitted.get(field).unwrap() else { continue };
            let found = contrast(fg, bg.unwrap_or(ground));
            if found < 2.8 {
                wrong.push(format!("{name}: {field}, {fg} on {bg:?}, {found:.2}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn slanted_text_is_upright_where_it_would_turn_green() {
    let fitted = Theme::dark().fit(Depth::Basic);
    assert!(Theme::dark().dead.add_modifier.contains(Modifier::ITALIC));
    assert!(!fitted.dead.add_modifier.contains(Modifier::ITALIC));
}

#[test]
fn the_hue_of_a_pale_colour_is_kept() {
    let mut theme = Theme::dark();
    for (pale, is) in [
        ("#f38ba8", Color::LightRed),
        ("#f9e2af", Color::LightYellow),
        ("#a6e3a1", Color::LightGreen),
        ("#f5c2e7", Color::LightMagenta),
        ("#cdd6f4", Color::Gray),
    ] {
        theme.text = Style::new().fg(pale.parse().unwrap());
        assert_eq!(theme.fit(Depth::Basic).text.fg, Some(is), "{pale}");
    }
    // What the user named of the 16 is what the user wants.
    theme.text = Style::new().fg(Color::Blue).bg(Color::Indexed(3));
    assert_eq!(theme.fit(Depth::Basic).text, theme.text);
    theme.selected = Style::new().bg(Color::Blue);
    assert_eq!(theme.fit(Depth::Basic).selected, theme.selected);
}

#[test]
fn a_depth_has_a_name_in_the_configuration() {
    for (name, depth) in Depth::NAMES {
        assert_eq!(name.parse(), Ok(*depth));
    }
    assert_eq!("lots".parse::<Depth>(), Err(()));
    assert!(Depth::True > Depth::Indexed && Depth::Basic > Depth::None);
}

#[test]
fn colours_have_their_parts_where_they_are_not_the_terminals_own() {
    assert_eq!(rgb(Color::Rgb(1, 2, 3)), Some((1, 2, 3)));
    assert_eq!(rgb(Color::Indexed(208)), Some((255, 135, 0)));
    assert_eq!(rgb(Color::Indexed(232)), Some((8, 8, 8)));
    assert_eq!(rgb(Color::White), rgb(Color::Indexed(15)));
    assert_eq!(rgb(Color::Reset), None);
}
