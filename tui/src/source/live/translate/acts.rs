//! What was asked of the kernel.

use ktrace_probes_common::{self as wire, ActOp, ActParts, OpenParts, flags, marks, via};

use super::{creds, known, path};
use crate::model::{
    Act, Caps, CredCall, Deed, KernelCall, Mount, MountCall, NameCall, NamespaceCall, Namespaces, Naming, Opened,
    ReachCall, Relay, Text, Wrote,
};

/// Flags of open(2) (`include/uapi/asm-generic/fcntl.h`).
const O_ACCMODE: u32 = 3;
const O_WRONLY: u32 = 1;
const O_RDWR: u32 = 2;
const O_CREAT: u32 = 0o100;
const O_TRUNC: u32 = 0o1000;

pub(super) fn open(open: &wire::Open, parts: &OpenParts<'_>) -> Act {
    let cut = open.header.flags & flags::PATH_CUT != 0;
    let mode = open.open_flags & O_ACCMODE;
    let file = &open.file;
    let writer = known(open.writer).filter(|writer| *writer != super::process_id(open.header.who));
    let opened = Opened {
        path: if open.error == 0 { path(parts.path, cut).into() } else { joined(parts.base, parts.given) },
        inside: if open.error == 0 { path(parts.inside, false).into() } else { Text::default() },
        host: None,
        fs: file.magic,
        device: file.device,
        inode: file.inode,
        mode: file.mode,
        rdev: file.rdev,
        read: mode != O_WRONLY,
        write: mode == O_WRONLY || mode == O_RDWR,
        create: open.open_flags & O_CREAT != 0,
        foreign: file.marks & marks::FOREIGN != 0,
        by_handle: open.via & via::HANDLE != 0,
        ring: open.via & via::RING != 0,
        mapped: open.via & via::MAPPED != 0,
        emptied: open.via & via::EMPTIED != 0 || open.open_flags & O_TRUNC != 0,
        upper: file.marks & marks::UPPER != 0,
        in_memory: super::stdio::in_memory(file),
        unlinked: file.marks & marks::UNLINKED != 0,
        subject: known(open.subject),
        writer,
    };
    Act { error: errno(open.error), observer: None, what: Deed::Open(Box::new(opened)) }
}

pub(super) fn act(act: &wire::Act, op: ActOp, parts: &ActParts<'_>) -> Act {
    Act { error: errno(act.error), observer: None, what: deed(act, op, parts) }
}

pub(super) fn signal(signal: &wire::Signal) -> Act {
    let number = u8::try_from(signal.number).unwrap_or(u8::MAX);
    Act { error: None, observer: None, what: Deed::Signal { number, target: known(signal.target) } }
}

fn deed(act: &wire::Act, op: ActOp, parts: &ActParts<'_>) -> Deed {
    let [first, second, third, fourth, fifth, _] = act.args;
    match op {
        ActOp::Namespaces => Deed::Namespaces {
            how: at(&[NamespaceCall::Enter, NamespaceCall::Unshare, NamespaceCall::Clone], act.how),
            flags: low(first),
            now: Namespaces([
                low(second),
                high(second),
                low(third),
                high(third),
                low(fourth),
                high(fourth),
                low(fifth),
                high(fifth),
            ]),
        },
        ActOp::Mount => Deed::Mount(Box::new(mount(act, parts))),
        ActOp::Reach => Deed::Reach { how: at(&REACH, act.how), target: known(act.target) },
        ActOp::Memfd => Deed::Memfd { name: parts.a.into() },
        ActOp::Creds => Deed::Creds {
            how: at(&[CredCall::SetIds, CredCall::SetCaps], act.how),
            creds: creds([low(first), high(first), low(second), high(second), low(third)]),
            caps: Caps { effective: fourth, permitted: fifth },
        },
        ActOp::Name => {
            let how = at(&NAME, act.how);
            // What a symbolic link points to is text, and no path of this process.
            let from = if how == NameCall::Symlink { parts.b.into() } else { joined(parts.base2, parts.b) };
            Deed::Name(Box::new(Naming { how, path: joined(parts.base, parts.a), host: None, from, mode: low(first) }))
        }
        ActOp::Wrote => Deed::Wrote(Box::new(Wrote {
            path: path(parts.base, act.header.flags & flags::PATH_CUT != 0).into(),
            inside: path(parts.inside, false).into(),
            fs: act.file.magic,
            bytes: parts.a.into(),
        })),
        ActOp::UnixConnect => {
            let name = if first != 0 { Text::from([b"@", parts.a].concat()) } else { joined(parts.base, parts.a) };
            Deed::UnixConnect { path: name, host: None, peer: known(act.target) }
        }
        ActOp::RawSocket => Deed::RawSocket { family: first as u16, protocol: third as u16 },
        ActOp::Kernel => Deed::Kernel { how: at(&KERNEL, act.how), command: first, name: parts.a.into() },
        // What it gets there is a slot of the ring: nothing but the name tells which file it is.
        ActOp::Ring if second != 0 => Deed::Open(Box::new(Opened {
            path: joined(parts.base, parts.a),
            read: third as u32 & O_ACCMODE != O_WRONLY,
            write: matches!(third as u32 & O_ACCMODE, O_WRONLY | O_RDWR),
            create: third as u32 & O_CREAT != 0,
            ring: true,
            ..Opened::default()
        })),
        ActOp::Ring => Deed::Ring { op: first as u8, path: joined(parts.base, parts.a) },
        ActOp::Relay => Deed::Relay(Relay {
            socket: first,
            into: second,
            inward: low(third),
            inward_exact: high(third),
            outward: low(fourth),
            outward_exact: high(fourth),
            answered: low(act.args[4]),
            inward_close: low(act.args[5]),
            outward_close: high(act.args[5]),
        }),
    }
}

