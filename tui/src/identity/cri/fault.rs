//! What gRPC's errors mean for the names.

use std::error::Error as _;

use tonic::{Code, Status};

use crate::identity::fault::{Fault, Words};

/// How faults of containerd and of CRI are told.
pub(super) const WORDS: Words = Words {
    foreign: "speaks neither CRI v1 nor containerd's API",
    absent: "",
    denied: "run as root",
    meanwhile: "names come from the bundles on disk meanwhile",
};

impl From<Status> for Fault {
    fn from(status: Status) -> Fault {
        match status.code() {
            Code::Unimplemented => Fault::Unimplemented,
            // A status with a source is made here, of a connection that broke; one without came over it.
            _ => match status.source() {
                Some(source) => Fault::of_chain(source),
                None => Fault::Failed(format!("{:?}: {}", status.code(), status.message())),
            },
        }
    }
}

impl From<tonic::transport::Error> for Fault {
    fn from(error: tonic::transport::Error) -> Fault {
        Fault::of_chain(&error)
    }
}
