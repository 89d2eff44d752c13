//! The kernel probes of ktrace-tui: tracepoints that tell of processes and sockets, one event per file.
//!
//! Kernel memory is read at offsets that the loader takes from the running kernel's BTF (`ktrace_probes_common::OFFSETS`),
//! so that one object serves every kernel. Nothing here is specific to an architecture.
#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]

mod act;
mod answer;
mod cares;
mod cgroup;
mod connect;
mod creds;
mod descriptor;
mod emit;
mod exec;
mod exit;
mod file;
mod fork;
mod kernel;
mod mount;
mod name;
mod namespaces;
mod open;
mod opened;
mod path;
mod reach;
mod relay;
mod ring;
mod share;
mod signal;
mod special;
mod syscall;
mod tcp;
mod udp;
mod write;

/// The kernel reads this; "Dual MIT/GPL" allows the helpers that read kernel memory.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // Nothing here panics; the compiler wants to hear it.
    loop {}
}
