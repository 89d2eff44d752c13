//! Who a process is for people: which group its cgroup path names, what runtimes tell of it, which user a uid is.

pub mod bundle;
pub mod cgroup;
pub mod cri;
pub mod docker;
mod labels;
pub mod names;
mod teller;
pub mod users;

pub use cgroup::Paths;
pub use users::Users;
