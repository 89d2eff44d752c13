//! A process that is held by a pidfd, and is the one that was meant.

use std::os::fd::OwnedFd;

use procfs::process::{Process, Stat};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::app::Allowed;
use crate::model::{ProcessId, Ticks};

/// `PF_KTHREAD` in `include/linux/sched.h`: a kernel thread.
const PF_KTHREAD: u32 = 0x0020_0000;
/// Makers of this program that are looked for.
const FAR: usize = 64;

/// Why something was not done to a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has ended.
    Gone,
    /// Its pid is somebody else's by now.
    Reused,
    /// Nothing is done to such a one, whoever asks.
    Spared(&'static str),
    /// What the kernel answered.
    Refused(String),
}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Fault {
        match errno {
            Errno::SRCH => Fault::Gone,
            other => Fault::Refused(other.to_string()),
        }
    }
}

/// A process that cannot be another one any more.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) id: ProcessId,
    fd: OwnedFd,
}

impl Held {
    pub(super) fn send(&self, signal: Signal) -> Result<(), Fault> {
        Ok(pidfd_send_signal(&self.fd, signal)?)
    }
}

/// Takes hold of a process. The pidfd comes first: whose start is read after that is whom it holds, or has ended.
pub(super) fn hold(id: ProcessId, allowed: &Allowed) -> Result<Held, Fault> {
    if id.pid == 1 {
        return Err(Fault::Spared("the first process of the node"));
    }
    if allowed.own.contains(&id.pid) {
        return Err(Fault::Spared("ktrace-tui itself, or a maker of it"));
    }
    let pid = i32::try_from(id.pid).ok().and_then(Pid::from_raw).ok_or(Fault::Gone)?;
    let fd = pidfd_open(pid, PidfdFlags::empty())?;
    let stat = stat(id.pid).ok_or(Fault::Gone)?;
    if Ticks(stat.starttime) != id.start {
        return Err(Fault::Reused);
    }
    if stat.flags & PF_KTHREAD != 0 {
        return Err(Fault::Spared("a kernel thread"));
    }
    if matches!(stat.state, 'Z' | 'X') {
        return Err(Fault::Gone);
    }
    Ok(Held { id, fd })
}

pub(super) fn stat(pid: u32) -> Option<Stat> {
    Process::new(pid.try_into().ok()?).ok()?.stat().ok()
}

/// The pids of this program and of all its makers, up to the node's first process.
pub fn own_line() -> Vec<u32> {
    let mut line = vec![std::process::id()];
    while line.len() < FAR
        && let Some(parent) = line.last().and_then(|pid| stat(*pid)).and_then(|stat| u32::try_from(stat.ppid).ok())
        && parent != 0
    {
        line.push(parent);
    }
    line
}
