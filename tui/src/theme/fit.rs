//! Fitting a theme to the colours that a terminal has, once, when it is loaded.

use std::str::FromStr;

use anstyle_lossy::palette::VGA;
use anstyle_lossy::{rgb_to_ansi, rgb_to_xterm, xterm_to_rgb};
use ratatui::style::{Color, Modifier, Style};

use super::{Ground, Theme};

/// Less than this between the strongest and the weakest part of a colour, and it is a grey.
const GREY: u8 = 48;
/// The strongest part of the dark half of the palette.
const FULL: u8 = 170;

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None.
    None,
    /// The 16 that every terminal with colours has, each as its user likes them.
    Basic,
    /// The palette of 256.
    Indexed,
    /// All.
    #[default]
    True,
}

impl Depth {
    /// What each is called in the configuration.
    pub const NAMES: &[(&str, Depth)] =
        &[("truecolor", Depth::True), ("256", Depth::Indexed), ("16", Depth::Basic), ("none", Depth::None)];
}

impl FromStr for Depth {
    type Err = ();

    fn from_str(name: &str) -> Result<Depth, ()> {
        Depth::NAMES.iter().find(|(known, _)| *known == name).map(|(_, depth)| *depth).ok_or(())
    }
}

impl Theme {
    /// The theme with the colours that a terminal of this depth has. [`Theme::background`] stays what it was.
    pub fn fit(&self, depth: Depth) -> Theme {
        let mono = Theme::mono();
        let ground = self.ground().unwrap_or(Ground::Dark);
        let mut fitted = self.clone();
        for name in Theme::FIELDS {
            let without = mono.get(name).unwrap_or_default();
            if let Some(style) = fitted.field(name) {
                *style = match depth {
                    Depth::True => *style,
                    Depth::Indexed => Style { fg: style.fg.map(indexed), bg: style.bg.map(indexed), ..*style },
                    Depth::Basic => basic(*style, ground, without),
                    Depth::None => without,
                };
            }
        }
        fitted
    }

    /// Its text on its background, where the terminal has enough colours to show what it would look like there.
    pub fn ground_style(&self, depth: Depth) -> Style {
        match depth {
            Depth::True => Style { fg: self.text.fg, bg: self.background, ..Style::default() },
            Depth::Indexed => {
                Style { fg: self.text.fg.map(indexed), bg: self.background.map(indexed), ..Style::default() }
            }
            Depth::Basic | Depth::None => Style::default(),
        }
    }
}

/// Red, green and blue of a colour, as most terminals have it; `None` where that is the terminal's own affair.
pub fn rgb(color: Color) -> Option<(u8, u8, u8)> {
    if let Color::Rgb(red, green, blue) = color {
        return Some((red, green, blue));
    }
    let rgb = xterm_to_rgb(number(color)?.into(), VGA);
    Some((rgb.r(), rgb.g(), rgb.b()))
}

/// The place of a colour in the palette of 256, where it has one.
pub fn number(color: Color) -> Option<u8> {
    Some(match color {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Indexed(number) => number,
        Color::Rgb(..) | Color::Reset => return None,
    })
}

fn indexed(color: Color) -> Color {
    match color {
        Color::Rgb(red, green, blue) => Color::Indexed(rgb_to_xterm((red, green, blue).into()).0),
        other => other,
    }
}

/// True for a colour that a terminal with 16 of them has.
fn is_basic(color: Color) -> bool {
    color == Color::Reset || number(color).is_some_and(|number| number < 16)
}

fn basic(style: Style, ground: Ground, without: Style) -> Style {
    let mut fitted = match (style.fg, style.bg) {
        // Shades of the background, to be laid over lines, are not among the 16: this is said without colours.
        (None, Some(bg)) if !is_basic(bg) => Style { bg: None, ..without.patch(attributes_of(style)) },
        (Some(_), Some(bg)) if !is_basic(bg) => Style { fg: Some(on(strong(bg))), bg: Some(strong(bg)), ..style },
        (Some(fg), Some(_)) => Style { fg: Some(strong(fg)), ..style },
        (Some(fg), None) => Style { fg: Some(legible(fg, ground)), ..style },
        _ => style,
    };
    // The console of Linux shows slanted text in green, which means something else here.
    fitted.add_modifier.remove(Modifier::ITALIC);
    fitted
}

fn attributes_of(style: Style) -> Style {
    Style { fg: None, bg: None, ..style }
}

/// How bright the eye finds a colour, from 0 to 255 (ITU-R BT.601).
pub(super) fn brightness((red, green, blue): (u8, u8, u8)) -> u32 {
    (u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114) / 1000
}

/// A colour of the 16 for text on `ground`.
fn legible(color: Color, ground: Ground) -> Color {
    let Some(rgb) = rgb(color).filter(|_| !is_basic(color)) else { return color };
    named(match (ground, hue(rgb)) {
        // The dark half of the palette is hard to read on black, blue above all.
        (Ground::Dark, Some(hue)) => hue + 8,
        // And these on white.
        (Ground::Light, Some(3)) => 5,
        (Ground::Light, Some(2 | 6)) => 4,
        (Ground::Light, Some(hue)) => hue,
        (Ground::Dark, None) => match brightness(rgb) {
            215.. => 15,
            120.. => 7,
            _ => 8,
        },
        (Ground::Light, None) => match brightness(rgb) {
            100.. => 8,
            _ => 0,
        },
    })
}

/// A colour of the 16 to write on.
fn strong(color: Color) -> Color {
    let Some(rgb) = rgb(color).filter(|_| !is_basic(color)) else { return color };
    named(hue(rgb).unwrap_or(rgb_to_ansi(rgb.into(), VGA) as u8))
}

/// What can be read on a colour of the 16.
fn on(color: Color) -> Color {
    if brightness(rgb(color).unwrap_or_default()) > 90 { Color::Black } else { Color::White }
}

/// The place, from 1 to 6, of the colour with the same hue; `None` for greys. The nearest of the 16 would be white for
/// everything that is pale.
fn hue((red, green, blue): (u8, u8, u8)) -> Option<u8> {
    let (low, high) = (red.min(green).min(blue), red.max(green).max(blue));
    if high - low < GREY {
        return None;
    }
    // As strong as the palette's own are.
    let strong = |part: u8| (u32::from(part - low) * u32::from(FULL) / u32::from(high - low)) as u8;
    Some(rgb_to_ansi((strong(red), strong(green), strong(blue)).into(), VGA) as u8 % 8)
}

/// By its name, as what looks at a theme tells these 16 from the others of the palette.
fn named(number: u8) -> Color {
    match number {
        0 => Color::Black,
        1 => Color::Red,
        2 => Color::Green,
        3 => Color::Yellow,
        4 => Color::Blue,
        5 => Color::Magenta,
        6 => Color::Cyan,
        7 => Color::Gray,
        8 => Color::DarkGray,
        9 => Color::LightRed,
        10 => Color::LightGreen,
        11 => Color::LightYellow,
        12 => Color::LightBlue,
        13 => Color::LightMagenta,
        14 => Color::LightCyan,
        _ => Color::White,
    }
}
