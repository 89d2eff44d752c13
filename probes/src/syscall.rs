//! The end of every system call: whether somebody cares for it, and who looks.
//!
//! One program runs for all of them, so it does as little as can be: it looks the number up in a table that the loader
//! filled, and hands over to the program of that class. At the end the arguments still stand in the registers, and what
//! the call did can be read from the kernel's own structs instead of from memory that the caller may change meanwhile.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::{Array, PerCpuArray, ProgramArray};
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{ABSENT, SYSCALL_COMPAT, SYSCALLS, class};

use crate::kernel::{Result, Unreadable, args, current, offset, read, read_or_default};

/// What to do at the end of each system call, by its number.
#[map]
static TABLE: Array<u32> = Array::with_max_entries(SYSCALLS, 0);

/// The programs that look, by class.
#[map]
static HANDLERS: ProgramArray = ProgramArray::with_max_entries(class::COUNT, 0);

/// The call that ends, for the program that looks.
#[map]
static CALL: PerCpuArray<Call> = PerCpuArray::with_max_entries(1, 0);

/// `thread_info.status` on x86: this system call is one of a 32-bit program (`TS_COMPAT`).
const TS_COMPAT: u32 = 2;

/// [`Call::how`] of an open through an io_uring: no registers, the request stands for them.
pub const RING: u32 = 4;
/// [`Call::how`] of ftruncate.
pub const TRUNCATE: u32 = 5;
/// [`Call::how`] of a file that is mapped to be run.
pub const MAP: u32 = 6;

/// Errors are the last numbers of a word (`MAX_ERRNO` in `include/linux/err.h`).
const MAX_ERRNO: i64 = 4095;

/// A system call that ends.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Call {
    /// Address of `struct pt_regs`, or of the request of an io_uring.
    regs: u64,
    /// What it gives back.
    pub result: i64,
    /// What the table says: the class and the call.
    entry: u32,
    /// 1 when its arguments stand where 32-bit programs put them.
    compat: u32,
}

// TP_PROTO(struct pt_regs *regs, long ret)
#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn syscall(ctx: RawTracePointContext) -> i32 {
    let _ = try_syscall(&ctx);
    0
}

#[inline(always)]
fn try_syscall(ctx: &RawTracePointContext) -> Result<()> {
    let [regs, result] = args(ctx);
    let number: u32 = read(regs, offset!(regs_number))?;
    // Bit 30 marks the x32 calls of x86, which have the numbers of the others.
    let number = number & !(1 << 30);
    if number >= SYSCALL_COMPAT {
        return Ok(());
    }
    let native = TABLE.get(number).copied().unwrap_or(0);
    let other = TABLE.get(number + SYSCALL_COMPAT).copied().unwrap_or(0);
    if native | other == 0 {
        return Ok(());
    }
    let compat = is_compat();
    let entry = if compat { other } else { native };
    if entry & 0xff == class::NONE {
        return Ok(());
    }
    let call = CALL.get_ptr_mut(0).ok_or(Unreadable)?;
    // SAFETY: the map gave the pointer; nobody else on this CPU writes there until the program that looks is done.
    unsafe {
        *call = Call { regs, result: result as i64, entry, compat: u32::from(compat) };
        // It only comes back when there is no such program.
        let _ = HANDLERS.tail_call(ctx, entry & 0xff);
    }
    Ok(())
}

/// Has the program of a class look at something else than what a system call gave: `fd` is where it stands, `how` says
/// why, `regs` what [`Call::regs`] is.
#[inline(always)]
pub fn hand_over_as(ctx: &RawTracePointContext, class: u32, fd: i32, how: u32, regs: u64) {
    let Some(call) = CALL.get_ptr_mut(0) else { return };
    // SAFETY: as above.
    unsafe {
        *call = Call { regs, result: i64::from(fd), entry: class | how << 8, compat: 0 };
        let _ = HANDLERS.tail_call(ctx, class);
    }
}

/// Has a system call looked at from now on that was not, so far.
#[inline(always)]
pub fn arm(number: u32, entry: u32) {
    if let Some(place) = TABLE.get_ptr_mut(number) {
        // SAFETY: the map gave the pointer.
        unsafe { *place = entry };
    }
}

/// Hands the call of this program over to that of another class.
#[inline(always)]
pub fn hand_over(ctx: &RawTracePointContext, class: u32) {
    // SAFETY: it only comes back when there is no such program.
    let _ = unsafe { HANDLERS.tail_call(ctx, class) };
}

#[inline(always)]
fn is_compat() -> bool {
    offset!(task_status) != ABSENT && read_or_default::<u32>(current(), offset!(task_status)) & TS_COMPAT != 0
}

impl Call {
    /// The call that the program was handed.
    #[inline(always)]
    pub fn take() -> Result<Call> {
        let call = CALL.get_ptr(0).ok_or(Unreadable)?;
        // SAFETY: the map gave the pointer.
        Ok(unsafe { *call })
    }

    /// Which call of its class.
    #[inline(always)]
    pub fn how(&self) -> u32 {
        self.entry >> 8 & 0xff
    }

    /// The errno as the records have it: 0 when it was done.
    #[inline(always)]
    pub fn error(&self) -> i32 {
        if self.result < 0 && self.result >= -MAX_ERRNO { -self.result as i32 } else { 0 }
    }

    /// The descriptor that it is about.
    #[inline(always)]
    pub fn fd(&self) -> u32 {
        if self.how() == TRUNCATE && self.entry & 0xff == class::OPEN {
            self.arg::<0>() as u32
        } else {
            self.result as u32
        }
    }

    /// The flags of an open through an io_uring.
    #[inline(always)]
    pub fn ring_flags(&self) -> u64 {
        read_or_default(self.regs, offset!(ring_open_flags))
    }

    /// An argument, by its place: 0 to 4.
    #[inline(always)]
    pub fn arg<const N: u32>(&self) -> u64 {
        let (native, compat) = match N {
            0 => (offset!(regs_arg0), offset!(regs_compat0)),
            1 => (offset!(regs_arg1), offset!(regs_compat1)),
            2 => (offset!(regs_arg2), offset!(regs_compat2)),
            3 => (offset!(regs_arg3), offset!(regs_compat3)),
            _ => (offset!(regs_arg4), offset!(regs_compat4)),
        };
        let at = if self.compat != 0 { compat } else { native };
        let value = read_or_default(self.regs, at);
        if self.compat != 0 { value & 0xffff_ffff } else { value }
    }
}
