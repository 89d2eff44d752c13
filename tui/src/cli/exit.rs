//! How the program ends: exit codes that scripts may rely on, and the one line that says why.

use std::fmt;
use std::process::ExitCode;

/// Exit codes. They are a contract: none ever changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// Not permitted to trace.
    NotPermitted = 3,
    /// A recording that does not verify.
    NotVerified = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why the program ends early. Shown, it is one line: what, where, and what to do.
#[derive(Debug)]
pub struct Failure {
    /// The code that the shell gets.
    pub exit: Exit,
    /// What is said.
    pub error: anyhow::Error,
}

impl Failure {
    /// A failure with a sentence of its own.
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure { exit, error: anyhow::Error::msg(message.into()) }
    }
}

/// Whatever has no code of its own has failed.
impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure { exit: Exit::Failed, error: error.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut message = String::new();
        for cause in self.error.chain().map(ToString::to_string) {
            // Some errors say their cause themselves.
            if !message.contains(&cause) {
                message.push_str(if message.is_empty() { "" } else { ": " });
                message.push_str(&cause);
            }
        }
        for (at, line) in message.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
            f.write_str(if at == 0 { "" } else { ", " })?;
            // A file name may hold anything, also what a terminal would obey.
            for c in line.chars() {
                match c.is_control() {
                    true => write!(f, "{}", c.escape_default())?,
                    false => write!(f, "{c}")?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_failure_is_one_line_that_no_terminal_obeys() {
        let inner: anyhow::Result<()> = Err(anyhow::anyhow!("line one\n\n  line \x1b[31mtwo\n"));
        let failure = Failure::from(inner.context("reading").expect_err("it is an error"));
        assert_eq!(failure.to_string(), "reading: line one, line \\u{1b}[31mtwo");
        assert_eq!(failure.exit, Exit::Failed);
    }

    #[test]
    fn a_cause_is_said_once() {
        let config = crate::config::ConfigError::Unreadable {
            file: "/c".into(),
            source: std::io::Error::new(std::io::ErrorKind::NotFound, "not there"),
        };
        assert_eq!(Failure::from(config).to_string().matches("not there").count(), 1);
    }
}
