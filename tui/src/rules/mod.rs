//! Rules of one's own on disk: where they lie, and what of them is other than it was.

mod follow;
mod shelf;
#[cfg(test)]
mod tests;
mod walk;

pub use follow::{TOPIC, follow, status};
pub use shelf::{Place, Shelf};
