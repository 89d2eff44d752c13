//! Putting the probes into the kernel: offsets from BTF, each probe loaded and attached on its own, so that one that is
//! refused takes away what rests on it and nothing else.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd as _};
use std::path::Path;

use aya::maps::{HashMap as BpfMap, MapData, PerCpuArray, RingBuf};
use aya::programs::links::FdLink;
use aya::programs::{CgroupAttachMode, CgroupSockAddr, ProgramError, ProgramFd, RawTracePoint};
use aya::{Ebpf, EbpfError, EbpfLoader, VerifierLogLevel};
use ktrace_probes_common::{ABSENT, OFFSETS, Offsets, Settings};

use super::btf::{Btf, BtfError};
use crate::model::{ProcessId, Ticks};

/// The probes, compiled from `probes/` by `probes/rebuild`.
static OBJECT: &[u8] = aya::include_bytes_aligned!("probes.o");

/// Where the kernel describes its types.
pub const BTF_PATH: &str = "/sys/kernel/btf/vmlinux";

/// The inode number of the initial pid namespace (`PROC_PID_INIT_INO` in `include/linux/proc_ns.h`).
const INITIAL_PID_NS: u64 = 0xEFFF_FFFC;

/// The reader looks by itself every few milliseconds while there is something; beyond that, this is how often it may
/// be woken.
const WAKE_NANOS: u32 = 20_000_000;

/// What the live source can be told.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes of the ring: a power of two, at least a page.
    pub ring_size: u32,
    /// Whether the events of this program itself are told too.
    pub include_self: bool,
    /// Whether the probes for kernels before 5.17 are taken even where the kernel is newer: paths are then told up to
    /// [`ktrace_probes_common::PATH_DEPTH_SHALLOW`] components.
    pub old_kernel: bool,
}

impl Options {
    /// The ring unless said otherwise: 8 MiB hold the events of some 20,000 execs.
    pub const RING_SIZE: u32 = 8 * 1024 * 1024;
}

impl Default for Options {
    fn default() -> Self {
        Options { ring_size: Options::RING_SIZE, include_self: false, old_kernel: false }
    }
}

