//! Which system calls are looked at when they end, and by which probe: the table that the kernel's side goes by.

use ktrace_probes_common::{SYSCALL_COMPAT, WRITES, class, how};

/// A system call that is looked at.
struct Line {
    /// Its number for programs of the machine's own word size.
    number: i64,
    /// Its number for 32-bit programs of x86 (`arch/x86/entry/syscalls/syscall_32.tbl`); 0 for none.
    compat: u32,
    /// The class of the probe.
    class: u32,
    /// What the probe is told: the place of the call in the list of its operation.
    how: u32,
}

const fn line(number: i64, compat: u32, class: u32, how: u32) -> Line {
    Line { number, compat, class, how }
}

/// Everywhere.
const LINES: &[Line] = &[
    line(libc::SYS_openat, 295, class::OPEN, 0),
    line(libc::SYS_openat2, 437, class::OPEN, 3),
    line(libc::SYS_open_by_handle_at, 342, class::OPEN, 1),
    line(libc::SYS_ftruncate, 93, class::OPEN, 5),
    line(libc::SYS_mmap, 192, class::MAP, 0),
    line(libc::SYS_dup, 41, class::DESCRIPTOR, how::DUP),
    line(libc::SYS_dup3, 330, class::DESCRIPTOR, how::DUP),
    line(libc::SYS_fcntl, 221, class::DESCRIPTOR, how::FCNTL),
    line(libc::SYS_socket, 359, class::SOCKET, 0),
    line(libc::SYS_accept, 0, class::DESCRIPTOR, how::ACCEPT),
    line(libc::SYS_accept4, 364, class::DESCRIPTOR, how::ACCEPT),
    line(libc::SYS_pidfd_getfd, 438, class::REACH, 4),
    line(libc::SYS_pipe2, 331, class::PAIR, 0),
    line(libc::SYS_socketpair, 360, class::PAIR, 1),
    line(libc::SYS_setns, 346, class::NAMESPACES, 0),
    line(libc::SYS_unshare, 310, class::NAMESPACES, 1),
    line(libc::SYS_mount, 21, class::MOUNT, 0),
    line(libc::SYS_umount2, 52, class::MOUNT, 1),
    line(libc::SYS_move_mount, 429, class::MOUNT, 2),
    line(libc::SYS_fsmount, 432, class::MOUNT, 3),
    line(libc::SYS_open_tree, 428, class::MOUNT, 4),
    line(libc::SYS_fsopen, 430, class::MOUNT, 5),
    line(libc::SYS_pivot_root, 217, class::ROOT, 6),
    line(libc::SYS_chroot, 61, class::ROOT, 7),
    line(libc::SYS_ptrace, 26, class::REACH, 0),
    line(libc::SYS_process_vm_readv, 347, class::REACH, 2),
    line(libc::SYS_process_vm_writev, 348, class::REACH, 3),
    line(libc::SYS_prlimit64, 340, class::REACH, 5),
    line(libc::SYS_memfd_create, 356, class::MEMFD, 0),
    line(libc::SYS_setuid, 213, class::CREDS, 0),
    line(libc::SYS_setgid, 214, class::CREDS, 0),
    line(libc::SYS_setreuid, 203, class::CREDS, 0),
    line(libc::SYS_setregid, 204, class::CREDS, 0),
    line(libc::SYS_setresuid, 208, class::CREDS, 0),
    line(libc::SYS_setresgid, 210, class::CREDS, 0),
    line(libc::SYS_capset, 185, class::CREDS, 1),
    line(libc::SYS_renameat2, 353, class::NAME, AT),
    line(libc::SYS_linkat, 303, class::NAME, AT | 1),
    line(libc::SYS_symlinkat, 304, class::NAME, AT | 2),
    line(libc::SYS_unlinkat, 301, class::NAME, AT | 3),
    line(libc::SYS_fchmodat, 306, class::NAME, AT | 4),
    line(SYS_FCHMODAT2, 452, class::NAME, AT | 4),
    line(libc::SYS_truncate, 92, class::NAME, 5),
    line(libc::SYS_mknodat, 297, class::NAME, AT | 6),
    line(libc::SYS_mkdirat, 296, class::NAME, AT | 7),
    line(libc::SYS_setxattr, 226, class::NAME, 8),
    line(libc::SYS_connect, 362, class::CONNECT, 0),
    line(libc::SYS_bpf, 357, class::KERNEL, 0),
    line(libc::SYS_init_module, 128, class::KERNEL, 1),
    line(libc::SYS_finit_module, 350, class::KERNEL, 1),
    line(libc::SYS_delete_module, 129, class::KERNEL, 2),
    line(libc::SYS_perf_event_open, 336, class::KERNEL, 3),
    line(libc::SYS_userfaultfd, 374, class::KERNEL, 4),
    line(libc::SYS_keyctl, 288, class::KERNEL, 5),
    line(libc::SYS_add_key, 286, class::KERNEL, 5),
    line(libc::SYS_request_key, 287, class::KERNEL, 5),
    line(libc::SYS_kexec_load, 283, class::KERNEL, 6),
    line(libc::SYS_io_uring_setup, 425, class::KERNEL, 7),
];

