//! What joins the rooms: the loops that run, and the outside that they touch.

pub mod screen;
mod terminal;
mod writer;
