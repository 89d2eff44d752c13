//! The pure model: what happened, told by events alone, as a causality graph of processes and containers.
//!
//! Nothing here reads a clock, a file or a socket; time comes from the events.

mod about;
mod act;
mod args;
pub mod cares;
mod container;
mod content;
mod descriptor;
mod entry;
mod event;
pub mod filter;
mod graph;
mod health;
mod ids;
mod link;
mod names;
mod observer;
mod posture;
mod process;
mod said;
mod session;
mod text;
mod words;

pub use act::{
    Act, CredCall, Deed, KernelCall, Mount, MountCall, NameCall, NamespaceCall, Naming, Opened, ReachCall, Relay, Wrote,
};
pub use args::{Arg, Args};
pub use container::{Container, ContainerNews, ContainerState, Group, GroupKey, Role, Runtime};
pub use content::{Content, Sha256, TAG as CONTENT_TAG};
pub use descriptor::{Descriptor, DescriptorCall, Endpoint, Pty, Target, UnixEnd};
pub use entry::Entry;
pub use event::{
    Boot, Cgroup, Direction, Event, Exec, Exit, Fork, ImageFile, Kind, Net, NetOp, Place, Placer, ProcessEvent,
    Protocol, Seen,
};
pub use graph::{Limits, Memory, Model, Totals};
pub use health::{Health, Loss, LossKind, Status};
pub use ids::IdMap;
pub use link::Link;
pub use names::{Answer, Named, Names, Told, User, Word, passwd};
pub use observer::{Observer, Part, signal_name};
pub use posture::{
    ALL_CAPABILITIES, Allowed, Asked, CAPABILITIES, HostMount, HostPort, Posture, Seccomp, USUAL_CAPABILITIES, Witness,
    capability, capability_names,
};
pub use process::{Argv, Caps, Connection, Creds, Image, Namespaces, NsKind, Origin, Process, ProcessId, Ticks, Time};
pub use session::{Means, SESSION_MARKS, Session};
pub use text::Text;
pub use words::KINDS;
