//! The login that a process comes from.

use serde::Serialize;

use super::Rfc3339;
use crate::model::Session;

/// The login that a process comes from.
#[derive(Serialize)]
pub(super) struct LoginShape {
    id: String,
    how: &'static str,
    from: Option<String>,
    since: Rfc3339,
    uids: Vec<u32>,
}

impl LoginShape {
    pub(super) fn new(session: &Session<'_>) -> LoginShape {
        LoginShape {
            id: session.id(),
            how: session.how.name(),
            from: session.from.map(|from| from.to_string()),
            since: Rfc3339(session.since()),
            uids: session.people.clone(),
        }
    }
}
