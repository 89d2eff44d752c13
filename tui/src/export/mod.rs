//! What leaves: events as lines, for programs and for people.

pub mod json;
pub mod text;
mod time;

pub use time::rfc3339;

#[cfg(test)]
mod tests;
