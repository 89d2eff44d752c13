//! The probes of the object: what each gives, where it is attached, and how the kernel is asked to take it.

use std::fs::File;
use std::os::fd::AsFd as _;

use aya::Ebpf;
use aya::maps::{Array, MapData, PerCpuArray, ProgramArray};
use aya::programs::links::FdLink;
use aya::programs::{CgroupAttachMode, CgroupSkb, CgroupSkbAttachType, CgroupSockAddr, ProgramError, RawTracePoint};
use ktrace_probes_common::class;

use super::missed::Missed;
use super::own::OwnFiles;
use super::{cares, syscalls};
use crate::source::cgroups;

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
    /// What the sockets of all cgroups receive.
    Received,
    Cgroup,
    /// The end of system calls of a class: run by the program `syscall`.
    Syscall(u32),
}

/// What keeps the probes in the kernel, and how each does.
pub(super) struct Hooks {
    pub(super) links: Vec<FdLink>,
    pub(super) capabilities: Vec<Capability>,
    /// The kernel forgets the programs of this array when nobody holds it.
    pub(super) handlers: Option<ProgramArray<MapData>>,
    /// How often the kernel left out to run one.
    pub(super) missed: Missed,
}

/// Without any of these there is no tree.
const TREE: [&str; 3] = ["exit", "exec", "fork"];

impl Hooks {
    /// Why there is no tree: none of the probes that make it is attached.
    pub(super) fn no_tree(&self) -> Option<String> {
        let mut of_tree = self.capabilities.iter().filter(|capability| TREE.contains(&capability.program));
        let refused =
            |capability: &Capability| Some(format!("{}: {}", capability.program, capability.failure.as_ref()?));
        of_tree.try_fold(String::new(), |_, capability| refused(capability))
    }
}

/// A link that the kernel gave before 5.7 cannot be held apart from its program; the ring needs 5.8 anyway.
const NO_DESCRIPTOR: &str = "the link has no descriptor";

/// How often a program is offered to the kernel while signals keep interrupting.
const LOAD_TRIES: u32 = 100;

/// In the order of attachment: whose fork is told, of that one every exec and the exit are told too.
const PROBES: &[Probe] = &[
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
    Probe {
        program: "tcp_between",
        before_5_17: None,
        hook: Hook::RawTracepoint("inet_sock_set_state"),
        gives: "TCP connections while another is told of on the same CPU",
    },
    Probe { program: "udp_connect4", before_5_17: None, hook: Hook::Cgroup, gives: "UDP connects over IPv4" },
    Probe { program: "udp_connect6", before_5_17: None, hook: Hook::Cgroup, gives: "UDP connects over IPv6" },
    Probe { program: "udp_bind4", before_5_17: None, hook: Hook::Cgroup, gives: "who waits on UDP over IPv4" },
    Probe { program: "udp_bind6", before_5_17: None, hook: Hook::Cgroup, gives: "who waits on UDP over IPv6" },
    Probe {
        program: "answer",
        before_5_17: None,
        hook: Hook::Received,
        gives: "names of addresses, as name servers tell them",
    },
    Probe {
        program: "signal",
        before_5_17: None,
        hook: Hook::RawTracepoint("signal_generate"),
        gives: "who signals this program",
    },
    syscall_probe("on_open", class::OPEN, "opens of files that are cared for"),
    syscall_probe("on_opened", class::OPENED, "what was opened"),
    syscall_probe("on_descriptor", class::DESCRIPTOR, "what standard streams are put onto"),
    syscall_probe("on_pair", class::PAIR, "who made a pipe"),
    syscall_probe("on_socket", class::SOCKET, "raw sockets"),
    syscall_probe("on_mount", class::MOUNT, "mounts"),
    syscall_probe("on_root", class::ROOT, "changes of the root"),
    syscall_probe("on_reach", class::REACH, "reaching into other processes"),
    syscall_probe("on_memfd", class::MEMFD, "files in memory"),
    syscall_probe("on_creds", class::CREDS, "changes of ids and capabilities"),
    syscall_probe("on_name", class::NAME, "renames, links and removals of files that are cared for"),
    syscall_probe("on_connect", class::CONNECT, "connections to unix sockets beyond the border"),
    syscall_probe("on_kernel", class::KERNEL, "bpf, modules and their kin"),
    syscall_probe("on_namespaces", class::NAMESPACES, "namespaces entered and made"),
    syscall_probe(
        "on_map",
        class::MAP,
        "libraries and programs that are mapped out of memory or a container's own layer",
    ),
    syscall_probe("on_write", class::WRITE, "bytes that are written to files which the kernel acts upon"),
    syscall_probe("on_relay", class::RELAY, "data passed on between connections and others"),
    Probe {
        program: "ring_submit",
        before_5_17: None,
        hook: Hook::RawTracepoint("io_uring_submit_req"),
        gives: "names that are changed through an io_uring",
    },
    Probe {
        program: "ring_complete",
        before_5_17: None,
        hook: Hook::RawTracepoint("io_uring_complete"),
        gives: "opens through an io_uring",
    },
    // Last: from here on the others are run.
    Probe {
        program: "syscall",
        before_5_17: None,
        hook: Hook::RawTracepoint("sys_exit"),
        gives: "everything that is asked of the kernel beside processes and connections",
    },
];

