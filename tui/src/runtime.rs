//! What joins the rooms: the loops that run, and the outside that they touch.

pub mod colours;
pub mod deck;
mod export;
pub mod look;
mod save;
pub mod screen;
mod terminal;
mod writer;
