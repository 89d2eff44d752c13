//! Putting the probes into the kernel: offsets from BTF, each probe loaded and attached on its own, so that one that is
//! refused takes away what rests on it and nothing else.

use aya::maps::{Array, HashMap as BpfMap, MapData, PerCpuArray, RingBuf};
use aya::{Ebpf, EbpfError, EbpfLoader, VerifierLogLevel};
use ktrace_probes_common::{ABSENT, Offsets, RDONLY_CAST, Settings};

use super::btf::BtfError;
use super::offsets::offsets;
use super::own::OwnFiles;
use super::probes::{self, Hooks};
use super::relays::Relays;
use super::shares;
use crate::allocator;
use crate::model::{NsKind, ProcessId, Ticks};
use crate::source::host::{in_initial_pid_namespace, own_pid_namespace};
use crate::source::lockdown::{self, CONFIDENTIALITY};

/// The probes, compiled from `probes/` by `probes/rebuild` into `probes.o`, and packed by `build.rs`.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/probes.zst"));

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
    /// Whether programs are read, to tell what is in them.
    pub read_programs: bool,
    /// Which files are this program's own.
    pub files: OwnFiles,
}

impl Options {
    /// The ring unless said otherwise: 8 MiB hold the events of some 20,000 execs.
    pub const RING_SIZE: u32 = 8 * 1024 * 1024;
}

impl Default for Options {
    fn default() -> Self {
        Options {
            ring_size: Options::RING_SIZE,
            include_self: false,
            old_kernel: false,
            read_programs: true,
            files: OwnFiles::default(),
        }
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
    /// The probes that this program carries are not whole.
    #[error("the probes in this program cannot be unpacked: {0}; it is damaged: build or fetch it again")]
    Packed(String),
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
    #[error("the kernel refuses the probes of forks, execs and exits: {0}; `ktrace-tui doctor` tells more")]
    NoProbe(String),
    /// Nobody may read kernel memory.
    #[error(
        "not permitted: the kernel is locked down for confidentiality, so that probes may not read its memory; boot it \
         without lockdown=confidentiality"
    )]
    LockedDown,
}

/// The probes, attached; they leave the kernel when this is dropped.
pub(super) struct Attached {
    /// The records.
    pub(super) ring: RingBuf<MapData>,
    /// Per kind and CPU: records numbered, and those that found no place.
    pub(super) counts: PerCpuArray<MapData, [u64; 2]>,
    /// The same of cgroups, since the ring was half full.
    shares: BpfMap<MapData, shares::Key, shares::Words>,
    /// Who listens, for those that listened before: `ListenKey` to `Owner`, as words.
    listeners: BpfMap<MapData, [u32; 2], [u64; 5]>,
    /// Whose reads and writes are looked at.
    pub(super) relays: Relays,
    /// What keeps the probes there, and what each does.
    pub(super) hooks: Hooks,
}

impl Attached {
    /// Tells the probes of a listening socket that was there before them. When the map refuses, connections to it are
    /// told without an owner; that is all.
    pub(super) fn seed_listener(&mut self, net_ns: u32, port: u16, owner: ProcessId) {
        let (pid, start) = (u64::from(owner.pid), owner.start.0 * Ticks::NANOS);
        // The layout of `Owner`: pid, start, cgroup, hierarchy and tid, direction.
        let _ = self.listeners.insert([net_ns, u32::from(port)], [pid, start, 0, pid << 32, LISTENING], 0);
    }

    /// Of each cgroup that the probes know, what it has on the ring and what found no place there.
    pub(super) fn shares(&self) -> impl Iterator<Item = (shares::Key, shares::Words)> {
        self.shares.iter().filter_map(Result::ok)
    }
}

/// `Owner::direction` of a listening socket.
const LISTENING: u64 = 3;

