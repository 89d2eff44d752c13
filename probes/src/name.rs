//! Names in the file system: made, changed, taken away.

use aya_ebpf::helpers::generated::{bpf_loop, bpf_probe_read_kernel_str, bpf_probe_read_user, bpf_probe_read_user_str};
use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::PerCpuArray;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{ActOp, CARE_MAX, care};

use crate::act::{Draft, directory, working_directory};
use crate::cares::{cared_for, listed_at};
use crate::kernel::{Chunk, Result, Unreadable, current, offset, read};
use crate::syscall::Call;

/// The end of a path, in which its last two names are looked for.
const WINDOW: usize = 256;
/// Bytes of a path as given.
const PATH: usize = 4096;

#[repr(C)]
struct Scratch {
    path: [u8; PATH],
    window: [u8; 2 * WINDOW],
    name: [u8; CARE_MAX],
    chunk: Chunk,
    /// Where the last two names begin.
    slashes: [u64; 2],
    /// The new name and its directory, the old name and its directory.
    asked: [u64; 4],
}

#[map]
static NAME: PerCpuArray<Scratch> = PerCpuArray::with_max_entries(1, 0);

/// The calls, in the order of [`ActOp::Name`].
const RENAME: u32 = 0;
const LINK: u32 = 1;
const SYMLINK: u32 = 2;
const UNLINK: u32 = 3;
const CHMOD: u32 = 4;
/// Added to [`Call::how`] when the first argument is the descriptor of a directory.
const AT: u32 = 16;

/// The bits of a mode that give the rights of another.
const SETIDS: u64 = 0o6000;

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_name(_: RawTracePointContext) -> i32 {
    let _ = try_name();
    0
}

fn try_name() -> Result<()> {
    let call = Call::take()?;
    let task = current();
    let (how, at) = (call.how() & (AT - 1), call.how() & AT != 0);
    // Where the new name stands, and the old one.
    let here = working_directory(task);
    let (name, base, other, other_base) = match (how, at) {
        (RENAME | LINK, true) => {
            (call.arg::<3>(), directory(task, call.arg::<2>()), call.arg::<1>(), directory(task, call.arg::<0>()))
        }
        (RENAME | LINK, false) => (call.arg::<1>(), here, call.arg::<0>(), here),
        (SYMLINK, true) => (call.arg::<2>(), directory(task, call.arg::<1>()), call.arg::<0>(), 0),
        (SYMLINK, false) => (call.arg::<1>(), here, call.arg::<0>(), 0),
        (_, true) => (call.arg::<1>(), directory(task, call.arg::<0>()), 0, 0),
        (_, false) => (call.arg::<0>(), here, 0, 0),
    };
    // Through the map, so that the verifier goes on once and not once for each call.
    let asked = NAME.get_ptr_mut(0).ok_or(Unreadable)?;
    // SAFETY: the map gave the pointer; this program does not run inside itself on one CPU.
    let [name, base, other, other_base] = unsafe {
        (&raw mut (*asked).asked).write_volatile([name, base, other, other_base]);
        (&raw const (*asked).asked).read_volatile()
    };
    let mode = if how == CHMOD { if at { call.arg::<2>() } else { call.arg::<1>() } } else { 0 };
    let both = matches!(how, RENAME | LINK | SYMLINK);
    // Things are removed all day: only where every one counts.
    let directories = if how == UNLINK { care::REMOVE } else { care::WRITE };
    let cared = mode & SETIDS != 0 || is_cared_for(name, base, directories)? || both && is_cared_for(other, 0, 0)?;
    if !cared {
        return Ok(());
    }
    let Some(mut draft) = Draft::begin(task, ActOp::Name, how, call.error())? else { return Ok(()) };
    draft.act().args[0] = mode;
    draft.base(base);
    if other_base != 0 {
        draft.base2(other_base);
    }
    draft.a(name);
    draft.b(other);
    draft.tell();
    Ok(())
}

