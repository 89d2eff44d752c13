//! An incident, written up: what happened, the chain as a picture, times, indicators, what to do, what is missing.
//!
//! A [`Collector`] sees the stream and keeps what a report will need; a [`Dossier`] is what it knows of one incident;
//! the rest write it.

mod actor;
mod build;
mod cards;
mod collect;
mod contact;
mod dossier;
mod dot;
mod graph;
mod html;
mod json;
mod key;
mod login;
mod markdown;
mod mermaid;
mod picture;
mod svg;
mod tables;
mod technique;
#[cfg(test)]
mod tests;
mod words;

pub use collect::Collector;
pub use contact::{Contact, Use};
pub use dossier::{
    Actor, Dossier, Edge, EdgeKind, EvidenceTold, FileTold, FindingTold, LossTold, NodeFacts, PlaceTold, Proof, Ran,
    Role, StageTold, Technique,
};
pub use dot::dot;
pub use html::html;
pub use json::json;
pub use key::Key;
pub use markdown::markdown;
pub use mermaid::mermaid;
pub use words::Clock;