/// Why the probes could not be put into the kernel at all.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The kernel does not describe its types.
    #[error("this kernel does not describe its types: {0}")]
    Btf(#[from] BtfError),
    /// The types lack something that every probe needs.
    #[error("this kernel's types have no {0}, which every probe needs; please report it with the output of uname -r")]
    Offset(&'static str),
    /// The kernel refused a map or the object.
    #[error("the kernel refused the probes' maps: {0}")]
    Maps(String),
    /// No ring buffer.
    #[error("this kernel has no BPF ring buffer: it needs Linux 5.8 or later")]
    NoRing,
    /// Not allowed.
    #[error("not permitted to load kernel probes: {0}")]
    NotPermitted(String),
    /// The thread that reads could not be started.
    #[error("the reader could not be started: {0}")]
    Thread(String),
    /// The probes that make the tree could not be attached.
    #[error("no probe could be attached: {0}")]
    NoProbe(String),
}

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

/// The probes, attached; they leave the kernel when this is dropped.
pub struct Attached {
    /// The records.
    pub ring: RingBuf<MapData>,
    /// Per kind and CPU: records numbered and lost.
    pub counts: PerCpuArray<MapData, [u64; 2]>,
    /// Who listens, for those that listened before: `ListenKey` to `Owner`, as words.
    listeners: BpfMap<MapData, [u32; 2], [u64; 5]>,
    /// What each probe does.
    pub capabilities: Vec<Capability>,
    tcp: Option<ProgramFd>,
    _links: Vec<FdLink>,
}

impl Attached {
    /// Tells the probes of a listening socket that was there before them. When the map refuses, connections to it are
    /// told without an owner; that is all.
    pub fn seed_listener(&mut self, net_ns: u32, port: u16, owner: ProcessId) {
        let (pid, start) = (u64::from(owner.pid), owner.start.0 * Ticks::NANOS);
        // The layout of `Owner`: pid, start, cgroup, hierarchy and tid, direction.
        let _ = self.listeners.insert([net_ns, u32::from(port)], [pid, start, 0, pid << 32, LISTENING], 0);
    }

    /// How often the TCP probe was not run since it was already running on that CPU, since its attachment; 0 on
    /// kernels that do not count it (before 5.12).
    pub fn missed_runs(&self) -> u64 {
        let Some(fd) = &self.tcp else { return 0 };
        let path = format!("/proc/self/fdinfo/{}", fd.as_fd().as_raw_fd());
        let info = std::fs::read_to_string(path).unwrap_or_default();
        info.lines()
            .find_map(|line| line.strip_prefix("recursion_misses:"))
            .and_then(|count| count.trim().parse().ok())
            .unwrap_or(0)
    }
}

/// `Owner::direction` of a listening socket.
const LISTENING: u64 = 3;

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

/// Loads and attaches every probe that this kernel takes.
///
/// # Errors
/// [`LoadError`] when not even processes can be followed.
pub fn load(options: &Options) -> Result<Attached, LoadError> {
    let offsets = offsets()?;
    let settings = settings(options);
    let (offset_words, setting_words) = (offsets.words(), settings.words());
    let mut object = EbpfLoader::new()
        .btf(None)
        .override_global("OFFSETS", &offset_words[..], true)
        .override_global("SETTINGS", &setting_words[..], true)
        .map_max_entries("EVENTS", options.ring_size)
        .verifier_log_level(VerifierLogLevel::DEBUG)
        .load(OBJECT)
        .map_err(object_error)?;
    // Loading takes milliseconds a probe, attaching next to nothing: all are loaded before the first is attached, so
    // that they begin together.
    let loaded: Vec<_> = PROBES.iter().map(|probe| load_program(&mut object, probe, options.old_kernel)).collect();
    let mut links = Vec::new();
    let mut capabilities = Vec::new();
    for (probe, loaded) in PROBES.iter().zip(loaded) {
        let link = loaded.and_then(|program| attach(&mut object, program, &probe.hook));
        let failure = link.map(|link| links.push(link)).err();
        capabilities.push(Capability { program: probe.program, gives: probe.gives, failure });
    }
    if links.is_empty() {
        let why = capabilities.iter().find_map(|c| Some(format!("{}: {}", c.program, c.failure.as_ref()?)));
        return Err(LoadError::NoProbe(why.unwrap_or_default()));
    }
    let ring = take(&mut object, "EVENTS", RingBuf::try_from)?;
    let counts = take(&mut object, "COUNTS", PerCpuArray::try_from)?;
    let listeners = take(&mut object, "LISTENERS", BpfMap::try_from)?;
    let tcp = object.program("tcp").and_then(|program| program.fd().ok()?.try_clone().ok());
    drop(object);
    release_memory();
    Ok(Attached { ring, counts, listeners, capabilities, tcp, _links: links })
}

/// Gives the memory that loading took back to the system: some 20 MB that would never be used again.
fn release_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it has no preconditions.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// The offsets of the running kernel.
///
/// # Errors
/// [`LoadError::Btf`], or [`LoadError::Offset`] naming the first required field that is missing.
pub fn offsets() -> Result<Offsets, LoadError> {
    let btf = Btf::read(Path::new(BTF_PATH), OFFSETS)?;
    match OFFSETS.iter().find(|line| line.required && btf.find(line.path).is_none()) {
        Some(missing) => Err(LoadError::Offset(missing.path)),
        None => Ok(btf.offsets()),
    }
}

/// What the table asks for and this kernel does not have, as the table names it; alternatives are told as one.
pub fn missing_offsets(offsets: &Offsets) -> Vec<&'static str> {
    let words = offsets.words();
    OFFSETS.iter().zip(words).filter(|(_, word)| *word == ABSENT).map(|(line, _)| line.path).collect()
}

/// True when pids are those of the whole node.
pub fn in_initial_pid_namespace() -> bool {
    own_pid_namespace() == INITIAL_PID_NS
}

fn own_pid_namespace() -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self/ns/pid").map_or(INITIAL_PID_NS, |ns| ns.ino())
}

fn settings(options: &Options) -> Settings {
    Settings {
        own_pid: if options.include_self { 0 } else { std::process::id() },
        pid_ns: if in_initial_pid_namespace() { 0 } else { own_pid_namespace() as u32 },
        wake_bytes: options.ring_size / 4,
        wake_nanos: WAKE_NANOS,
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

fn take<T, E: std::fmt::Display>(
    object: &mut Ebpf,
    name: &str,
    make: impl FnOnce(aya::maps::Map) -> Result<T, E>,
) -> Result<T, LoadError> {
    let map = object.take_map(name).ok_or_else(|| LoadError::Maps(format!("{name}: not in the probe object")))?;
    make(map).map_err(|error| LoadError::Maps(format!("{name}: {error}")))
}

fn object_error(error: EbpfError) -> LoadError {
    use aya::maps::MapError;
    if let EbpfError::MapError(MapError::CreateError { name, io_error, .. }) = &error {
        if io_error.raw_os_error() == Some(libc::EPERM) {
            return LoadError::NotPermitted(format!("creating the map {name}: {io_error}"));
        }
        if name == "EVENTS" && io_error.raw_os_error() == Some(libc::EINVAL) {
            return LoadError::NoRing;
        }
        return LoadError::Maps(format!("{name}: {io_error}"));
    }
    LoadError::Maps(error.to_string())
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
