//! The rule catalogue: what can be found, as data.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

/// What sort of thing was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A shell whose input and output lead to a connection that its side opened.
    ReverseShell,
    /// A shell on an accepted connection.
    BindShell,
    /// A border between container and host, or between containers, was crossed.
    ContainerEscape,
    /// A program ran that is in no file system.
    FilelessExec,
    /// A program ran that is not part of the container's image.
    DriftExec,
    /// A file was read that tells secrets of the system.
    SensitiveRead,
    /// Keys, tokens, or the services that hand them out were reached for.
    CredentialAccess,
    /// Somebody looks around.
    Recon,
    /// Something was left behind that starts again.
    Persistence,
    /// More rights than before, not by an ordinary way.
    PrivilegeEscalation,
    /// Traces were removed, or work was hidden.
    DefenseEvasion,
    /// Code from the network was run.
    RemoteExec,
    /// Data was gathered and sent out.
    Exfiltration,
    /// A container that runs with more than it should.
    PrivilegedContainer,
}

impl Class {
    /// Every class, in the order of the documentation.
    pub const ALL: [Class; 14] = [
        Class::ReverseShell,
        Class::BindShell,
        Class::RemoteExec,
        Class::ContainerEscape,
        Class::PrivilegedContainer,
        Class::PrivilegeEscalation,
        Class::FilelessExec,
        Class::DriftExec,
        Class::SensitiveRead,
        Class::CredentialAccess,
        Class::Recon,
        Class::Persistence,
        Class::DefenseEvasion,
        Class::Exfiltration,
    ];

    /// The lower-case word of JSON.
    pub fn name(self) -> &'static str {
        match self {
            Class::ReverseShell => "reverse_shell",
            Class::BindShell => "bind_shell",
            Class::ContainerEscape => "container_escape",
            Class::FilelessExec => "fileless_exec",
            Class::DriftExec => "drift_exec",
            Class::SensitiveRead => "sensitive_read",
            Class::CredentialAccess => "credential_access",
            Class::Recon => "recon",
            Class::Persistence => "persistence",
            Class::PrivilegeEscalation => "privilege_escalation",
            Class::DefenseEvasion => "defense_evasion",
            Class::RemoteExec => "remote_exec",
            Class::Exfiltration => "exfiltration",
            Class::PrivilegedContainer => "privileged_container",
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth a look some day.
    Low,
    /// Worth a look today.
    Medium,
    /// Worth a look now.
    High,
    /// Worth getting somebody out of bed: behaviour that no ordinary workload shows.
    Critical,
}

impl Severity {
    /// The lower-case word of JSON.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name: lower-case words joined by `_`. A contract: exceptions and scripts name it.
    pub id: String,
    /// What sort of thing it finds.
    pub class: Class,
    /// The severity that it has unless what was seen says otherwise.
    pub severity: Severity,
    /// The title of its findings, unless what was seen says more.
    pub title: String,
    /// What it means.
    pub meaning: String,
    /// What to do next.
    pub next: String,
    /// MITRE ATT&CK technique ids.
    pub mitre: Vec<String>,
    /// True when what it finds was left behind to start something later: what starts belongs to the same incident.
    #[serde(default)]
    pub plants: bool,
    /// CIS Kubernetes, NIST CSF and ISO 27001 references, as `CIS 5.2.2`, `NIST DE.CM-01`, `ISO A.8.16`.
    pub references: Vec<String>,
}

#[derive(Deserialize)]
struct Rules {
    rule: Vec<Rule>,
}

/// One file per group of behaviours.
const FILES: &[(&str, &str)] = &[
    ("shells.toml", include_str!("rules/shells.toml")),
    ("escapes.toml", include_str!("rules/escapes.toml")),
    ("others.toml", include_str!("rules/others.toml")),
    ("sensor.toml", include_str!("rules/sensor.toml")),
    ("baseline.toml", include_str!("rules/baseline.toml")),
];

static CATALOGUE: LazyLock<BTreeMap<String, Arc<Rule>>> = LazyLock::new(|| {
    let rules = FILES.iter().flat_map(|(name, text)| match toml::from_str::<Rules>(text) {
        Ok(rules) => rules.rule,
        // Embedded data: a test parses it before it is ever shipped.
        Err(error) => panic!("tui/src/detect/rules/{name}: {error}"),
    });
    rules.map(|rule| (rule.id.clone(), Arc::new(rule))).collect()
});

/// Every rule, by name.
pub fn catalogue() -> impl Iterator<Item = &'static Rule> {
    CATALOGUE.values().map(Arc::as_ref)
}

/// The rule of the catalogue that has this name.
pub fn rule(id: &str) -> Option<&'static Arc<Rule>> {
    CATALOGUE.get(id)
}
