//! Frames as files: a buffer of cells as an SVG that needs nothing else, and many of them as an
//! asciicast, or as an SVG that moves.

mod cast;
mod colour;
mod film;
mod glyph;
mod lines;
mod svg;

#[cfg(test)]
mod tests;

pub use cast::Cast;
pub use colour::{Paper, Rgb};
pub use film::Film;
pub use svg::svg;
