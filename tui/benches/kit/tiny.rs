//! The smallest program there is: it ends at once. Made here, so that no compiler is needed.

use std::ffi::CString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::ptr;

use tempfile::TempDir;

/// exit(0), as machine code.
#[cfg(target_arch = "x86_64")]
const CODE: (u16, &[u8]) = (62, &[0x31, 0xff, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05]);
#[cfg(target_arch = "aarch64")]
const CODE: (u16, &[u8]) = (183, &[0x00, 0x00, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4]);

const HEADERS: u64 = 64 + 56;
const BASE: u64 = 0x40_0000;

/// The program in a folder of its own, gone when dropped.
pub struct Tiny {
    dir: TempDir,
}

impl Tiny {
    pub fn make() -> Tiny {
        let dir = tempfile::Builder::new().prefix("ktrace-bench-").tempdir().expect("a folder for the workload");
        let path = dir.path().join("tiny");
        fs::write(&path, elf()).expect("the workload program can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be made executable");
        Tiny { dir }
    }

    /// Its path.
    pub fn path(&self) -> String {
        self.dir.path().join("tiny").to_str().expect("a path in UTF-8").to_owned()
    }
}

/// A static ELF file with one segment.
fn elf() -> Vec<u8> {
    let (machine, code) = CODE;
    let size = HEADERS + code.len() as u64;
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut put = |bytes: &[u8]| file.extend_from_slice(bytes);
    [2, machine].map(|half| put(&u16::to_le_bytes(half)));
    put(&1u32.to_le_bytes());
    [BASE + HEADERS, 64, 0].map(|word| put(&u64::to_le_bytes(word)));
    put(&0u32.to_le_bytes());
    [64, 56, 1, 64, 0, 0].map(|half| put(&u16::to_le_bytes(half)));
    // The segment: loadable, read and execute, the whole file.
    [1, 5].map(|word| put(&u32::to_le_bytes(word)));
    [0, BASE, BASE, size, size, 0x1000].map(|word| put(&u64::to_le_bytes(word)));
    put(code);
    file
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

/// Waits for the child `pid`.
pub fn wait(pid: i32) {
    let mut status = 0;
    // SAFETY: `status` is valid to write to.
    let ended = unsafe { libc::waitpid(pid, &mut status, 0) };
    assert!(ended == pid && status == 0, "the workload program failed: {status}");
}
