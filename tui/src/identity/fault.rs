//! Why a runtime's names are out of reach, in words for the status line.

use std::error::Error;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::model::Health;

/// What can go wrong between us and a runtime.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no socket.
    #[error("no socket")]
    NoSocket,
    /// The socket may not be opened.
    #[error("permission denied")]
    Denied,
    /// The socket is there, and nobody listens.
    #[error("nobody listens")]
    Refused,
    /// It takes requests and does not answer.
    #[error("no answer within {0:?}")]
    Hangs(Duration),
    /// What answers speaks something else.
    #[error("it speaks something else: {0}")]
    Foreign(String),
    /// It does not have this call.
    #[error("does not have this call")]
    Unimplemented,
    /// It answers with an error.
    #[error("{0}")]
    Failed(String),
    /// It ended its event stream.
    #[error("the event stream ended")]
    Closed,
    /// The connection broke in another way.
    #[error("{0}")]
    Broken(String),
}

/// What differs from one kind of runtime to another when its faults are told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    /// What is said of somebody who speaks something else.
    pub(super) foreign: &'static str,
    /// What to do where there is no socket; empty where there is nothing.
    pub(super) absent: &'static str,
    /// What to do where the socket may not be opened.
    pub(super) denied: &'static str,
    /// What becomes of names meanwhile.
    pub(super) meanwhile: &'static str,
}

impl Fault {
    /// Missing where the user has to do something, degraded where it may pass.
    pub fn health(&self) -> Health {
        match self {
            Fault::NoSocket | Fault::Denied | Fault::Refused => Health::Missing,
            _ => Health::Degraded,
        }
    }

    /// One line: what, where, what to do. `who` listens at `socket`.
    pub(super) fn text(&self, who: &str, socket: &Path, words: Words) -> String {
        let at = socket.display();
        let Words { foreign, absent, denied, meanwhile } = words;
        let retry = format!("{meanwhile}, retrying");
        match self {
            Fault::NoSocket => format!("no socket {at}{absent}"),
            Fault::Denied => format!("may not open {at}: {denied}; {retry}"),
            Fault::Refused => format!("nobody listens on {at}: is {who} stopped? Start it; {retry}"),
            Fault::Hangs(limit) => {
                format!("{at} takes requests and gives no answer in {} s: is {who} hung? {retry}", limit.as_secs_f32())
            }
            Fault::Foreign(detail) => format!("{at} {foreign} ({}): {retry}", line(detail)),
            Fault::Unimplemented => format!("{at} does not have a call that it had: {retry}"),
            Fault::Failed(message) => format!("{at} answers with an error ({}): {retry}", line(message)),
            Fault::Closed => format!("{at} ended its event stream, stopping or restarting: {retry}"),
            Fault::Broken(detail) => format!("{at}: {}: {retry}", line(detail)),
        }
    }

    /// Client, hyper and kernel wrap each other; an error of the system among them, or else the innermost, is what happened.
    pub(super) fn of_chain(error: &(dyn Error + 'static)) -> Fault {
        let mut deepest = error;
        let mut kind = kind(error);
        while let Some(source) = deepest.source() {
            deepest = source;
            kind = kind.or_else(|| self::kind(deepest));
        }
        match kind {
            Some(io::ErrorKind::NotFound) => Fault::NoSocket,
            Some(io::ErrorKind::PermissionDenied) => Fault::Denied,
            Some(io::ErrorKind::ConnectionRefused) => Fault::Refused,
            _ => Fault::Broken(deepest.to_string()),
        }
    }
}

fn kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    error.downcast_ref::<io::Error>().map(io::Error::kind)
}

/// The first line, of a length that fits a status line.
fn line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason given").chars().take(100).collect()
}
