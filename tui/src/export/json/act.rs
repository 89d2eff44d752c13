//! The shape of what was asked of the kernel.

use serde::Serialize;

use super::shape::{Bytes, IdShape};
use crate::model::{Act, Deed, Model, Relay, Text};

/// What the act was, in words, and the facts that it has.
#[derive(Serialize)]
pub(super) struct ActShape<'a> {
    text: String,
    error: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fd: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Bytes<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host_path: Option<Bytes<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Bytes<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<IdShape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    write: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<Bytes<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relayed: Option<[u32; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observer: Option<&'static str>,
}

fn some(text: &Text) -> Option<Bytes<'_>> {
    (!text.is_empty()).then(|| Bytes(text.into()))
}

impl<'a> ActShape<'a> {
    pub(super) fn new(act: &'a Act, model: &Model) -> ActShape<'a> {
        let mut shape = ActShape {
            text: act.to_string(),
            error: act.error,
            fd: None,
            path: None,
            host_path: None,
            from: None,
            target: None,
            read: None,
            write: None,
            bytes: None,
            relayed: None,
            signal: None,
            observer: act.observer.map(|observer| observer.part.name()),
        };
        match &act.what {
            Deed::Descriptor { fd, .. } => shape.fd = Some(*fd),
            Deed::Mount(mount) => {
                (shape.path, shape.from) = (some(&mount.target), some(&mount.source));
                shape.host_path = mount.host.as_ref().and_then(some);
            }
            Deed::Signal { number, target } => {
                shape.signal = Some(*number);
                shape.target = target.map(|id| IdShape::new(id, model));
            }
            Deed::Reach { target, .. } => shape.target = target.map(|id| IdShape::new(id, model)),
            Deed::Memfd { name } | Deed::Kernel { name, .. } => shape.path = some(name),
            Deed::Open(opened) => {
                (shape.read, shape.write) = (Some(opened.read), Some(opened.write));
                (shape.path, shape.host_path) = (some(&opened.path), opened.host.as_ref().and_then(some));
                shape.target = opened.subject.map(|id| IdShape::new(id, model));
            }
            Deed::Name(naming) => {
                (shape.path, shape.host_path) = (some(&naming.path), naming.host.as_ref().and_then(some));
                shape.from = some(&naming.from);
            }
            Deed::Wrote(wrote) => (shape.path, shape.bytes) = (some(&wrote.path), some(&wrote.bytes)),
            Deed::UnixConnect { path, host, peer } => {
                (shape.path, shape.host_path) = (some(path), host.as_ref().and_then(some));
                shape.target = peer.map(|id| IdShape::new(id, model));
            }
            Deed::Ring { path, .. } => shape.path = some(path),
            Deed::Relay(Relay { inward, outward, .. }) => shape.relayed = Some([*inward, *outward]),
            Deed::Namespaces { .. } | Deed::Creds { .. } | Deed::RawSocket { .. } => {}
        }
        shape
    }
}
