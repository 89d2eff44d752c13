//! docs/DETECTIONS.md is what the rule catalogue says, and the catalogue says what is needed.
//!
//! `KTRACE_WRITE_DOCS=1 cargo test --test detections` writes the page anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fmt::Write as _;

use ktrace_tui::detect::{Class, Rule, catalogue};
use serde::Deserialize;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/DETECTIONS.md");

fn page() -> String {
    let mut page = String::from(
        "# Detections\n\n\
         Every rule: what it finds, what that means, what to do next. This page is generated from the catalogue\n\
         (`tui/src/detect/rules/`); `KTRACE_WRITE_DOCS=1 cargo test --test detections` writes it anew.\n\n\
         The severity is what a rule has unless what was seen says otherwise: an act that was tried and refused is\n\
         less bad, evidence makes it worse. `critical` means: get somebody out of bed. A name alone never gives more\n\
         than `medium`. Exceptions (`[[exception]]` in the configuration file) name rules and classes as they stand\n\
         here; with `where` they say of whom, in the language of filters: `where = 'exe = /opt/ci/* and uid = 1000'`.\n",
    );
    for class in Class::ALL {
        let rules: Vec<&Rule> = catalogue().filter(|rule| rule.class == class).collect();
        if rules.is_empty() {
            continue;
        }
        write!(page, "\n## `{}`\n", class.name()).unwrap();
        for rule in rules {
            write!(
                page,
                "\n### `{}`\n\n{}. Severity: {}.\n\n{}\n\nNext: {}\n\nATT&CK: {}. References: {}.\n",
                rule.id,
                rule.title,
                rule.severity.name(),
                rule.meaning,
                rule.next,
                rule.mitre.join(", "),
                rule.references.join(", "),
            )
            .unwrap();
        }
    }
    page + &coverage()
}

/// A rule of somebody else, and what finds the same here.
#[derive(Deserialize)]
struct Rival {
    of: String,
    rule: String,
    ours: Vec<String>,
    #[serde(default)]
    why: String,
}

fn rivals() -> Vec<Rival> {
    #[derive(Deserialize)]
    struct Page {
        rival: Vec<Rival>,
    }
    toml::from_str::<Page>(include_str!("../src/detect/rules/coverage.toml")).unwrap().rival
}

fn coverage() -> String {
    let mut page = String::from(
        "\n## What others look for\n\n\
         Falco's stable rules and Tracee's detectors, as far as it shows in processes, files, sockets and namespaces.\n\n\
         | rule of theirs | ours | |\n| --- | --- | --- |\n",
    );
    for rival in rivals() {
        let ours: Vec<String> = rival.ours.iter().map(|id| format!("`{id}`")).collect();
        let ours = if ours.is_empty() { "left out".to_owned() } else { ours.join(", ") };
        writeln!(page, "| {}: {} | {ours} | {} |", rival.of, rival.rule, rival.why).unwrap();
    }
    page
}

#[test]
fn each_rule_of_others_is_found_by_rules_that_exist_or_left_out_for_a_reason() {
    let rivals = rivals();
    for (of, rules) in [("Falco", 25), ("Tracee", 33)] {
        assert_eq!(rivals.iter().filter(|rival| rival.of == of).count(), rules, "{of}");
    }
    for rival in rivals {
        for ours in &rival.ours {
            assert!(catalogue().any(|rule| rule.id == *ours), "{}: there is no rule `{ours}`", rival.rule);
        }
        assert!(!rival.ours.is_empty() || !rival.why.is_empty(), "{} is left out without a reason", rival.rule);
    }
}

#[test]
fn the_page_is_what_the_catalogue_says() {
    let page = page();
    if std::env::var_os("KTRACE_WRITE_DOCS").is_some() {
        std::fs::write(DOCUMENT, &page).unwrap();
    }
    let written = std::fs::read_to_string(DOCUMENT).unwrap_or_default();
    assert!(written == page, "docs/DETECTIONS.md is not what the catalogue says: write it with KTRACE_WRITE_DOCS=1");
}

#[test]
fn every_rule_says_what_it_means_what_to_do_and_where_that_stands() {
    for rule in catalogue() {
        let id = &rule.id;
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{id}");
        assert!(
            !rule.title.is_empty() && !rule.title.ends_with('.'),
            "{id}: the title is no sentence with a full stop"
        );
        for text in [&rule.meaning, &rule.next] {
            assert!(text.len() > 20 && text.ends_with('.'), "{id}: {text}");
        }
        let technique = |id: &String| {
            let digits = id.strip_prefix('T').unwrap_or_default().replace('.', "");
            matches!(digits.len(), 4 | 7) && digits.bytes().all(|b| b.is_ascii_digit())
        };
        assert!(!rule.mitre.is_empty() && rule.mitre.iter().all(technique), "{id}: {:?}", rule.mitre);
        let known = |reference: &String| ["CIS ", "NIST ", "ISO "].iter().any(|start| reference.starts_with(start));
        assert!(!rule.references.is_empty() && rule.references.iter().all(known), "{id}: {:?}", rule.references);
    }
}

/// The names of rules that the source raises, and nothing that is only like one.
fn raised() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![concat!(env!("CARGO_MANIFEST_DIR"), "/src/detect").into()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir::<std::path::PathBuf>(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs")
                && !path.ends_with("rule.rs")
                && !path.to_string_lossy().contains("tests")
            {
                let text = std::fs::read_to_string(&path).unwrap();
                let quoted = text.split('"').skip(1).step_by(2).map(str::to_owned);
                found.extend(quoted.filter(|word| word.contains('_')));
            }
        }
    }
    found
}

#[test]
fn no_rule_stands_in_the_catalogue_that_nothing_raises() {
    let raised = raised();
    let idle: Vec<&str> =
        catalogue().map(|rule| rule.id.as_str()).filter(|id| !raised.iter().any(|it| it == id)).collect();
    assert!(idle.is_empty(), "nothing raises {idle:?}");
}
