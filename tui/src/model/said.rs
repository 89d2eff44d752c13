//! What was asked of the kernel, in words: one line, for people. Names stand as they were given; whoever shows them
//! escapes them.

use std::fmt;
use std::net::SocketAddr;

use super::act::{Act, CredCall, Deed, Mount, MountCall, Naming, Opened};
use super::descriptor::{Descriptor, DescriptorCall, Endpoint, Pty, Target};
use super::event::{Direction, Protocol};
use super::observer::signal_name;
use super::process::ProcessId;

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(f)?;
        match self.error {
            Some(error) => write!(f, ", failed with errno {error}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Deed::Descriptor { fd, how, now } => write!(f, "fd {fd} is now {now}{}", how.how()),
            Deed::Namespaces { flags: 0, .. } => f.write_str("namespaces"),
            Deed::Namespaces { flags, .. } => write!(f, "namespaces {}", namespace_names(*flags)),
            Deed::Mount(mount) => mount.fmt(f),
            Deed::Reach { how, target } => write!(f, "{} of {}", how.name(), pid(*target)),
            Deed::Signal { number, target } => write!(f, "{} to {}", signal_name(*number), pid(*target)),
            Deed::Memfd { name } => write!(f, "file in memory `{}`", name.lossless()),
            Deed::Creds { how, creds, .. } => {
                let how = if *how == CredCall::Unexplained { ", without a call that would explain it" } else { "" };
                write!(f, "uid {}, euid {}, gid {}{how}", creds.uid, creds.euid, creds.gid)
            }
            Deed::Open(opened) => opened.fmt(f),
            Deed::Name(naming) => naming.fmt(f),
            Deed::Wrote(wrote) => write!(f, "{} to {}", wrote.bytes.lossless().trim_end(), wrote.path.lossless()),
            Deed::UnixConnect { path, .. } => f.write_str(&path.lossless()),
            Deed::RawSocket { family: 17, .. } => f.write_str("packet socket"),
            Deed::RawSocket { family, protocol } => write!(f, "raw socket, family {family}, protocol {protocol}"),
            Deed::Kernel { command, name, .. } if name.is_empty() => write!(f, "command {command}"),
            Deed::Kernel { command, name, .. } => write!(f, "command {command}, {}", name.lossless()),
            Deed::Ring { op, path } if path.is_empty() => f.write_str(ring_op(*op)),
            Deed::Ring { op, path } => write!(f, "{} {}", ring_op(*op), path.lossless()),
            Deed::Relay(relay) => write!(
                f,
                "passed on {} times what was received ({} exactly), sent {} times what came back ({} exactly), answered \
                 {} times itself",
                relay.inward, relay.inward_exact, relay.outward, relay.outward_exact, relay.answered
            ),
        }
    }
}

impl DescriptorCall {
    fn how(self) -> &'static str {
        match self {
            DescriptorCall::Dup => "",
            DescriptorCall::Open => ", opened",
            DescriptorCall::Made => ", made",
            DescriptorCall::Accept => ", accepted",
            DescriptorCall::Received => ", received from another process",
            DescriptorCall::Taken => ", taken from another process",
        }
    }
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.to {
            Target::Null => f.write_str("null"),
            Target::Tty => f.write_str("a terminal"),
            Target::Pty(pty) if pty.master => write!(f, "pty master {:x}", pty.pair & 0xff_ffff),
            Target::Pty(Pty { pair, opener: Some(opener), .. }) => {
                write!(f, "pty {:x} of {}", pair & 0xff_ffff, opener.pid)
            }
            Target::Pty(pty) => write!(f, "pty {:x}", pty.pair & 0xff_ffff),
            Target::Pipe(_) => write!(f, "pipe {}", self.inode),
            Target::Fifo => write!(f, "fifo {}", self.inode),
            Target::Socket(endpoint) => endpoint.fmt(f),
            Target::Unix(end) => match end.process {
                Some(process) => write!(f, "unix socket of {}", process.pid),
                None => f.write_str("unix socket"),
            },
            Target::OtherSocket(family) => write!(f, "socket of family {family}"),
            Target::File => f.write_str("a file"),
            Target::Memfd => f.write_str("a file in memory"),
            Target::Device(_) => f.write_str("a device"),
            Target::Other => f.write_str("something else"),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |side: Option<SocketAddr>| side.map_or_else(|| "?".to_owned(), |side| side.to_string());
        let protocol = self.protocol.map_or("raw", Protocol::name);
        match self.direction {
            Some(Direction::Inbound) => write!(f, "{protocol} {} <- {}", side(self.local), side(self.remote)),
            Some(Direction::Listening) => write!(f, "{protocol} {}, listening", side(self.local)),
            _ => write!(f, "{protocol} {} -> {}", side(self.local), side(self.remote)),
        }
    }
}

impl fmt::Display for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.how {
            MountCall::Chroot | MountCall::PivotRoot => write!(f, "root is {}", self.target.lossless()),
            _ => {
                let (source, target) = (self.source.lossless(), self.target.lossless());
                write!(f, "{source} on {target}")?;
                if self.kind.is_empty() { Ok(()) } else { write!(f, ", {}", self.kind.lossless()) }
            }
        }
    }
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path.lossless())?;
        f.write_str(match (self.read, self.write) {
            (true, true) => ", to read and write",
            (false, true) => ", to write",
            _ => "",
        })?;
        match &self.host {
            Some(host) if *host != self.path => write!(f, ", the host's {}", host.lossless()),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Naming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.from.is_empty() {
            write!(f, "{} -> ", self.from.lossless())?;
        }
        f.write_str(&self.path.lossless())?;
        if self.mode != 0 { write!(f, ", mode {:o}", self.mode) } else { Ok(()) }
    }
}

fn pid(process: Option<ProcessId>) -> String {
    process.map_or_else(|| "a process elsewhere".to_owned(), |process| process.pid.to_string())
}

/// The names of `CLONE_NEW*` bits (`include/uapi/linux/sched.h`).
fn namespace_names(flags: u32) -> String {
    const NAMES: [(u32, &str); 8] = [
        (0x0002_0000, "mnt"),
        (0x2000_0000, "pid"),
        (0x4000_0000, "net"),
        (0x0800_0000, "ipc"),
        (0x0400_0000, "uts"),
        (0x0200_0000, "cgroup"),
        (0x1000_0000, "user"),
        (0x0000_0080, "time"),
    ];
    NAMES.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
}
/// Names of operations (`enum io_uring_op` in `include/uapi/linux/io_uring.h`).
fn ring_op(op: u8) -> &'static str {
    match op {
        9 => "sendmsg",
        10 => "recvmsg",
        13 => "accept",
        16 => "connect",
        18 => "openat",
        28 => "openat2",
        35 => "renameat",
        36 => "unlinkat",
        37 => "mkdirat",
        38 => "symlinkat",
        39 => "linkat",
        45 => "socket",
        56 => "bind",
        57 => "listen",
        _ => "another operation",
    }
}
