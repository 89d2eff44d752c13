//! Where events come from: the kernel of this node, live, with /proc for what was there before; what Tetragon wrote; what
//! another ktrace-tui told.

mod cgroups;
mod dns;
pub(crate) mod files;
pub(crate) mod fuzz;
pub mod host;
pub mod lines;
pub mod live;
pub mod lockdown;
mod paths;
mod postures;
mod proc;
pub mod snapshot;
pub mod tetragon;

pub use cgroups::{Bases, v2_root as cgroup_root};
