//! What joins the rooms: the loops that run, and the outside that they touch.

pub mod deck;
mod export;
mod painter;
mod save;
pub mod screen;
mod terminal;
mod writer;