const fn syscall_probe(program: &'static str, class: u32, gives: &'static str) -> Probe {
    Probe { program, before_5_17: None, hook: Hook::Syscall(class), gives }
}

/// Whether this kernel lets memory be read directly: a small program that does says so.
pub(super) fn reads_directly(object: &mut Ebpf) -> bool {
    load_named(object, "on_pair", &Hook::Syscall(class::PAIR)).is_ok()
}

/// Loads and attaches what this kernel takes of them.
pub(super) fn attach_all(object: &mut Ebpf, old_kernel: bool, own: &OwnFiles) -> Hooks {
    // Loading takes milliseconds a probe, attaching next to nothing: all are loaded before the first is attached, so
    // that they begin together.
    let loaded: Vec<_> = PROBES.iter().map(|probe| load_program(object, probe, old_kernel)).collect();
    let handlers = object.take_map("HANDLERS").and_then(|map| ProgramArray::try_from(map).ok());
    let missed = Missed::new(object.take_map("BETWEEN").and_then(|map| PerCpuArray::try_from(map).ok()));
    let mut hooks = Hooks { links: Vec::new(), capabilities: Vec::new(), handlers, missed };
    let mut classes = Vec::new();
    for (probe, loaded) in PROBES.iter().zip(loaded) {
        let done = loaded.and_then(|program| match probe.hook {
            Hook::Syscall(class) => {
                hand_over(object, program, class, hooks.handlers.as_mut()).map(|()| classes.push(class))
            }
            _ => attach(object, program, &probe.hook).map(|link| {
                hooks.links.push(link);
                count_missed(object, program, &probe.hook, &mut hooks.missed);
            }),
        });
        hooks.capabilities.push(Capability { program: probe.program, gives: probe.gives, failure: done.err() });
    }
    if let Err(why) = cares::fill(object, own)
        && let Some(opens) = hooks.capabilities.iter_mut().find(|capability| capability.program == "on_open")
    {
        opens.failure = Some(why);
    }
    fill_table(object, &classes, &mut hooks.capabilities);
    hooks
}

/// Has it counted how often the kernel does not run a program. Those of cgroups run within themselves, and count nothing.
fn count_missed(object: &Ebpf, name: &str, hook: &Hook, missed: &mut Missed) {
    let fd = || object.program(name)?.fd().ok()?.try_clone().ok();
    if let Hook::RawTracepoint(_) = hook
        && let Some(fd) = fd()
    {
        missed.watch(name, fd);
    }
}

/// Has the program `syscall` run this one for its class.
fn hand_over(
    object: &mut Ebpf,
    name: &str,
    class: u32,
    handlers: Option<&mut ProgramArray<MapData>>,
) -> Result<(), String> {
    let program = object.program(name).ok_or("not in the probe object")?;
    let handlers = handlers.ok_or("the kernel has no array of programs")?;
    let fd = program.fd().map_err(program_error)?;
    handlers.set(class, fd, 0).map_err(|error| error.to_string())
}

