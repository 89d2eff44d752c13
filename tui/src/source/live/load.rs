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
}

impl Options {
    /// The ring unless said otherwise: 8 MiB hold the events of some 20,000 execs.
    pub const RING_SIZE: u32 = 8 * 1024 * 1024;
}

impl Default for Options {
    fn default() -> Self {
        Options { ring_size: Options::RING_SIZE, include_self: false }
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
    hook: Hook,
    gives: &'static str,
}

enum Hook {
    RawTracepoint(&'static str),
    Cgroup,
}

const PROBES: [Probe; 7] = [
    Probe { program: "fork", hook: Hook::RawTracepoint("sched_process_fork"), gives: "forks and lineage" },
    Probe { program: "exec", hook: Hook::RawTracepoint("sched_process_exec"), gives: "execs with their arguments" },
    Probe { program: "exit", hook: Hook::RawTracepoint("sched_process_exit"), gives: "exits and who adopts" },
    Probe { program: "cgroup_move", hook: Hook::RawTracepoint("cgroup_attach_task"), gives: "moves between cgroups" },
    Probe { program: "tcp", hook: Hook::RawTracepoint("inet_sock_set_state"), gives: "TCP connections" },
    Probe { program: "udp_connect4", hook: Hook::Cgroup, gives: "UDP connects over IPv4" },
    Probe { program: "udp_connect6", hook: Hook::Cgroup, gives: "UDP connects over IPv6" },
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
        .verifier_log_level(VerifierLogLevel::DISABLE)
        .load(OBJECT)
        .map_err(object_error)?;
    let mut links = Vec::new();
    let capabilities: Vec<_> = PROBES
        .iter()
        .map(|probe| Capability {
            program: probe.program,
            gives: probe.gives,
            failure: match attach(&mut object, probe) {
                Ok(link) => {
                    links.push(link);
                    None
                }
                Err(why) => Some(why),
            },
        })
        .collect();
    if let Some(Capability { failure: Some(why), program, .. }) = capabilities[..3].iter().find(|c| c.failure.is_some())
        && capabilities.iter().all(|c| c.failure.is_some())
    {
        return Err(LoadError::NoProbe(format!("{program}: {why}")));
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

fn attach(object: &mut Ebpf, probe: &Probe) -> Result<FdLink, String> {
    let program = object.program_mut(probe.program).ok_or("not in the probe object")?;
    match probe.hook {
        Hook::RawTracepoint(name) => {
            let program: &mut RawTracePoint = program.try_into().map_err(program_error)?;
            program.load().map_err(program_error)?;
            let id = program.attach(name).map_err(program_error)?;
            program.take_link(id).map_err(program_error)?.try_into().map_err(|_| "the link has no descriptor".into())
        }
        Hook::Cgroup => {
            let program: &mut CgroupSockAddr = program.try_into().map_err(program_error)?;
            program.load().map_err(program_error)?;
            let root = cgroup2_root()?;
            let id = program.attach(root.as_fd(), CgroupAttachMode::Single).map_err(program_error)?;
            program.take_link(id).map_err(program_error)?.try_into().map_err(|_| "the link has no descriptor".into())
        }
    }
}

/// The root of the cgroup v2 hierarchy, wherever it is mounted.
fn cgroup2_root() -> Result<File, String> {
    let mounts = procfs::process::Process::myself()
        .and_then(|me| me.mountinfo())
        .map_err(|error| format!("/proc/self/mountinfo: {error}"))?;
    let mount = mounts.into_iter().find(|mount| mount.fs_type == "cgroup2").ok_or(
        "no cgroup v2 hierarchy is mounted; mount one with: mount -t cgroup2 none /sys/fs/cgroup/unified",
    )?;
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