fn mount(act: &wire::Act, parts: &ActParts<'_>) -> Mount {
    let how = at(&MOUNT, act.how);
    let root = matches!(how, MountCall::Chroot | MountCall::PivotRoot);
    let resolved = root && act.error == 0 && act.file.inode != 0;
    Mount {
        how,
        // A source is a path, a device or only a name: a name stays as it is.
        source: if parts.c == b"overlay" {
            joined(parts.base, lowest(parts.a))
        } else if parts.a.contains(&b'/') {
            joined(parts.base, parts.a)
        } else {
            parts.a.into()
        },
        target: if resolved { path(parts.base2, false).into() } else { joined(parts.base2, parts.b) },
        kind: parts.c.into(),
        flags: act.args[0],
        host: None,
        foreign: act.file.marks & marks::FOREIGN != 0,
    }
}

/// The layer that an overlay stands on, of its options: the first where there are several.
fn lowest(options: &[u8]) -> &[u8] {
    let mut all = options.split(|&b| b == b',');
    let layers = all.find_map(|option| option.strip_prefix(b"lowerdir=")).unwrap_or_default();
    layers.split(|&b| b == b':').next().unwrap_or_default()
}

const MOUNT: [MountCall; 8] = [
    MountCall::Mount,
    MountCall::Unmount,
    MountCall::Move,
    MountCall::FsMount,
    MountCall::OpenTree,
    MountCall::FsOpen,
    MountCall::PivotRoot,
    MountCall::Chroot,
];

const REACH: [ReachCall; 6] = [
    ReachCall::Attach,
    ReachCall::Poke,
    ReachCall::ReadMemory,
    ReachCall::WriteMemory,
    ReachCall::TakeDescriptor,
    ReachCall::Limit,
];

const NAME: [NameCall; 9] = [
    NameCall::Rename,
    NameCall::Link,
    NameCall::Symlink,
    NameCall::Unlink,
    NameCall::Chmod,
    NameCall::Truncate,
    NameCall::Mknod,
    NameCall::Mkdir,
    NameCall::SetFileCaps,
];

const KERNEL: [KernelCall; 9] = [
    KernelCall::Bpf,
    KernelCall::LoadModule,
    KernelCall::UnloadModule,
    KernelCall::Perf,
    KernelCall::Userfaultfd,
    KernelCall::Keyring,
    KernelCall::Kexec,
    KernelCall::IoUring,
    KernelCall::FileHandle,
];

/// The call that has this place; the decoder has seen to it that there is one.
fn at<T: Copy, const N: usize>(calls: &[T; N], how: u16) -> T {
    calls[usize::from(how).min(N - 1)]
}

fn low(word: u64) -> u32 {
    word as u32
}

fn high(word: u64) -> u32 {
    (word >> 32) as u32
}

fn errno(error: i32) -> Option<i32> {
    (error != 0).then_some(error.abs())
}

/// A path as given, made absolute with the directory that it is relative to; nothing stays nothing.
fn joined(base: &[u8], given: &[u8]) -> Text {
    if given.is_empty() && base.is_empty() || given.starts_with(b"/") {
        return given.into();
    }
    let mut whole = path(base, false);
    if !given.is_empty() {
        if whole.last() != Some(&b'/') {
            whole.push(b'/');
        }
        whole.extend(given);
    }
    Text::from(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_is_joined_with_its_directory() {
        assert_eq!(joined(b"etc\0host\0", b"cron.d/x"), Text::from("/host/etc/cron.d/x"));
        assert_eq!(joined(b"", b"x"), Text::from("/x"));
        assert_eq!(joined(b"etc\0", b"/abs"), Text::from("/abs"));
        assert_eq!(joined(b"", b""), Text::from(""));
    }

    #[test]
    fn namespaces_are_unpacked_in_their_order() {
        let mut told = wire::Act { args: [0x2000_0000, 0, 0, 0, 0, 0], ..wire::Act::default() };
        for (at, word) in told.args[1..5].iter_mut().enumerate() {
            *word = (2 * at as u64 + 1) | (2 * at as u64 + 2) << 32;
        }
        let parts = ActParts { base: b"", base2: b"", inside: b"", a: b"", b: b"", c: b"" };
        let Deed::Namespaces { how, flags, now } = deed(&told, ActOp::Namespaces, &parts) else {
            panic!("not a setns")
        };
        assert_eq!((how, flags, now), (NamespaceCall::Enter, 0x2000_0000, Namespaces([1, 2, 3, 4, 5, 6, 7, 8])));
    }
}
