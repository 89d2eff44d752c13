//! This node, now: kernel probes, joined with what /proc knows of the time before them.

mod btf;
mod load;
mod rights;

pub use load::{Attached, Capability, LoadError, Options, load};