/// The calls that write to a file, and what the table says while one is open that the kernel acts upon.
pub(super) fn writes() -> [[u32; 2]; WRITES as usize] {
    let entry = class::RELAY | 1 << 8;
    [[libc::SYS_write as u32, entry], [libc::SYS_pwrite64 as u32, entry]]
}

/// Looked at only while there is somebody who may relay.
const RELAYS: &[Line] = &[
    line(libc::SYS_pwrite64, 181, class::RELAY, 1),
    line(libc::SYS_read, 3, class::RELAY, 0),
    line(libc::SYS_readv, 145, class::RELAY, 0),
    line(libc::SYS_recvfrom, 371, class::RELAY, 0),
    line(libc::SYS_recvmsg, 372, class::RELAY, 0),
    line(libc::SYS_write, 4, class::RELAY, 1),
    line(libc::SYS_writev, 146, class::RELAY, 1),
    line(libc::SYS_sendto, 369, class::RELAY, 1),
    line(libc::SYS_sendmsg, 370, class::RELAY, 1),
    line(libc::SYS_splice, 313, class::RELAY, 2),
];

/// Since 6.6, on every architecture.
const SYS_FCHMODAT2: i64 = 452;

/// In the calls of names: the first argument is the descriptor of a directory.
const AT: u32 = 16;

/// What only older machines have.
#[cfg(target_arch = "x86_64")]
const LEGACY: &[Line] = &[
    line(libc::SYS_rename, 38, class::NAME, 0),
    line(libc::SYS_renameat, 302, class::NAME, AT),
    line(libc::SYS_link, 9, class::NAME, 1),
    line(libc::SYS_symlink, 83, class::NAME, 2),
    line(libc::SYS_unlink, 10, class::NAME, 3),
    line(libc::SYS_chmod, 15, class::NAME, 4),
    line(libc::SYS_mknod, 14, class::NAME, 6),
    line(libc::SYS_mkdir, 39, class::NAME, 7),
    line(libc::SYS_open, 5, class::OPEN, 2),
    line(libc::SYS_creat, 8, class::OPEN, 2),
    line(libc::SYS_dup2, 63, class::DESCRIPTOR, how::DUP),
    line(libc::SYS_pipe, 42, class::PAIR, 0),
];
#[cfg(not(target_arch = "x86_64"))]
const LEGACY: &[Line] = &[];

/// The table: where in it, and what stands there. Calls whose class is not in `classes` are left out.
pub(super) fn table(classes: &[u32]) -> Vec<(u32, u32)> {
    entries(LINES.iter().chain(LEGACY).filter(|line| classes.contains(&line.class)))
}

/// What is added to the table while there is somebody who may relay.
pub(super) fn relays() -> Vec<(u32, u32)> {
    entries(RELAYS.iter())
}

fn entries<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<(u32, u32)> {
    let mut entries = Vec::new();
    for line in lines {
        let entry = line.class | line.how << 8;
        if let Ok(number) = u32::try_from(line.number)
            && number < SYSCALL_COMPAT
        {
            entries.push((number, entry));
        }
        if cfg!(target_arch = "x86_64") && line.compat != 0 {
            entries.push((SYSCALL_COMPAT + line.compat, entry));
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_call_stands_in_the_table_twice() {
        let entries = [table(&(0..class::COUNT).collect::<Vec<_>>()), relays()].concat();
        let places: HashSet<_> = entries.iter().map(|(at, _)| at).collect();
        assert_eq!(places.len(), entries.len());
        assert!(entries.iter().all(|(at, _)| *at < ktrace_probes_common::SYSCALLS));
    }

    #[test]
    fn a_class_without_a_probe_is_left_out() {
        assert_eq!(table(&[]), []);
        assert!(table(&[class::NAMESPACES]).contains(&(libc::SYS_setns as u32, class::NAMESPACES)));
    }
}
