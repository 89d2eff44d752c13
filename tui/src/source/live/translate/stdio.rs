//! What descriptors lead to, and what is known of an image's file.

use std::sync::Arc;

use ktrace_probes_common::{self as wire, DescriptorKind, access, flags, how, marks};

use super::{address, known};
use crate::model::{Descriptor, DescriptorCall, Direction, Endpoint, ImageFile, Protocol, Pty, Target, UnixEnd};

/// Protocol numbers (`/etc/protocols`).
const TCP: u16 = 6;
const UDP: u16 = 17;

/// File systems that only memory holds (`statfs(2)`): tmpfs, ramfs, hugetlbfs.
const MEMORY: [u32; 3] = [0x0102_1994, 0x8584_58f6, 0x9584_58f6];

/// `None` for one that is closed.
pub(super) fn descriptor(told: &wire::Descriptor) -> Option<Descriptor> {
    let to = match DescriptorKind::from_number(told.kind) {
        DescriptorKind::None => return None,
        DescriptorKind::Null => Target::Null,
        DescriptorKind::Tty => Target::Tty,
        DescriptorKind::Pty => {
            let master = told.access & access::MASTER != 0;
            Target::Pty(Pty { pair: told.object, master, opener: known(told.who) })
        }
        DescriptorKind::Pipe => Target::Pipe(known(told.who)),
        DescriptorKind::Fifo => Target::Fifo,
        DescriptorKind::Inet => Target::Socket(Arc::new(endpoint(told))),
        DescriptorKind::Unix => {
            Target::Unix(UnixEnd { socket: told.object, peer: told.peer, process: known(told.who) })
        }
        DescriptorKind::OtherSocket => Target::OtherSocket(told.family),
        DescriptorKind::File => Target::File,
        DescriptorKind::Memfd => Target::Memfd,
        DescriptorKind::Device => Target::Device(told.rdev),
        DescriptorKind::Other => Target::Other,
    };
    let (read, write) = (told.access & access::READ != 0, told.access & access::WRITE != 0);
    Some(Descriptor { to, inode: told.inode, device: told.device, read, write })
}

fn endpoint(told: &wire::Descriptor) -> Endpoint {
    Endpoint {
        socket: told.object,
        protocol: match told.protocol {
            TCP => Some(Protocol::Tcp),
            UDP => Some(Protocol::Udp),
            _ => None,
        },
        direction: match told.direction {
            1 => Some(Direction::Outbound),
            2 => Some(Direction::Inbound),
            3 => Some(Direction::Listening),
            _ => None,
        },
        owner: known(told.who),
        local: address(told.family, &told.local, told.local_port),
        remote: address(told.family, &told.remote, told.remote_port),
    }
}

/// How something came to stand on a descriptor.
pub(super) fn call(told: u32) -> DescriptorCall {
    match told {
        how::OPEN => DescriptorCall::Open,
        how::MADE => DescriptorCall::Made,
        how::ACCEPT => DescriptorCall::Accept,
        how::RECEIVED => DescriptorCall::Received,
        how::TAKEN => DescriptorCall::Taken,
        _ => DescriptorCall::Dup,
    }
}

/// True for a file that is only in memory. A runtime runs itself from a mount that it detached: that is in no namespace
/// either, but on a disk.
pub(super) fn in_memory(file: &wire::File) -> bool {
    file.marks & marks::INTERNAL != 0 && MEMORY.contains(&file.magic)
}

/// The file of an exec; `None` where the kernel side could not read it.
pub(super) fn image_file(exec: &wire::Exec) -> Option<Box<ImageFile>> {
    let file = &exec.file;
    (file.inode != 0).then(|| {
        Box::new(ImageFile {
            device: file.device,
            inode: file.inode,
            mode: file.mode,
            uid: file.uid,
            fs: file.magic,
            upper: file.marks & marks::UPPER != 0,
            in_memory: in_memory(file),
            foreign: file.marks & marks::FOREIGN != 0,
            cwd_foreign: exec.header.flags & flags::CWD_FOREIGN != 0,
            chrooted: exec.header.flags & flags::CHROOTED != 0,
            writer: known(exec.writer),
        })
    })
}
