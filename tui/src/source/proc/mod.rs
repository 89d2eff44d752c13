//! What /proc knows of the processes that are there: the witness of the time before the probes, and after a loss.

mod files;
pub(super) mod fuzz;
mod mounts;
mod posture;
mod process;
pub(in crate::source) mod program;
mod services;
mod stdio;
mod users;

pub(super) use files::{Files, Holder, files};
pub(super) use posture::{Node, allowed};
pub(super) use process::{Found, pids, read, start_of};
pub(super) use services::services;
pub(super) use users::users;
