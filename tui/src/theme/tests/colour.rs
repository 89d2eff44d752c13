//! Measures of colours: how light, how far apart, and how they look to eyes that lack a sort of cone.

use ratatui::style::Color;

use crate::theme::rgb;

/// Linear red, green and blue, from 0 to 1.
pub(super) type Linear = [f64; 3];

/// What eyes may lack.
#[derive(Clone, Copy, Debug)]
pub(super) enum Eyes {
    All,
    Protanopia,
    Deuteranopia,
    Tritanopia,
}

impl Eyes {
    pub(super) const EACH: [Eyes; 4] = [Eyes::All, Eyes::Protanopia, Eyes::Deuteranopia, Eyes::Tritanopia];

    /// How they see a colour: Machado, Oliveira and Fernandes 2009, severity 1.0, on linear parts.
    pub(super) fn see(self, [r, g, b]: Linear) -> Linear {
        let matrix = match self {
            Eyes::All => return [r, g, b],
            Eyes::Protanopia => {
                [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
            }
            Eyes::Deuteranopia => {
                [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
            }
            Eyes::Tritanopia => {
                [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
            }
        };
        matrix.map(|row| (row[0] * r + row[1] * g + row[2] * b).clamp(0.0, 1.0))
    }
}

/// The linear parts of a colour (IEC 61966-2-1).
pub(super) fn linear(color: Color) -> Linear {
    let (r, g, b) = rgb(color).unwrap_or_else(|| panic!("{color:?} is whatever the terminal has"));
    [r, g, b].map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    })
}

/// WCAG 2: relative luminance.
pub(super) fn luminance([r, g, b]: Linear) -> f64 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// WCAG 2: contrast, from 1 to 21.
pub(super) fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(linear(a)), luminance(linear(b)));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Lightness from 0 to 1 and the two opponent axes (Ottosson 2020).
fn oklab([r, g, b]: Linear) -> [f64; 3] {
    let l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b).cbrt();
    let m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b).cbrt();
    let s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b).cbrt();
    [
        0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    ]
}

/// How far apart two colours look: 0.02 is hardly seen, black and white are 1 apart.
pub(super) fn apart(a: Linear, b: Linear) -> f64 {
    let (a, b) = (oklab(a), oklab(b));
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn the_measures_give_what_their_authors_say() {
    let (black, white) = (Color::Rgb(0, 0, 0), Color::Rgb(255, 255, 255));
    assert!((contrast(black, white) - 21.0).abs() < 1e-9);
    // The example that everybody gives: the lightest grey that passes AA on white.
    assert!((contrast(Color::Rgb(0x76, 0x76, 0x76), white) - 4.54).abs() < 0.01);
    assert!((apart(linear(black), linear(white)) - 1.0).abs() < 1e-3);
    // Ottosson's own table has OKLab (0.628, 0.225, 0.126) for this red.
    let red = oklab(linear(Color::Rgb(255, 0, 0)));
    assert!(red.iter().zip([0.628, 0.225, 0.126]).all(|(found, told)| (found - told).abs() < 1e-3), "{red:?}");
    for eyes in Eyes::EACH {
        // Grey has nothing that could be lacking.
        let grey = eyes.see([0.5; 3]);
        assert!(grey.iter().all(|part| (part - 0.5).abs() < 1e-4), "{eyes:?}: {grey:?}");
    }
    let (red, green) = (Color::Rgb(200, 60, 60), Color::Rgb(110, 115, 30));
    let seen = |eyes: Eyes| apart(eyes.see(linear(red)), eyes.see(linear(green)));
    assert!(seen(Eyes::Deuteranopia) < seen(Eyes::All) / 2.0, "what is red and what is green is hard to tell");
}
