//! What is printed about the program itself: the default configuration, completions, the manual.

use std::io::{self, ErrorKind, Write as _};

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::arguments::Arguments;
use super::{Failure, manual};
use crate::config::DEFAULT_FILE;

pub(super) fn config() -> Result<(), Failure> {
    print(DEFAULT_FILE.as_bytes())
}

pub(super) fn completions(shell: Shell) -> Result<(), Failure> {
    // Straight to stdout it would panic when nobody reads to the end.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "ktrace-tui", &mut text);
    if shell == Shell::Bash {
        // clap_complete 4.6 writes the dash of the program's name in two ways, and so completes no option of a command:
        // one name where it sets it, another where it asks for it. tests/shells.rs asks bash.
        let script = String::from_utf8_lossy(&text).replace("ktrace__subcmd__tui", "ktrace__tui");
        text = script.into_bytes();
    }
    print(&text)
}

pub(super) fn man() -> Result<(), Failure> {
    print(&manual::page(Arguments::command()).context("cannot write the manual")?)
}

/// Writes to stdout; whoever read it may have enough before the end.
pub(super) fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        // Such as `head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done.context("cannot write to stdout")?),
    }
}
