//! The smallest programs there are: one ends at once, one sleeps. Made here, so that no compiler is needed.

use std::ffi::CString;
use std::fs::{self, File};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::ptr;
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

/// exit(0), as machine code.
#[cfg(target_arch = "x86_64")]
const CODE: (u16, &[u8]) = (62, &[0x31, 0xff, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05]);
#[cfg(target_arch = "aarch64")]
const CODE: (u16, &[u8]) = (183, &[0x00, 0x00, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4]);

/// pause(2), or where there is none ppoll(2) of nothing, over and over.
#[cfg(target_arch = "x86_64")]
const SLEEP: &[u8] = &[0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7];
#[cfg(target_arch = "aarch64")]
const SLEEP: &[u8] = &[
    0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x80, 0xd2, 0x02, 0x00, 0x80, 0xd2, 0x03, 0x00, 0x80, 0xd2, 0x28, 0x09, 0x80,
    0xd2, 0x01, 0x00, 0x00, 0xd4, 0xfa, 0xff, 0xff, 0x17,
];

const HEADERS: u64 = 64 + 56;
const BASE: u64 = 0x40_0000;

/// The program in a folder of its own, gone when dropped.
pub struct Tiny {
    dir: TempDir,
}

impl Tiny {
    pub fn make() -> Tiny {
        Tiny::of(CODE.1)
    }

    /// One that sleeps until somebody ends it.
    pub fn sleeping() -> Tiny {
        Tiny::of(SLEEP)
    }

    fn of(code: &[u8]) -> Tiny {
        let dir = tempfile::Builder::new().prefix("ktrace-bench-").tempdir().expect("a folder for the workload");
        let path = dir.path().join("tiny");
        fs::write(&path, elf(code)).expect("the workload program can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be made executable");
        Tiny { dir }
    }

    /// Its path.
    pub fn path(&self) -> String {
        self.dir.path().join("tiny").to_str().expect("a path in UTF-8").to_owned()
    }
}

/// A static ELF file with one segment.
fn elf(code: &[u8]) -> Vec<u8> {
    let machine = CODE.0;
    let size = HEADERS + code.len() as u64;
    let half = |halves: &[u16]| halves.iter().flat_map(|half| half.to_le_bytes()).collect::<Vec<u8>>();
    let word = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let long = |longs: &[u64]| longs.iter().flat_map(|long| long.to_le_bytes()).collect::<Vec<u8>>();
    [
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(),
        // An executable of this machine: where it starts, where its segments are described.
        [half(&[2, machine]), word(&[1]), long(&[BASE + HEADERS, 64, 0]), word(&[0])].concat(),
        half(&[64, 56, 1, 64, 0, 0]),
        // The segment: loadable, read and execute, the whole file.
        [word(&[1, 5]), long(&[0, BASE, BASE, size, size, 0x1000])].concat(),
        code.to_vec(),
    ]
    .concat()
}

/// Starts `program` with `argument`, as cheaply as the C library can, and gives its pid.
pub fn spawn(program: &CString, argument: Option<&CString>) -> i32 {
    let mut argv = [program.as_ptr().cast_mut(), ptr::null_mut(), ptr::null_mut()];
    if let Some(argument) = argument {
        argv[1] = argument.as_ptr().cast_mut();
    }
    let environment = [ptr::null_mut()];
    let mut pid = 0;
    // SAFETY: path, arguments and environment are NUL-terminated and outlive the call.
    let error = unsafe {
        libc::posix_spawn(&mut pid, program.as_ptr(), ptr::null(), ptr::null(), argv.as_ptr(), environment.as_ptr())
    };
    assert_eq!(error, 0, "{program:?} cannot be started: {}", std::io::Error::from_raw_os_error(error));
    pid
}

/// What a container is to the kernel: a cgroup, and namespaces, which are there once the first process stands in them.
pub struct Place {
    cgroup: File,
    first: Option<OwnedFd>,
}

/// What is shared within a container and with nobody else. Not the pids: only a child can enter those.
const OWN: i32 = libc::CLONE_NEWNS | libc::CLONE_NEWUTS | libc::CLONE_NEWIPC | libc::CLONE_NEWNET;

impl Place {
    pub fn new(cgroup: File) -> Place {
        Place { cgroup, first: None }
    }

    /// For the process that calls it; only system calls.
    fn enter(&self) -> bool {
        // SAFETY: `OWN` are flags of both calls, the descriptor is a pidfd; the buffer is one byte long.
        unsafe {
            let moved = libc::write(self.cgroup.as_raw_fd(), c"0".as_ptr().cast(), 1) == 1;
            moved && self.first.as_ref().map_or_else(|| libc::unshare(OWN), |it| libc::setns(it.as_raw_fd(), OWN)) == 0
        }
    }

    /// Waits until `pid`, the first in here, has made the namespaces.
    fn found(&mut self, pid: i32) {
        let namespace = |of: &str| fs::read_link(format!("/proc/{of}/ns/net")).ok();
        let made = || namespace(&pid.to_string()).is_some_and(|it| Some(it) != namespace("self"));
        let there = (0..2000).any(|_| {
            made() || {
                sleep(Duration::from_millis(1));
                false
            }
        });
        assert!(there, "namespaces of its own cannot be made");
        // SAFETY: a child that nobody waited for; the descriptor that comes is nobody else's.
        self.first = Some(unsafe {
            let opened = libc::syscall(libc::SYS_pidfd_open, pid, 0);
            assert!(opened >= 0, "a process can be held: {}", std::io::Error::last_os_error());
            OwnedFd::from_raw_fd(opened as i32)
        });
    }
}

/// Starts `program` in its place, with its streams to nowhere; it ends with whoever calls this, which has one thread.
pub fn spawn_in(program: &CString, nowhere: &File, mut place: Option<&mut Place>) -> i32 {
    let (argv, environment) = ([program.as_ptr(), ptr::null()], [ptr::null()]);
    let own = std::process::id();
    // SAFETY: nothing but system calls comes between fork and exec; path, arguments and environment are NUL-terminated.
    unsafe {
        let pid = libc::fork();
        if pid == 0 {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid() as u32 != own || place.as_ref().is_some_and(|place| !place.enter()) {
                libc::_exit(1);
            }
            for stream in 0..3 {
                libc::dup2(nowhere.as_raw_fd(), stream);
            }
            libc::execve(program.as_ptr(), argv.as_ptr(), environment.as_ptr());
            libc::_exit(1);
        }
        assert!(pid > 0, "no more processes: {}", std::io::Error::last_os_error());
        if let Some(place) = place.as_mut().filter(|place| place.first.is_none()) {
            place.found(pid);
        }
        pid
    }
}

/// Waits for the child `pid`.
pub fn wait(pid: i32) {
    let mut status = 0;
    // SAFETY: `status` is valid to write to.
    let ended = unsafe { libc::waitpid(pid, &mut status, 0) };
    assert!(ended == pid && status == 0, "the workload program failed: {status}");
}
