//! The login that a process comes from, as a dossier tells it.

use std::net::SocketAddr;

use serde::Serialize;

use crate::model::Session;

/// The login that a process comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Login {
    /// The audit session, else the process that it began with.
    pub id: String,
    /// How they came, in a word.
    pub how: &'static str,
    /// From where.
    pub from: Option<SocketAddr>,
    /// Uids: who logged in, and whom they became.
    pub uids: Vec<u32>,
}

impl Login {
    /// What a dossier keeps of a login.
    pub(super) fn of(session: &Session<'_>) -> Login {
        let Session { how, from, people, .. } = session;
        Login { id: session.id(), how: how.name(), from: *from, uids: people.clone() }
    }

    /// In a few words: `ssh login 7 of 1000 → 0 from 10.0.0.9:51000`.
    pub(super) fn words(&self) -> String {
        let uids: Vec<String> = self.uids.iter().map(u32::to_string).collect();
        let from = self.from.map(|from| format!(" from {from}")).unwrap_or_default();
        format!("{} login {} of {}{from}", self.how, self.id, uids.join(" → "))
    }
}
