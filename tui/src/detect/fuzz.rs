//! Rules of one's own, and those that others publish.
#![cfg(any(test, fuzzing))]

use super::{Outcome, RuleSet, read_rules};
use crate::fuzz::{harmless, watched};

/// Tries text as a file of rules in the language of filters.
pub(crate) fn rules(bytes: &[u8]) {
    read("own.toml", &String::from_utf8_lossy(bytes));
}

/// Tries text as a file of Sigma rules.
pub(crate) fn sigma(bytes: &[u8]) {
    read("own.yml", &String::from_utf8_lossy(bytes));
}

/// What is wrong has a place in the file; what is right is watched for.
fn read(file: &str, text: &str) {
    let outcomes = read_rules(file, text);
    // YAML also ends a line where a carriage return stands alone.
    let lines = text.split(['\n', '\r']).count();
    for outcome in &outcomes {
        let fault = match outcome {
            Outcome::Rule(rule) => {
                assert!((1..=lines).contains(&rule.origin.line), "line {} of {lines}", rule.origin.line);
                harmless(rule.asks());
                continue;
            }
            Outcome::Broken(fault) => fault,
            Outcome::Unmapped(unmapped) => &unmapped.fault,
        };
        assert!((1..=lines + 1).contains(&fault.line) && fault.column > 0 && fault.width > 0, "{fault:?} of {lines}");
        assert!(!fault.message.is_empty());
        fault.pointed(file, text).lines().for_each(harmless);
    }
    let mut set = RuleSet::of([(file, outcomes.as_slice())]);
    set.want(file, text, "nobody");
    let _ = set.summary();
    if set.rules().len() > 0 {
        watched(set);
    }
}
