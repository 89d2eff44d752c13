//! Who a process is for people: which group its cgroup path names, what runtimes tell of it, which user a uid is.

pub mod bundle;
pub mod cgroup;
pub mod cri;
mod daemon;
pub mod docker;
mod fault;
pub(crate) mod fuzz;
mod labels;
pub mod names;
mod posture;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod scene;
mod teller;
pub mod users;

pub use cgroup::Paths;
pub use daemon::Pace;
pub use fault::Fault;
pub use users::Users;
