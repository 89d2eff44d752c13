//! Who a process is for people: which group its cgroup path names, what runtimes tell of it, which user a uid is.

pub mod cgroup;
pub mod docker;
pub mod users;

pub use cgroup::Paths;
pub use users::Users;