/// Loads and attaches every probe that this kernel takes.
///
/// # Errors
/// [`LoadError`] when not even processes can be followed.
pub(super) fn load(options: &Options) -> Result<Attached, LoadError> {
    let mut offsets = offsets()?;
    if options.old_kernel {
        offsets.rdonly_cast = ABSENT;
    }
    let mut object = put(options, &offsets)?;
    if offsets.rdonly_cast != ABSENT && !probes::reads_directly(&mut object) {
        offsets.rdonly_cast = ABSENT;
        object = put(options, &offsets)?;
    }
    let hooks = probes::attach_all(&mut object, options.old_kernel, &options.files);
    if let Some(why) = hooks.no_tree() {
        let locked = lockdown::mode().is_some_and(|mode| mode == CONFIDENTIALITY);
        return Err(if locked { LoadError::LockedDown } else { LoadError::NoProbe(why) });
    }
    let ring = take(&mut object, "EVENTS", RingBuf::try_from)?;
    let counts = take(&mut object, "COUNTS", PerCpuArray::try_from)?;
    let shares = take(&mut object, "SHARES", BpfMap::try_from)?;
    let listeners = take(&mut object, "LISTENERS", BpfMap::try_from)?;
    let table = take(&mut object, "TABLE", Array::try_from)?;
    let relays = Relays::new(table, take(&mut object, "RELAYS", BpfMap::try_from)?);
    drop(object);
    allocator::give_back();
    Ok(Attached { ring, counts, shares, listeners, relays, hooks })
}

/// The object with its maps, for a kernel that has these offsets.
fn put(options: &Options, offsets: &Offsets) -> Result<Ebpf, LoadError> {
    let (offset_words, setting_words) = (offsets.words(), settings(options).words());
    // Whatever the allocator gives is aligned as the format wants it.
    let mut bytes = zstd::decode_all(PACKED).map_err(|error| LoadError::Packed(error.to_string()))?;
    name_function(&mut bytes, offsets.rdonly_cast);
    EbpfLoader::new()
        .btf(None)
        .override_global("OFFSETS", &offset_words[..], true)
        .override_global("SETTINGS", &setting_words[..], true)
        .map_max_entries("EVENTS", options.ring_size)
        // What was wrong and how far it came, without every step: that would be written again with each larger buffer, minutes long.
        .verifier_log_level(VerifierLogLevel::STATS)
        .load(&bytes)
        .map_err(object_error)
}

/// Puts the number that the kernel's `bpf_rdonly_cast` has into the calls of it: what loads objects knows calls of helpers
/// only. Where the kernel has none, the calls, which are never reached, become moves.
fn name_function(object: &mut [u8], number: u32) {
    // Instructions of BPF (`Documentation/bpf/standardization/instruction-set.rst`): the operation, the registers, an
    // offset, a number.
    let instruction = |operation: u8, registers: u8, number: u32| {
        let [a, b, c, d] = number.to_le_bytes();
        [operation, registers, 0, 0, a, b, c, d]
    };
    let wanted = instruction(CALL, 0, RDONLY_CAST);
    let instead = match number {
        ABSENT => instruction(MOVE, 0x10, 0),
        number => instruction(CALL, PSEUDO_KFUNC_CALL << 4, number),
    };
    for place in object.chunks_exact_mut(wanted.len()).filter(|place| **place == wanted) {
        place.copy_from_slice(&instead);
    }
}

// include/uapi/linux/bpf.h
const CALL: u8 = 0x85;
const MOVE: u8 = 0xbf;
const PSEUDO_KFUNC_CALL: u8 = 2;

fn settings(options: &Options) -> Settings {
    Settings {
        own_pid: if options.include_self { 0 } else { std::process::id() },
        observer: std::process::id(),
        pid_ns: if in_initial_pid_namespace() { 0 } else { own_pid_namespace() as u32 },
        host_mnt_ns: super::startup::host_namespaces().get(NsKind::Mnt).unwrap_or(0),
        ring_bytes: options.ring_size,
        wake_bytes: options.ring_size / 4,
        wake_nanos: WAKE_NANOS,
    }
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