/// Tells the program `syscall` which calls are looked at: last, when all that look are there.
fn fill_table(object: &mut Ebpf, classes: &[u32], capabilities: &mut [Capability]) {
    let filled = object.map_mut("TABLE").ok_or_else(|| "not in the probe object".to_owned()).and_then(|map| {
        let mut table = Array::<_, u32>::try_from(map).map_err(|error| error.to_string())?;
        for (at, entry) in syscalls::table(classes) {
            table.set(at, entry, 0).map_err(|error| error.to_string())?;
        }
        Ok(())
    });
    let filled = filled.and_then(|()| {
        let map = object.map_mut("ARMS").ok_or_else(|| "not in the probe object".to_owned())?;
        let mut arms = Array::<_, [u32; 2]>::try_from(map).map_err(|error| error.to_string())?;
        for (at, arm) in (0..).zip(syscalls::writes()) {
            arms.set(at, arm, 0).map_err(|error| error.to_string())?;
        }
        Ok(())
    });
    if let (Err(why), Some(last)) = (filled, capabilities.last_mut()) {
        last.failure = Some(format!("the table of system calls: {why}"));
    }
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
            Hook::RawTracepoint(_) | Hook::Syscall(_) => {
                <&mut RawTracePoint>::try_from(&mut *program).and_then(|program| program.load())
            }
            Hook::Received => <&mut CgroupSkb>::try_from(&mut *program).and_then(|program| program.load()),
            Hook::Cgroup => <&mut CgroupSockAddr>::try_from(&mut *program).and_then(|program| program.load()),
        };
        tries += 1;
        match loaded {
            // It showed already whether memory can be read directly.
            Err(ProgramError::AlreadyLoaded) => return Ok(()),
            Err(ProgramError::LoadError { io_error, .. })
                if io_error.raw_os_error() == Some(libc::EAGAIN) && tries < LOAD_TRIES => {}
            loaded => return loaded.map_err(program_error),
        }
    }
}

fn attach(object: &mut Ebpf, name: &str, hook: &Hook) -> Result<FdLink, String> {
    let program = object.program_mut(name).ok_or("not in the probe object")?;
    match hook {
        Hook::Syscall(_) => Err("run by another program".into()),
        Hook::RawTracepoint(name) => {
            let program: &mut RawTracePoint = program.try_into().map_err(program_error)?;
            let id = match program.attach(name) {
                Err(error) if is_missing(&error) => program.attach(former(name).ok_or_else(|| program_error(error))?),
                attached => attached,
            };
            Ok(program.take_link(id.map_err(program_error)?).map_err(program_error)?.into())
        }
        Hook::Received => {
            let program: &mut CgroupSkb = program.try_into().map_err(program_error)?;
            let root = cgroup2_root()?;
            let ingress = CgroupSkbAttachType::Ingress;
            let id = program.attach(root.as_fd(), ingress, CgroupAttachMode::Single).map_err(program_error)?;
            program.take_link(id).map_err(program_error)?.try_into().map_err(|_| NO_DESCRIPTOR.into())
        }
        Hook::Cgroup => {
            let program: &mut CgroupSockAddr = program.try_into().map_err(program_error)?;
            // A link always stands beside others; asking for it with a flag is an error.
            let id = program.attach(cgroup2_root()?.as_fd(), CgroupAttachMode::Single).map_err(program_error)?;
            program.take_link(id).map_err(program_error)?.try_into().map_err(|_| NO_DESCRIPTOR.into())
        }
    }
}

/// The kernel has no tracepoint of that name.
fn is_missing(error: &ProgramError) -> bool {
    matches!(error, ProgramError::SyscallError(error) if error.io_error.raw_os_error() == Some(libc::ENOENT))
}

/// What a tracepoint with the same arguments was called before.
fn former(name: &str) -> Option<&'static str> {
    // Until 6.3; before 6.0 with other arguments.
    (name == "io_uring_submit_req" && release() >= (6, 0)).then_some("io_uring_submit_sqe")
}

/// Version of the running kernel: major and minor.
fn release() -> (u32, u32) {
    let uname = rustix::system::uname();
    let text = uname.release().to_string_lossy();
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// The root of the cgroup v2 hierarchy, wherever it is mounted.
fn cgroup2_root() -> Result<File, String> {
    let root = cgroups::v2_root()?;
    File::open(&root).map_err(|error| format!("{}: {error}", root.display()))
}

/// One line: the kernel's errno, without the verifier's log.
fn program_error(error: ProgramError) -> String {
    match error {
        ProgramError::LoadError { io_error, verifier_log } => {
            let log = verifier_log.to_string();
            match verdict(&log) {
                Some(line) => format!("refused by the verifier: {io_error}: {line}"),
                None => format!("refused by the kernel: {io_error}"),
            }
        }
        ProgramError::SyscallError(error) => format!("{}: {}", error.call, error.io_error),
        error => error.to_string(),
    }
}

/// What the verifier said last, before it tells how much it did.
fn verdict(log: &str) -> Option<&str> {
    let counted = |line: &&str| ["processed", "verification time", "stack depth"].iter().any(|of| line.starts_with(of));
    log.lines().rev().find(|line| !line.trim().is_empty() && !counted(line))
}
