//! What the integration tests share: the rule for tests that need root, and runtimes of their own.
#![allow(dead_code, unreachable_pub, reason = "each test crate includes this file and uses its part")]

pub mod containerd;
pub mod cri;
pub mod docker;
pub mod terminal;
pub mod watch;

/// Whether a test that needs root and `what` is to run.
///
/// With `KTRACE_TEST_PRIVILEGED=1`, as in CI, it runs, and whatever it needs and does not find is a failure. Without
/// it the test says on stderr that it was skipped and why; the caller returns.
pub fn privileged(what: &str) -> bool {
    if std::env::var_os("KTRACE_TEST_PRIVILEGED").is_some_and(|value| value == "1") {
        return true;
    }
    eprintln!("skipped: needs root and {what}, set KTRACE_TEST_PRIVILEGED=1");
    false
}
