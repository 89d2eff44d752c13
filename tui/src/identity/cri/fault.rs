//! Why a runtime's names are out of reach, in words for the status line.

use std::error::Error;
use std::io;
use std::time::Duration;

use tonic::{Code, Status};

use super::Endpoint;
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
    /// What answers speaks neither CRI nor containerd's API.
    #[error("neither CRI v1 nor containerd's API: {0}")]
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

impl Fault {
    /// Missing where the user has to do something, degraded where it may pass.
    pub fn health(&self) -> Health {
        match self {
            Fault::NoSocket | Fault::Denied | Fault::Refused => Health::Missing,
            _ => Health::Degraded,
        }
    }

    /// One line: what, where, what to do.
    pub fn text(&self, endpoint: &Endpoint) -> String {
        let at = endpoint.socket.display();
        let who = &endpoint.topic;
        let retry = "names come from the bundles on disk meanwhile, retrying";
        match self {
            Fault::NoSocket => format!("no socket {at}"),
            Fault::Denied => format!("may not open {at}: run as root; {retry}"),
            Fault::Refused => format!("nobody listens on {at}: is {who} stopped? Start it; {retry}"),
            Fault::Hangs(limit) => {
                format!("{at} takes requests and gives no answer in {} s: is {who} hung? {retry}", limit.as_secs_f32())
            }
            Fault::Foreign(detail) => {
                format!("{at} speaks neither CRI v1 nor containerd's API ({}): {retry}", line(detail))
            }
            Fault::Unimplemented => format!("{at} does not have a call that it had: {retry}"),
            Fault::Failed(message) => format!("{at} answers with an error ({}): {retry}", line(message)),
            Fault::Closed => format!("{at} ended its event stream, stopping or restarting: {retry}"),
            Fault::Broken(detail) => format!("{at}: {}: {retry}", line(detail)),
        }
    }
}

/// The first line, of a length that fits a status line.
fn line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason given").chars().take(100).collect()
}

impl From<Status> for Fault {
    fn from(status: Status) -> Fault {
        match status.code() {
            Code::Unimplemented => Fault::Unimplemented,
            // A status with a source is made here, of a connection that broke; one without came over it.
            _ => match status.source() {
                Some(source) => from_chain(source),
                None => Fault::Failed(format!("{:?}: {}", status.code(), status.message())),
            },
        }
    }
}

impl From<tonic::transport::Error> for Fault {
    fn from(error: tonic::transport::Error) -> Fault {
        from_chain(&error)
    }
}

/// Client, hyper and kernel wrap each other; the innermost error is what happened.
fn from_chain(error: &(dyn Error + 'static)) -> Fault {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    match deepest.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::NotFound) => Fault::NoSocket,
        Some(io::ErrorKind::PermissionDenied) => Fault::Denied,
        Some(io::ErrorKind::ConnectionRefused) => Fault::Refused,
        _ => Fault::Broken(deepest.to_string()),
    }
}
