//! What containers are held against, as data.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::detect::Severity;

/// Something that a container should not be allowed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its name: lower-case words joined by `_`. A contract: scripts name it.
    pub id: String,
    /// How bad it is unless what was told says otherwise.
    pub severity: Severity,
    /// What is said of a container: it goes on where the container's name ends.
    pub title: String,
    /// What it means.
    pub meaning: String,
    /// What to do.
    pub remedy: String,
    /// The controls that it serves: `CIS 5.2.2`, `PSS Baseline: Seccomp`, `NIST PR.PS-01`, `ISO A.8.9`.
    pub controls: Vec<String>,
}

#[derive(Deserialize)]
struct Checks {
    check: Vec<Check>,
}

static CHECKS: LazyLock<Vec<Check>> = LazyLock::new(|| match toml::from_str::<Checks>(include_str!("checks.toml")) {
    Ok(checks) => checks.check,
    // Embedded data: a test parses it before it is ever shipped.
    Err(error) => panic!("tui/src/audit/checks.toml: {error}"),
});

/// Every check, the worst first.
pub fn checks() -> &'static [Check] {
    &CHECKS
}

/// The check of this name.
pub fn check(id: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.id == id)
}
