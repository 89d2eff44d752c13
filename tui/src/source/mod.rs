//! Where events come from. So far: the kernel of this node, live, with /proc for what was there before.

pub mod live;
mod proc;
