//! The floor: programs in the kernel that do nothing, at tracepoints that `watch` is called at.

use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

/// Those that come with one of the loops.
const POINTS: [&std::ffi::CStr; 5] =
    [c"sched_process_fork", c"sched_process_exec", c"sched_process_exit", c"inet_sock_set_state", c"sys_exit"];

/// `mov r0, 0` and `exit`.
const NOTHING: [u64; 2] = [0xb7, 0x95];

// Of include/uapi/linux/bpf.h.
const BPF_PROG_LOAD: libc::c_long = 5;
const BPF_RAW_TRACEPOINT_OPEN: libc::c_long = 17;
const BPF_PROG_TYPE_RAW_TRACEPOINT: u32 = 17;

/// The part of `union bpf_attr` for a program.
#[repr(C)]
struct Load {
    kind: u32,
    count: u32,
    instructions: *const u64,
    license: *const libc::c_char,
    log: [u64; 2],
}

/// That for a tracepoint.
#[repr(C)]
struct Open {
    name: *const libc::c_char,
    program: u32,
    pad: u32,
}

/// They are there until this is dropped.
pub(crate) struct Empty {
    _links: Vec<OwnedFd>,
}

impl Empty {
    /// Has the kernel call them.
    pub(crate) fn attach() -> Empty {
        let load = Load {
            kind: BPF_PROG_TYPE_RAW_TRACEPOINT,
            count: NOTHING.len() as u32,
            instructions: NOTHING.as_ptr(),
            license: c"GPL".as_ptr(),
            log: [0; 2],
        };
        let program = call(BPF_PROG_LOAD, &load).expect("the kernel takes a program that does nothing");
        let at = |name: &std::ffi::CStr| {
            let open = Open { name: name.as_ptr(), program: program.as_raw_fd() as u32, pad: 0 };
            call(BPF_RAW_TRACEPOINT_OPEN, &open).expect("the kernel has the tracepoint")
        };
        Empty { _links: POINTS.into_iter().map(at).collect() }
    }
}

fn call<T>(command: libc::c_long, attributes: &T) -> io::Result<OwnedFd> {
    // SAFETY: the attributes are as the command has them, of the size that is given, and what they point to outlives the call;
    // the kernel reads all of it and gives a descriptor that nobody else has.
    unsafe {
        match libc::syscall(libc::SYS_bpf, command, std::ptr::from_ref(attributes), size_of::<T>()) {
            -1 => Err(io::Error::last_os_error()),
            fd => Ok(OwnedFd::from_raw_fd(fd as i32)),
        }
    }
}
