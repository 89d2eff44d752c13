//! Colours as they are on paper: what a terminal has a number for becomes red, green and blue.

use std::fmt;

use anstyle_lossy::palette::{Palette, WIN10_CONSOLE};
use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use crate::theme::{self, Ground, Theme};

/// The first sixteen are each terminal's own; these can be read on dark and on light.
const SIXTEEN: Palette = WIN10_CONSOLE;
/// How much of a dim colour stays, in percent; the rest is the background's.
const DIM: u16 = 62;

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl Rgb {
    /// `percent` of this, and of the other what is left.
    pub(super) fn over(self, other: Rgb, percent: u16) -> Rgb {
        let mix = |a: u8, b: u8| {
            let mixed = (u16::from(a) * percent + u16::from(b) * (100 - percent)) / 100;
            // An average of two bytes is one.
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Rgb(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

/// What a cell has that was given no colour: in a terminal, its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Of the text.
    pub text: Rgb,
    /// Behind it.
    pub behind: Rgb,
}

impl Paper {
    /// What the file of a theme says that it was made for; without a word of it, black with grey on it.
    pub fn of(theme: &Theme) -> Paper {
        let (text, behind) = (Rgb(0xd0, 0xd0, 0xd0), Rgb(0x12, 0x14, 0x18));
        let of = |color: Option<Color>, otherwise| color.map_or(otherwise, |color| rgb(color, otherwise));
        let (behind, light) = (of(theme.background(), behind), theme.ground() == Some(Ground::Light));
        let text = if light { Rgb(0x24, 0x26, 0x2a) } else { text };
        Paper { text: of(theme.foreground(), text), behind }
    }

    /// The colours of a cell: of its text, and behind it.
    pub(super) fn of_cell(self, cell: &Cell) -> (Rgb, Rgb) {
        let (mut text, mut behind) = (rgb(cell.fg, self.text), rgb(cell.bg, self.behind));
        if cell.modifier.contains(Modifier::REVERSED) {
            std::mem::swap(&mut text, &mut behind);
        }
        if cell.modifier.contains(Modifier::DIM) {
            text = text.over(behind, DIM);
        }
        (text, behind)
    }

    /// The colours that a program may ask for by number from 0 to 15.
    pub(super) fn sixteen() -> [Rgb; 16] {
        std::array::from_fn(|at| indexed(u8::try_from(at).unwrap_or(0)))
    }
}

fn rgb(color: Color, otherwise: Rgb) -> Rgb {
    match color {
        Color::Rgb(red, green, blue) => Rgb(red, green, blue),
        other => theme::number(other).map_or(otherwise, indexed),
    }
}

fn indexed(number: u8) -> Rgb {
    let color = anstyle_lossy::xterm_to_rgb(number.into(), SIXTEEN);
    Rgb(color.r(), color.g(), color.b())
}
