//! A fuzzer for each parser, by libFuzzer: KTRACE_FUZZ names the target. Built with KTRACE_FUZZ_ONLY it has one target alone, and
//! counts nothing that it does not go through. `run` beside this file builds and starts it.
#![no_main]

use std::sync::LazyLock;

use ktrace_tui::fuzz::{named, run};

const ONLY: Option<fn(&[u8])> = match option_env!("KTRACE_FUZZ_ONLY") {
    Some(name) => Some(named(name)),
    None => None,
};

static TARGET: LazyLock<String> =
    LazyLock::new(|| std::env::var("KTRACE_FUZZ").expect("KTRACE_FUZZ names what to fuzz: one of tui/src/fuzz/mod.rs"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| match ONLY {
    Some(target) => target(bytes),
    None => run(&TARGET, bytes),
});
