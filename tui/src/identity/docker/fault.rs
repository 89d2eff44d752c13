//! Why a runtime's names are out of reach, in words for the status line.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use bollard::errors::Error;

use super::Endpoint;
use crate::model::Health;

/// What can go wrong between us and a daemon.
#[derive(Debug, thiserror::Error)]
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
    /// What it answers is not the Docker API.
    #[error("not the Docker API: {0}")]
    Foreign(String),
    /// It answers with an error.
    #[error("HTTP {0}: {1}")]
    Failed(u16, String),
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
        let retry = "names stay as last known, retrying";
        match self {
            Fault::NoSocket => format!(
                "no socket {at}: containers show by id; start {who}, or name its socket in DOCKER_HOST=unix://PATH"
            ),
            Fault::Denied => format!("may not open {at}: run as root, or join the group that owns the socket"),
            Fault::Refused => format!("nobody listens on {at}: is {who} stopped? Start it; {retry}"),
            Fault::Hangs(limit) => {
                format!("{at} takes requests and gives no answer in {} s: is {who} hung? {retry}", limit.as_secs_f32())
            }
            Fault::Foreign(detail) => format!("{at} does not speak the Docker API ({}): {retry}", line(detail)),
            Fault::Failed(code, message) => format!("{at} answers HTTP {code} ({}): {retry}", line(message)),
            Fault::Closed => format!("{at} ended its event stream, stopping or restarting: {retry}"),
            Fault::Broken(detail) => format!("{at}: {}: {retry}", line(detail)),
        }
    }
}

/// The first line, of a length that fits a status line.
fn line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason given").chars().take(100).collect()
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        match &error {
            Error::DockerResponseServerError { status_code, message } => Fault::Failed(*status_code, message.clone()),
            Error::JsonDataError { message, .. } => Fault::Foreign(message.clone()),
            Error::JsonSerdeError { err } => Fault::Foreign(err.to_string()),
            Error::SocketNotFoundError(_) => Fault::NoSocket,
            _ => from_chain(&error),
        }
    }
}

/// Client, hyper and kernel wrap each other; the innermost error is what happened.
fn from_chain(error: &Error) -> Fault {
    let mut deepest: &(dyn std::error::Error + 'static) = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    match error.source().and_then(io_kind).or_else(|| deepest.downcast_ref::<io::Error>().map(io::Error::kind)) {
        Some(io::ErrorKind::NotFound) => Fault::NoSocket,
        Some(io::ErrorKind::PermissionDenied) => Fault::Denied,
        Some(io::ErrorKind::ConnectionRefused) => Fault::Refused,
        _ => Fault::Broken(deepest.to_string()),
    }
}

fn io_kind(error: &(dyn std::error::Error + 'static)) -> Option<io::ErrorKind> {
    match error.downcast_ref::<io::Error>() {
        Some(io) => Some(io.kind()),
        None => error.source().and_then(io_kind),
    }
}
