//! What must be told apart can be, by eyes that lack a sort of cone.

use ratatui::style::{Color, Modifier, Style};

use super::colour::{Eyes, apart, linear};
use crate::theme::Theme;

/// What means different things at the same place of the screen.
const PAIRS: [(&str, &str); 21] = [
    ("critical", "high"),
    ("critical", "medium"),
    ("critical", "low"),
    ("critical", "paused"),
    ("high", "medium"),
    ("high", "low"),
    ("medium", "low"),
    ("good", "bad"),
    ("good", "warn"),
    ("warn", "bad"),
    ("container", "host"),
    ("container", "service"),
    ("container", "net"),
    ("host", "service"),
    ("service", "net"),
    ("born", "command"),
    ("command", "dead"),
    ("command", "outside"),
    ("command", "high"),
    ("net", "crossing"),
    ("border_container", "border_host"),
];

/// Least distance of what must be told apart: four times what is hardly seen.
const APART: f64 = 0.08;

/// What a field is seen by: the block behind it where it has one.
fn seen(style: Style) -> Color {
    style.bg.or(style.fg).unwrap()
}

fn distance(theme: &Theme, (a, b): (&str, &str), eyes: Eyes) -> f64 {
    let seen = |name: &str| eyes.see(linear(seen(theme.get(name).unwrap())));
    apart(seen(a), seen(b))
}

#[test]
fn the_theme_for_the_colour_blind_is_told_apart_by_all_eyes() {
    let theme = Theme::load("colour-blind", None).unwrap().theme;
    let mut wrong = Vec::new();
    for pair in PAIRS {
        for eyes in Eyes::EACH {
            let found = distance(&theme, pair, eyes);
            if found < APART {
                wrong.push(format!("{eyes:?}: {pair:?} {found:.3}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn severity_rests_on_more_than_hue() {
    let theme = Theme::load("colour-blind", None).unwrap().theme;
    let looks = |name: &str| {
        let style = theme.get(name).unwrap();
        (
            style.bg.is_some(),
            style.add_modifier.contains(Modifier::BOLD),
            style.add_modifier.contains(Modifier::UNDERLINED),
        )
    };
    assert_eq!(looks("critical"), (true, true, false), "a block");
    assert_eq!(looks("high"), (false, true, true));
    assert_eq!(looks("medium"), (false, false, false));
    // And the last two differ as a grey picture of them would.
    let grey = |name: &str| [super::colour::luminance(linear(seen(theme.get(name).unwrap()))); 3];
    assert!(apart(grey("medium"), grey("low")) >= APART);
}

#[test]
fn every_theme_with_colours_tells_apart_what_matters() {
    let mut wrong = Vec::new();
    for (name, _) in crate::theme::EMBEDDED.iter().filter(|(name, _)| *name != "mono") {
        let theme = Theme::load(name, None).unwrap().theme;
        for pair in PAIRS {
            let (a, b) = (theme.get(pair.0).unwrap(), theme.get(pair.1).unwrap());
            let found = distance(&theme, pair, Eyes::All);
            // A block and text on no block are no pair of colours.
            if a.bg.is_some() != b.bg.is_some() {
                continue;
            }
            let weight = a.add_modifier != b.add_modifier;
            if found < if weight { 0.03 } else { 0.05 } {
                wrong.push(format!("{name}: {pair:?} {found:.3}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
