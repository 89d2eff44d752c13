//! What /proc knows of the processes that are there: the witness of the time before the probes, and after a loss.

mod process;
mod sockets;

pub(super) use process::{Found, pids, read, start_of};
pub(super) use sockets::sockets;
