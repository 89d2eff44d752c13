//! docs/COMPLIANCE.md is what the rules, the checks of the audit and the controls say, and every reference names a control.
//!
//! `KTRACE_WRITE_DOCS=1 cargo test --test compliance` writes the page anew.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ktrace_tui::audit::{Check, checks};
use ktrace_tui::detect::{Rule, catalogue};
use serde::Deserialize;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/COMPLIANCE.md");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Framework {
    id: String,
    title: String,
    about: String,
    control: Vec<Control>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Control {
    id: String,
    title: String,
    /// What serves it beside rules and checks.
    #[serde(default)]
    by: Vec<String>,
    /// Why nothing does.
    not: Option<String>,
}

impl Framework {
    /// How rules and checks write a control of it.
    fn reference(&self, control: &Control) -> String {
        match self.id.starts_with("ATT&CK") {
            true => control.id.clone(),
            false => format!("{} {}", self.id, control.id),
        }
    }
}

fn frameworks() -> Vec<Framework> {
    #[derive(Deserialize)]
    struct Page {
        framework: Vec<Framework>,
    }
    toml::from_str::<Page>(include_str!("../src/audit/controls.toml")).unwrap().framework
}

fn rules_of(reference: &str) -> Vec<&'static Rule> {
    let names = |rule: &&Rule| rule.references.iter().chain(&rule.mitre).any(|it| it == reference);
    catalogue().filter(names).collect()
}

fn checks_of(reference: &str) -> Vec<&'static Check> {
    checks().iter().filter(|check| check.controls.iter().any(|it| it == reference)).collect()
}

fn page() -> String {
    let mut page = String::from(
        "# Compliance\n\n\
         Which control is served by what: findings ([DETECTIONS.md](DETECTIONS.md)), checks of `ktrace-tui audit` (below), and\n\
         what else is there; and which is not, and why. Serving a control is evidence for an auditor, never the whole of it.\n\
         This page is generated from `tui/src/audit/` and `tui/src/detect/rules/`;\n\
         `KTRACE_WRITE_DOCS=1 cargo test --test compliance` writes it anew.\n\n",
    );
    page.push_str("| framework | controls | served | not served |\n| --- | --- | --- | --- |\n");
    let frameworks = frameworks();
    for framework in &frameworks {
        let (all, not) = (framework.control.len(), framework.control.iter().filter(|it| it.not.is_some()).count());
        writeln!(page, "| {} | {all} | {} | {not} |", framework.title, all - not).unwrap();
    }
    frameworks.iter().for_each(|framework| table(&mut page, framework));
    page + &audit()
}

fn table(page: &mut String, framework: &Framework) {
    write!(page, "\n## {}\n\n{}\n\n", framework.title, framework.about).unwrap();
    page.push_str("| control | | findings | audit | else, or why not |\n| --- | --- | --- | --- | --- |\n");
    for control in &framework.control {
        let reference = framework.reference(control);
        let rules: Vec<String> = rules_of(&reference).iter().map(|rule| format!("`{}`", rule.id)).collect();
        let checks: Vec<String> = checks_of(&reference).iter().map(|check| format!("`{}`", check.id)).collect();
        let last = match &control.not {
            Some(why) => format!("not served: {why}"),
            None => control.by.join(", "),
        };
        let (id, title) = (&control.id, &control.title);
        writeln!(page, "| {id} | {title} | {} | {} | {last} |", rules.join(" "), checks.join(" ")).unwrap();
    }
}

fn audit() -> String {
    let mut page = String::from(
        "\n## The checks of `audit`\n\n\
         What containers are held against. `/proc` tells what is so, Docker, CRI and the OCI specification what was asked for;\n\
         where they differ both are told, and the kernel's word says how bad it is. The severity is what a check has unless\n\
         what was told says otherwise: paths, devices and capabilities are rated by what they lead to, and root by what else is\n\
         open. Nothing that nobody told is taken for granted: it is named as not known.\n",
    );
    for check in checks() {
        write!(
            page,
            "\n### `{}`\n\nA container {}. Severity: {}.\n\n{}\n\nInstead: {}\n\nControls: {}.\n",
            check.id,
            sentence(&check.title),
            check.severity.name(),
            check.meaning,
            check.remedy,
            check.controls.join(", "),
        )
        .unwrap();
    }
    page
}

/// A title goes on where the container's name ends; some begin anew.
fn sentence(title: &str) -> String {
    match title.split(' ').next() {
        Some("has" | "is" | "may" | "runs" | "shares") => title.to_owned(),
        Some("privileged") => "is privileged".to_owned(),
        _ => format!("of which this holds: {title}"),
    }
}

#[test]
fn the_page_is_what_rules_checks_and_controls_say() {
    let page = page();
    if std::env::var_os("KTRACE_WRITE_DOCS").is_some() {
        std::fs::write(DOCUMENT, &page).unwrap();
    }
    let written = std::fs::read_to_string(DOCUMENT).unwrap_or_default();
    assert!(written == page, "docs/COMPLIANCE.md is not what the data says: write it with KTRACE_WRITE_DOCS=1");
}

#[test]
fn every_reference_of_a_rule_or_a_check_names_a_control() {
    let frameworks = frameworks();
    let known: BTreeSet<String> =
        frameworks.iter().flat_map(|it| it.control.iter().map(|control| it.reference(control))).collect();
    for rule in catalogue() {
        for reference in rule.references.iter().chain(&rule.mitre) {
            assert!(known.contains(reference), "rule {} refers to {reference}, which no framework has", rule.id);
        }
    }
    for check in checks() {
        assert!(!check.controls.is_empty(), "{}", check.id);
        for reference in &check.controls {
            assert!(known.contains(reference), "check {} refers to {reference}, which no framework has", check.id);
        }
    }
}

#[test]
fn every_control_is_served_by_something_or_says_why_not() {
    for framework in frameworks() {
        let mut seen = BTreeSet::new();
        for control in &framework.control {
            let reference = framework.reference(control);
            assert!(seen.insert(reference.clone()), "{reference} stands there twice");
            let served =
                !rules_of(&reference).is_empty() || !checks_of(&reference).is_empty() || !control.by.is_empty();
            assert!(served != control.not.is_some(), "{reference} is served, and says why not, or neither");
        }
    }
}

#[test]
fn every_check_says_what_it_means_and_what_to_do() {
    for check in checks() {
        let id = &check.id;
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{id}");
        assert!(!check.title.is_empty() && !check.title.ends_with('.'), "{id}: {}", check.title);
        for text in [&check.meaning, &check.remedy] {
            assert!(text.len() > 20 && text.ends_with('.'), "{id}: {text}");
        }
    }
}
