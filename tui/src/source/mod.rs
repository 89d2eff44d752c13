//! Where events come from: the kernel of this node, live, with /proc for what was there before; what Tetragon wrote; what
//! another ktrace-tui told.

pub mod lines;
pub mod live;
mod proc;
pub mod tetragon;
