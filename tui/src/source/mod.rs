//! Where events come from: the kernel of this node, live, with /proc for what was there before; or what Tetragon wrote.

mod dns;
pub mod live;
mod proc;
pub mod tetragon;
