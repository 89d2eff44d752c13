//! What leaves: events as lines, for programs and for people.

pub mod json;
pub mod text;
mod time;

#[cfg(test)]
mod tests;
