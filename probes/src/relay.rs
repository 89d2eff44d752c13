//! What a process passes on between the network and the streams of others, while the reader wants to know it: the
//! table sends read, write and their kin here only then.

use aya_ebpf::macros::{map, raw_tracepoint};
use aya_ebpf::maps::HashMap;
use aya_ebpf::programs::RawTracePointContext;
use ktrace_probes_common::{ActOp, RELAYS_MAX, Relaying, WRAPPED, class};

use crate::act::Draft;
use crate::descriptor::{PTMX, file_at};
use crate::kernel::{Result, Unreadable, current, offset, read, read_or_default, who};
use crate::syscall::{Call, hand_over};
use crate::tcp::{AF_INET, AF_INET6};
use crate::write::is_hooked;

/// What those whom the reader wants to know of have passed on, by pid.
#[map]
static RELAYS: HashMap<u32, Relaying> = HashMap::with_max_entries(RELAYS_MAX, 0);

// include/uapi/linux/stat.h
const S_IFMT: u16 = 0o170_000;
const S_IFSOCK: u16 = 0o140_000;
const S_IFCHR: u16 = 0o020_000;
const S_IFIFO: u16 = 0o010_000;

/// [`Call::how`]: which way the data goes.
const READ: u32 = 0;
const WRITE: u32 = 1;

/// Each of the first is told, then each that doubles their number.
const EACH: u32 = 8;

/// What stands on a descriptor.
#[derive(Clone, Copy)]
enum Side {
    /// A connection: the address of the `struct sock`.
    Net(u64),
    /// A pipe, a pty, a unix socket: what tells it from others.
    Channel(u64),
}

#[raw_tracepoint(tracepoint = "sys_exit")]
pub fn on_relay(ctx: RawTracePointContext) -> i32 {
    let _ = try_relay(&ctx);
    0
}

#[inline(always)]
fn try_relay(ctx: &RawTracePointContext) -> Result<()> {
    let call = Call::take()?;
    let task = current();
    if call.how() == WRITE && is_hooked(task, call.arg::<0>() as u32) {
        hand_over(ctx, class::WRITE);
        return Ok(());
    }
    if call.result <= 0 {
        return Ok(());
    }
    let who = who(task)?;
    let state = RELAYS.get_ptr_mut(&who.pid).ok_or(Unreadable)?;
    // SAFETY: the map gave the pointer. Threads of one process may count at the same time: one count is then lost.
    let state = unsafe { &mut *state };
    let bytes = call.result as u32;
    let from = side(task, call.arg::<0>() as u32)?;
    let news = match (call.how(), from) {
        (READ, Side::Net(sock)) => {
            state.socket = sock;
            state.received = state.received.saturating_add(bytes);
            false
        }
        (READ, Side::Channel(_)) => {
            state.read = state.read.saturating_add(bytes);
            false
        }
        (WRITE, Side::Channel(into)) => passed_in(state, into, bytes),
        (WRITE, Side::Net(_)) => passed_out(state, bytes),
        // splice: out of the first into the third.
        (_, Side::Net(sock)) => match side(task, call.arg::<2>() as u32)? {
            Side::Channel(into) => {
                (state.socket, state.received) = (sock, bytes);
                passed_in(state, into, bytes)
            }
            Side::Net(_) => false,
        },
        (_, Side::Channel(_)) => match side(task, call.arg::<2>() as u32)? {
            Side::Net(_) => {
                state.read = bytes;
                passed_out(state, bytes)
            }
            Side::Channel(_) => false,
        },
    };
    let total = state.inward + state.outward;
    if !news || total > EACH && total & (total - 1) != 0 {
        return Ok(());
    }
    let Some(mut draft) = Draft::begin(task, ActOp::Relay, 0, 0)? else { return Ok(()) };
    let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    draft.act().args[0] = state.socket;
    draft.act().args[1] = state.into;
    draft.act().args[2] = pair(state.inward, state.inward_exact);
    draft.act().args[3] = pair(state.outward, state.outward_exact);
    draft.act().args[4] = u64::from(state.answered);
    draft.act().args[5] = pair(state.inward_close, state.outward_close);
    draft.tell();
    Ok(())
}

/// What was received goes on to somebody. What is handed over in pieces, without an answer in between, is one.
#[inline(always)]
fn passed_in(state: &mut Relaying, into: u64, bytes: u32) -> bool {
    if state.received == 0 {
        return false;
    }
    if state.into != into {
        let (socket, received, read) = (state.socket, state.received, state.read);
        *state = Relaying { socket, into, received, read, ..Relaying::default() };
    }
    let turn = state.inward == 0 || state.turned != 0;
    if turn {
        state.inward += 1;
        state.inward_exact += u32::from(bytes == state.received);
        state.inward_close += u32::from(close(state.received, bytes));
    }
    (state.received, state.turned) = (0, 0);
    turn
}

/// What is on the network is as long as what is not, or wrapped into a little more.
#[inline(always)]
fn close(outside: u32, inside: u32) -> bool {
    outside >= inside && outside - inside <= WRAPPED
}

/// What came back is sent.
#[inline(always)]
fn passed_out(state: &mut Relaying, bytes: u32) -> bool {
    if state.read == 0 {
        return false;
    }
    state.outward += 1;
    state.outward_exact += u32::from(bytes == state.read);
    state.outward_close += u32::from(close(bytes, state.read));
    // Nothing was handed on since it was received, and yet there is an answer: whoever was asked is started for it.
    state.answered += u32::from(state.received != 0);
    (state.received, state.read, state.turned) = (0, 0, 1);
    true
}

#[inline(always)]
fn side(task: u64, fd: u32) -> Result<Side> {
    let file = file_at(task, fd);
    let inode: u64 = read(file, offset!(file_inode))?;
    let mode: u16 = read(inode, offset!(inode_mode))?;
    match mode & S_IFMT {
        S_IFSOCK => {
            let sock: u64 = read(inode - u64::from(offset!(socket_inode)), offset!(socket_sock))?;
            let family: u16 = read(sock, offset!(sock_family))?;
            Ok(if matches!(family, AF_INET | AF_INET6) { Side::Net(sock) } else { Side::Channel(sock) })
        }
        S_IFIFO => Ok(Side::Channel(read_or_default(inode, offset!(inode_number)))),
        S_IFCHR if read_or_default::<u32>(inode, offset!(inode_rdev)) == PTMX => Ok(Side::Channel(inode)),
        _ => Err(Unreadable),
    }
}
