//! What joins the rooms: the loops that run, and the outside that they touch.

mod batches;
pub mod colours;
mod contain;
pub mod deck;
mod export;
pub mod fleet;
mod input;
mod learn;
pub mod look;
mod options;
mod painter;
mod replace;
mod save;
pub mod screen;
pub mod stage;
mod terminal;
mod writer;

pub(crate) use replace::replace;
