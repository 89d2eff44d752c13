//! A line of JSON without what it should not tell.

use serde_json::Value;

use super::Redactor;

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
                let told = self.text(text);
                if told != *text {
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
        let told = self.argv(words.iter().map(|word| word.as_str().unwrap_or_default()));
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
}
