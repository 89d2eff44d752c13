//! A line of JSON without what it should not tell.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
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
    "sha256",
];

impl Redactor {
    /// Replaces in a line, an object as docs/JSON.md has them, what it should not tell; its fields stay in their order. The
    /// arguments of a command line are looked at together.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn json(&mut self, line: &[u8]) -> serde_json::Result<String> {
        let mut value: Json = serde_json::from_slice(line)?;
        self.value(&mut value);
        serde_json::to_string(&value)
    }

    fn value(&mut self, value: &mut Json) {
        match value {
            Json::Text(text) => {
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
            Json::List(all) => all.iter_mut().for_each(|one| self.value(one)),
            Json::Fields(fields) => {
                for (name, value) in fields {
                    match value {
                        _ if PLAIN.contains(&name.as_str()) => {}
                        Json::List(words) if name == "argv" => self.words(words),
                        value => self.value(value),
                    }
                }
            }
            Json::Plain(_) => {}
        }
    }

    fn words(&mut self, words: &mut [Json]) {
        let text = |word: &Json| match word {
            Json::Text(text) => text.clone(),
            _ => String::new(),
        };
        let all: Vec<String> = words.iter().map(text).collect();
        let joined = all.join("\0");
        if self.clean.knows(&joined, self.known.len()) {
            return;
        }
        let told = self.argv(all.iter().map(String::as_str));
        if told == all {
            self.clean.add(&joined);
            return;
        }
        for (word, told) in words.iter_mut().zip(told) {
            *word = Json::Text(told);
        }
    }
}

/// A value whose fields stay in their order: those of `serde_json` are sorted, and must stay so, as what recordings hold
/// rests on that.
enum Json {
    /// Nothing, true, false, a number.
    Plain(Value),
    Text(String),
    List(Vec<Json>),
    Fields(Vec<(String, Json)>),
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Plain(value) => value.serialize(serializer),
            Json::Text(text) => serializer.serialize_str(text),
            Json::List(all) => serializer.collect_seq(all),
            Json::Fields(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name, value))),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Plain(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Plain(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Plain(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Plain(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = list.next_element()? {
            all.push(one);
        }
        Ok(Json::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Json::Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(redactor: &mut Redactor, line: &str) -> String {
        redactor.json(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    #[test]
    fn secrets_go_and_all_else_stays() {
        let mut redactor = Redactor::of_secrets([7; 32]);
        redactor.learn_argv(["curl", "--password", "hunter2x"]);
        let line = r#"{"type":"event","time":"2026-11-23T07:21:31.339191340Z","process":{"exe":"/usr/bin/curl","argv":["curl","--password","hunter2x","192.0.2.7"],"cwd":"/home/somebody"},"endpoint":{"remote":"192.0.2.7:443","error":null},"act":{"text":"wrote hunter2x","n":[1,-2,0.5,true]}}"#;
        let told = told(&mut redactor, line);
        assert!(!told.contains("hunter2x"), "{told}");
        let secret = told.split('"').find(|part| part.starts_with("secret-")).unwrap_or_default().to_owned();
        assert_eq!(told.replace(&secret, "hunter2x"), line, "in the same order, and nothing else was touched");
    }

    #[test]
    fn what_was_clean_once_is_looked_at_again_when_more_is_known() {
        let mut redactor = Redactor::of_secrets([7; 32]);
        let line = r#"{"text":"hunter2x","argv":["echo","hunter2x"]}"#;
        for _ in 0..2 {
            assert_eq!(told(&mut redactor, line), line);
        }
        redactor.learn_argv(["curl", "--password", "hunter2x"]);
        let told = told(&mut redactor, line);
        assert!(!told.contains("hunter2x"), "{told}");
    }
}