/// What `bpf_loop` hands to each step.
#[repr(C)]
struct Context {
    scratch: *mut Scratch,
}

/// Notes where names begin; 1 at the end.
unsafe extern "C" fn letter(at: u32, context: *mut Context) -> i64 {
    // SAFETY: `is_cared_for` gave it.
    unsafe {
        let scratch = (*context).scratch;
        let byte = (&raw const (*scratch).window[at as usize & (WINDOW - 1)]).read_volatile();
        if byte == b'/' {
            let [before, last] = (&raw const (*scratch).slashes).read_volatile();
            let at = u64::from(at);
            let previous = (&raw const (*scratch).window[(at as usize).wrapping_sub(1) & (WINDOW - 1)]).read_volatile();
            // `//` and `/./` name nothing between them.
            let nothing = at == last && at > 0 || at == last + 1 && previous == b'.';
            (&raw mut (*scratch).slashes).write_volatile([if nothing { before } else { last }, at + 1]);
        }
        i64::from(byte == 0)
    }
}

/// True when the last name of a path as given, or that of the directory before it, is on the lists: the name for writing, the
/// directory for what is said; 0 for none.
#[inline(always)]
fn is_cared_for(given: u64, base: u64, directories: u32) -> Result<bool> {
    let scratch = NAME.get_ptr_mut(0).ok_or(Unreadable)?;
    // SAFETY: the map gave the pointer; this program does not run inside itself on one CPU. The helpers check addresses.
    unsafe {
        let len = bpf_probe_read_user_str((&raw mut (*scratch).path).cast(), PATH as u32, given as *const _);
        if len <= 1 {
            return Ok(false);
        }
        let len = len as u64 - 1;
        let from = len.saturating_sub(WINDOW as u64 - 1);
        (*scratch).window = [0; 2 * WINDOW];
        let window = (&raw mut (*scratch).window).cast::<u8>();
        if bpf_probe_read_user(window.cast(), WINDOW as u32 - 1, (given + from) as *const _) != 0 {
            // The string ends before the window does, at the end of what can be read.
            bpf_probe_read_user_str(window.cast(), WINDOW as u32 - 1, (given + from) as *const _);
        }
        (&raw mut (*scratch).slashes).write_volatile([0; 2]);
        let mut context = Context { scratch };
        bpf_loop(WINDOW as u32 - 1, letter as *mut _, (&raw mut context).cast(), 0);
        let [before, last] = (&raw const (*scratch).slashes).read_volatile();
        let name = &raw mut (*scratch).name;
        *name = [0; CARE_MAX];
        bpf_probe_read_kernel_str(
            name.cast(),
            CARE_MAX as u32,
            window.add((last & (WINDOW as u64 - 1)) as usize) as *const _,
        );
        if listed_at(name, true, care::WRITE) {
            return Ok(true);
        }
        if directories == 0 {
            return Ok(false);
        }
        if last == 0 && from == 0 {
            let chunk = &raw mut (*scratch).chunk;
            Chunk::read(chunk, read(base, offset!(path_dentry))?)?;
            return Ok(cared_for(&*chunk, false, directories, name));
        }
        *name = [0; CARE_MAX];
        let length = last.saturating_sub(before + 1);
        if length == 0 || length >= CARE_MAX as u64 {
            return Ok(false);
        }
        let length = crate::kernel::opaque(length) & (CARE_MAX as u64 - 1);
        bpf_probe_read_kernel_str(
            name.cast(),
            length as u32 + 1,
            window.add((before & (WINDOW as u64 - 1)) as usize) as *const _,
        );
        // Up to its first slash, where several follow.
        let mut kept = 0xff_u8;
        for at in 0..CARE_MAX {
            let byte = (&raw const (*name)[at]).read_volatile();
            kept &= if byte == b'/' { 0 } else { 0xff };
            (&raw mut (*name)[at]).write_volatile(byte & kept);
        }
        Ok(listed_at(name, false, directories))
    }
}
