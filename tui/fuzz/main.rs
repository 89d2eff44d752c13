//! A fuzzer for each parser, by libFuzzer: KTRACE_FUZZ names the target. `run` beside this file builds and starts it.
#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<String> =
    LazyLock::new(|| std::env::var("KTRACE_FUZZ").expect("KTRACE_FUZZ names what to fuzz: one of tui/src/fuzz/mod.rs"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ktrace_tui::fuzz::run(&TARGET, bytes));
