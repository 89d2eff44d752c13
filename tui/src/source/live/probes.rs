//! The probes of the object: what each gives, where it is attached, and how the kernel is asked to take it.

use std::fs::File;
use std::os::fd::AsFd as _;

use aya::Ebpf;
use aya::programs::links::FdLink;
use aya::programs::{CgroupAttachMode, CgroupSockAddr, ProgramError, RawTracePoint};

/// What a probe gives, and how it does.
#[derive(Clone, Debug)]
pub struct Capability {
    /// Name of the program in the object.
    pub program: &'static str,
    /// What is lost without it.
    pub gives: &'static str,
    /// `None` when it is attached, else why not.
    pub failure: Option<String>,
}

/// A probe of the object.
struct Probe {
    program: &'static str,
    /// What stands in for it on kernels without `bpf_loop`.
    before_5_17: Option<&'static str>,
    hook: Hook,
    gives: &'static str,
}

enum Hook {
    RawTracepoint(&'static str),
    Cgroup,
}

/// A link that the kernel gave before 5.7 cannot be held apart from its program; the ring needs 5.8 anyway.
const NO_DESCRIPTOR: &str = "the link has no descriptor";

/// How often a program is offered to the kernel while signals keep interrupting.
const LOAD_TRIES: u32 = 100;

/// In the order of attachment: whose fork is told, of that one every exec and the exit are told too.
const PROBES: [Probe; 7] = [
    Probe {
        program: "exit",
        before_5_17: None,
        hook: Hook::RawTracepoint("sched_process_exit"),
        gives: "exits and who adopts",
    },
    Probe {
        program: "exec",
        before_5_17: Some("exec_shallow"),
        hook: Hook::RawTracepoint("sched_process_exec"),
        gives: "execs with their arguments",
    },
    Probe {
        program: "fork",
        before_5_17: None,
        hook: Hook::RawTracepoint("sched_process_fork"),
        gives: "forks and lineage",
    },
    Probe {
        program: "cgroup_move",
        before_5_17: None,
        hook: Hook::RawTracepoint("cgroup_attach_task"),
        gives: "moves between cgroups",
    },
    Probe {
        program: "tcp",
        before_5_17: None,
        hook: Hook::RawTracepoint("inet_sock_set_state"),
        gives: "TCP connections",
    },
    Probe { program: "udp_connect4", before_5_17: None, hook: Hook::Cgroup, gives: "UDP connects over IPv4" },
    Probe { program: "udp_connect6", before_5_17: None, hook: Hook::Cgroup, gives: "UDP connects over IPv6" },
];

/// Loads and attaches what this kernel takes of them.
pub(super) fn attach_all(object: &mut Ebpf, old_kernel: bool) -> (Vec<FdLink>, Vec<Capability>) {
    // Loading takes milliseconds a probe, attaching next to nothing: all are loaded before the first is attached, so
    // that they begin together.
    let loaded: Vec<_> = PROBES.iter().map(|probe| load_program(object, probe, old_kernel)).collect();
    let (mut links, mut capabilities) = (Vec::new(), Vec::new());
    for (probe, loaded) in PROBES.iter().zip(loaded) {
        let link = loaded.and_then(|program| attach(object, program, &probe.hook));
        let failure = link.map(|link| links.push(link)).err();
        capabilities.push(Capability { program: probe.program, gives: probe.gives, failure });
    }
    (links, capabilities)
}

/// Loads the program of a probe, or the one for old kernels; gives the name of that which was loaded.
fn load_program(object: &mut Ebpf, probe: &Probe, old_kernel: bool) -> Result<&'static str, String> {
    let Some(other) = probe.before_5_17 else {
        return load_named(object, probe.program, &probe.hook).map(|()| probe.program);
    };
    if !old_kernel && load_named(object, probe.program, &probe.hook).is_ok() {
        return Ok(probe.program);
    }
    load_named(object, other, &probe.hook).map(|()| other)
}

/// A signal that arrives while the verifier works makes it give up with EAGAIN: then it is asked again.
fn load_named(object: &mut Ebpf, name: &str, hook: &Hook) -> Result<(), String> {
    let program = object.program_mut(name).ok_or("not in the probe object")?;
    let mut tries = 0;
    loop {
        let loaded = match hook {
            Hook::RawTracepoint(_) => <&mut RawTracePoint>::try_from(&mut *program).and_then(|program| program.load()),
            Hook::Cgroup => <&mut CgroupSockAddr>::try_from(&mut *program).and_then(|program| program.load()),
        };
        tries += 1;
        match loaded {
            Err(ProgramError::LoadError { io_error, .. })
                if io_error.raw_os_error() == Some(libc::EAGAIN) && tries < LOAD_TRIES => {}
            loaded => return loaded.map_err(program_error),
        }
    }
}

fn attach(object: &mut Ebpf, name: &str, hook: &Hook) -> Result<FdLink, String> {
    let program = object.program_mut(name).ok_or("not in the probe object")?;
    match hook {
        Hook::RawTracepoint(name) => {
            let program: &mut RawTracePoint = program.try_into().map_err(program_error)?;
            let id = program.attach(name).map_err(program_error)?;
            Ok(program.take_link(id).map_err(program_error)?.into())
        }
        Hook::Cgroup => {
            let program: &mut CgroupSockAddr = program.try_into().map_err(program_error)?;
            // A link always stands beside others; asking for it with a flag is an error.
            let id = program.attach(cgroup2_root()?.as_fd(), CgroupAttachMode::Single).map_err(program_error)?;
            program.take_link(id).map_err(program_error)?.try_into().map_err(|_| NO_DESCRIPTOR.into())
        }
    }
}

/// The root of the cgroup v2 hierarchy, wherever it is mounted.
fn cgroup2_root() -> Result<File, String> {
    let mounts = procfs::process::Process::myself()
        .and_then(|me| me.mountinfo())
        .map_err(|error| format!("/proc/self/mountinfo: {error}"))?;
    let mount = mounts
        .into_iter()
        .find(|mount| mount.fs_type == "cgroup2")
        .ok_or("no cgroup v2 hierarchy is mounted; mount one with: mount -t cgroup2 none /sys/fs/cgroup/unified")?;
    File::open(&mount.mount_point).map_err(|error| format!("{}: {error}", mount.mount_point.display()))
}

/// One line: the kernel's errno, without the verifier's log.
fn program_error(error: ProgramError) -> String {
    match error {
        ProgramError::LoadError { io_error, verifier_log } => {
            let log = verifier_log.to_string();
            let last = log.lines().rev().find(|line| !line.starts_with("processed") && !line.trim().is_empty());
            match last {
                Some(line) => format!("refused by the verifier: {io_error}: {line}"),
                None => format!("refused by the kernel: {io_error}"),
            }
        }
        ProgramError::SyscallError(error) => format!("{}: {}", error.call, error.io_error),
        error => error.to_string(),
    }
}
