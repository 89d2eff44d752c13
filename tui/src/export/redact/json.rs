//! A line of JSON without what it should not tell.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use serde_json::Value;

use super::Redactor;

/// Texts remembered in which there is nothing to replace.
const CLEAN: usize = 65_536;

/// Texts in which there is nothing to replace, by their hash: paths and command lines come again and again, and looking
/// through them costs more than all the rest.
#[derive(Clone, Debug, Default)]
pub(super) struct Clean {
    hashes: HashSet<u64>,
    keys: RandomState,
    /// How much was known when they were looked at.
    known: usize,
}

impl Clean {
    fn hash(&self, text: &str) -> u64 {
        self.keys.hash_one(text)
    }

    /// True when it was looked at, with what is known now.
    fn knows(&mut self, text: &str, known: usize) -> bool {
        if self.known != known || self.hashes.len() >= CLEAN {
            self.hashes.clear();
            self.known = known;
        }
        self.hashes.contains(&self.hash(text))
    }

    fn add(&mut self, text: &str) {
        self.hashes.insert(self.hash(text));
    }
}

/// What is never a secret: moments, words of ours, ids that others join on. The rest is looked at.
const PLAIN: &[&str] = &[
    "type",
    "time",
    "start_time",
    "from_time",
    "first",
    "last",
    "id",
    "boot",
    "kind",
    "rule",
    "class",
    "severity",
    "stage",
    "health",
    "topic",
    "mitre",
    "incident",
    "runtime",
    "caps",
    "direction",
    "protocol",
    "mode",
    "image",
    "containers",
];

impl Redactor {
    /// Replaces in `value`, an object as docs/JSON.md has them, what it should not tell. The arguments of a command line
    /// are looked at together.
    pub fn json(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if self.clean.knows(text, self.known.len()) {
                    return;
                }
                let told = self.text(text);
                if told == *text {
                    self.clean.add(text);
                } else {
                    *text = told;
                }
            }
            Value::Array(all) => all.iter_mut().for_each(|one| self.json(one)),
            Value::Object(fields) => {
                for (name, value) in fields.iter_mut() {
                    match value {
                        _ if PLAIN.contains(&name.as_str()) => {}
                        Value::Array(words) if name == "argv" => self.words(words),
                        value => self.json(value),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn words(&mut self, words: &mut [Value]) {
        let all: Vec<&str> = words.iter().map(|word| word.as_str().unwrap_or_default()).collect();
        let joined = all.join("\0");
        if self.clean.knows(&joined, self.known.len()) {
            return;
        }
        let told = self.argv(all.iter().copied());
        if told == all {
            self.clean.add(&joined);
            return;
        }
        for (word, told) in words.iter_mut().zip(told) {
            *word = Value::String(told);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_all_else_stays() {
        let mut redactor = Redactor::of_secrets([7; 32]);
        redactor.learn_argv(["curl", "--password", "hunter2x"]);
        let line = r#"{"type":"event","time":"2026-11-23T07:21:31.339191340Z","process":{"exe":"/usr/bin/curl","argv":["curl","--password","hunter2x","192.0.2.7"],"cwd":"/home/somebody"},"endpoint":{"remote":"192.0.2.7:443"},"act":{"text":"wrote hunter2x"}}"#;
        let Ok(mut value) = serde_json::from_str(line) else { panic!("{line}") };
        redactor.json(&mut value);
        let told = value.to_string();
        assert!(!told.contains("hunter2x"), "{told}");
        let secret = told.split('"').find(|part| part.starts_with("secret-")).unwrap_or_default().to_owned();
        assert_eq!(told.replace(&secret, "hunter2x"), line, "in the same order, and nothing else was touched");
    }

    #[test]
    fn what_was_clean_once_is_looked_at_again_when_more_is_known() {
        let mut redactor = Redactor::of_secrets([7; 32]);
        let line = || serde_json::json!({"text": "hunter2x", "argv": ["echo", "hunter2x"]});
        for _ in 0..2 {
            let mut value = line();
            redactor.json(&mut value);
            assert_eq!(value, line());
        }
        redactor.learn_argv(["curl", "--password", "hunter2x"]);
        let mut value = line();
        redactor.json(&mut value);
        assert!(!value.to_string().contains("hunter2x"), "{value}");
    }
}
