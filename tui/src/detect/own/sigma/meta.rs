//! What a Sigma rule says of itself, as a rule of ours.

use super::Why;
use super::yaml::Node;
use crate::detect::rule::{Class, Rule, Severity};

/// Tactics of ATT&CK, as tags have them, and the class that findings are of. The first that a rule has counts: those
/// that say most come first.
const TACTICS: [(&str, Class); 15] = [
    ("credential-access", Class::CredentialAccess),
    ("exfiltration", Class::Exfiltration),
    ("collection", Class::Exfiltration),
    ("persistence", Class::Persistence),
    ("privilege-escalation", Class::PrivilegeEscalation),
    ("defense-evasion", Class::DefenseEvasion),
    ("defense-impairment", Class::DefenseEvasion),
    ("stealth", Class::DefenseEvasion),
    ("discovery", Class::Recon),
    ("reconnaissance", Class::Recon),
    ("lateral-movement", Class::RemoteExec),
    ("command-and-control", Class::RemoteExec),
    ("initial-access", Class::RemoteExec),
    ("execution", Class::RemoteExec),
    ("impact", Class::RemoteExec),
];

/// The rule of a document of `file`; its number there, where it is one of several.
///
/// # Errors
/// What is wrong with it.
pub(super) fn rule(file: &str, number: Option<usize>, document: &Node, critical: Severity) -> Result<Rule, Why> {
    let title = document.text_of("title").filter(|title| !title.is_empty());
    let Some(title) = title else { return Err(document.at.fault("this rule has no `title`").into()) };
    let tags: Vec<String> =
        texts(document, "tags").iter().filter_map(|tag| tag.strip_prefix("attack.")).map(str::to_owned).collect();
    let technique =
        |tag: &&String| tag.strip_prefix(['t', 'T']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let class = TACTICS.iter().find(|(name, _)| tags.iter().any(|tag| tag.replace('_', "-") == *name));
    Ok(Rule {
        id: name(file, number),
        class: class.map_or(Class::RemoteExec, |(_, class)| *class),
        severity: severity(document, critical)?,
        title: title.trim().to_owned(),
        meaning: meaning(document),
        next: next(document),
        mitre: tags.iter().filter(technique).map(|tag| tag.to_uppercase()).collect(),
        plants: false,
        references: document.text_of("id").map(|id| format!("Sigma {id}")).into_iter().collect(),
    })
}

/// What the level `critical` is, whoever reads the rules says: `critical` gets somebody out of bed here, what a rule that goes by
/// names and arguments does only where somebody wants it.
fn severity(document: &Node, critical: Severity) -> Result<Severity, Why> {
    let Some(level) = document.get("level") else { return Ok(Severity::Medium) };
    match level.text().unwrap_or_default() {
        "critical" => Ok(critical),
        "high" => Ok(Severity::High),
        "medium" => Ok(Severity::Medium),
        "low" => Ok(Severity::Low),
        "informational" => Ok(Severity::Info),
        other => {
            let what = format!("`{other}` is no level: informational, low, medium, high or critical");
            Err(level.at.fault(what).into())
        }
    }
}

/// `sigma_` and the name of the file: as rules are published, it says what they are about, and is there once.
fn name(file: &str, number: Option<usize>) -> String {
    let stem = file.rsplit('/').next().unwrap_or(file);
    let stem = stem.strip_suffix(".yml").or(stem.strip_suffix(".yaml")).unwrap_or(stem).to_lowercase();
    let word: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    match number {
        Some(number) => format!("sigma_{word}_{number}"),
        None => format!("sigma_{word}"),
    }
}

fn meaning(document: &Node) -> String {
    let mut text = document.text_of("description").unwrap_or("A Sigma rule.").trim().replace('\n', " ");
    let innocent = texts(document, "falsepositives");
    let innocent: Vec<&str> = innocent.iter().map(|it| it.trim_end_matches('.')).collect();
    let innocent: Vec<&str> = innocent.into_iter().filter(|it| !["Unknown", "Unlikely"].contains(it)).collect();
    if !innocent.is_empty() {
        text.push_str(&format!(" Innocent where it is: {}.", innocent.join("; ")));
    }
    text
}

fn next(document: &Node) -> String {
    let mut text =
        "Look at who started it and at what it did next; a Sigma rule goes by names and arguments.".to_owned();
    let references = texts(document, "references");
    if !references.is_empty() {
        text.push_str(&format!(" See {}.", references.join(" ")));
    }
    text
}

fn texts(document: &Node, key: &str) -> Vec<String> {
    document.get(key).map(|node| node.texts().map(str::to_owned).collect()).unwrap_or_default()
}
