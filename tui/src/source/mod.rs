//! Where events come from: the kernel of this node, live, with /proc for what was there before; or what Tetragon wrote.

mod cgroups;
pub mod host;
pub mod live;
mod proc;
pub mod tetragon;

pub use cgroups::{Bases, v2_root as cgroup_root};
