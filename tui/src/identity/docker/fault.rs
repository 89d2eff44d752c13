//! What the errors of the Docker API mean for the names.

use bollard::errors::Error;

use crate::identity::fault::{Fault, Words};

/// How faults of Docker and Podman are told.
pub(super) const WORDS: Words = Words {
    foreign: "does not speak the Docker API",
    absent: ": containers show by id; start it, or name its socket in DOCKER_HOST=unix://PATH",
    denied: "run as root, or join the group that owns the socket",
    meanwhile: "names stay as last known",
};

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        match &error {
            Error::DockerResponseServerError { status_code, message } => {
                Fault::Failed(format!("HTTP {status_code}: {}", message.lines().next().unwrap_or_default()))
            }
            Error::JsonDataError { message, .. } => Fault::Foreign(message.clone()),
            Error::JsonSerdeError { err } => Fault::Foreign(err.to_string()),
            Error::SocketNotFoundError(_) => Fault::NoSocket,
            _ => Fault::of_chain(&error),
        }
    }
}
