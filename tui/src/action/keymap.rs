//! The table that joins keys to actions: a key, or a few of them one after the other.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::{ALL, Action, BadKey, Key, by_name};

/// Most keys that are pressed one after the other for one action.
const LONGEST: usize = 3;

/// What is pressed for an action: one key, or a few one after the other, written with spaces between: `g p`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(Vec<Key>);

impl Keys {
    pub(super) fn of(keys: Vec<Key>) -> Keys {
        Keys(keys)
    }
}

impl FromStr for Keys {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Keys, BadKey> {
        let keys = text.split_whitespace().map(str::parse).collect::<Result<Vec<Key>, BadKey>>()?;
        if keys.is_empty() || keys.len() > LONGEST { Err(BadKey::of(text)) } else { Ok(Keys(keys)) }
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<String> = self.0.iter().map(Key::to_string).collect();
        f.write_str(&keys.join(" "))
    }
}

/// Which keys do what.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<(Keys, &'static Action)>,
}

/// What the keys that were pressed so far mean.
#[derive(Debug)]
pub enum Meaning {
    /// An action.
    Does(&'static Action),
    /// It begins something: the keys that may come next, each with the action that it does or leads to.
    Begins(Vec<(String, &'static Action)>),
    /// Nothing.
    Nothing,
}

/// A binding that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBinding {
    /// No action has that name.
    #[error("no action is called `{name}`{}", suggested(name))]
    Action {
        /// The name.
        name: String,
    },
    /// The key is none.
    #[error(transparent)]
    Key(#[from] BadKey),
}

fn suggested(name: &str) -> String {
    let distance = |action: &&&Action| strsim::damerau_levenshtein(action.name, name);
    match ALL.iter().min_by_key(distance).filter(|action| distance(action) <= 2) {
        Some(near) => format!("; did you mean `{}`?", near.name),
        None => format!("; there are: {}", ALL.iter().map(|action| action.name).collect::<Vec<_>>().join(", ")),
    }
}

impl PartialEq for Keymap {
    fn eq(&self, other: &Keymap) -> bool {
        let plain = |keymap: &Keymap| -> BTreeSet<(String, &'static str)> {
            keymap.bindings.iter().map(|(keys, action)| (keys.to_string(), action.name)).collect()
        };
        plain(self) == plain(other)
    }
}

impl Default for Keymap {
    fn default() -> Keymap {
        let mut keymap = Keymap { bindings: Vec::new() };
        for action in ALL {
            // A test holds that every default key can be read.
            keymap.bindings.extend(action.keys.iter().filter_map(|keys| Some((keys.parse().ok()?, *action))));
        }
        keymap
    }
}

impl Keymap {
    /// Gives an action these keys and no others. What another action had is taken from it, and so is what could not be
    /// pressed any more: all that begins with the same keys.
    ///
    /// # Errors
    /// When there is no such action, or something names no key; the table is as it was then.
    pub fn bind(&mut self, action: &str, keys: &[&str]) -> Result<(), BadBinding> {
        let action = by_name(action).ok_or_else(|| BadBinding::Action { name: action.to_owned() })?;
        let keys = keys.iter().map(|keys| keys.parse()).collect::<Result<Vec<Keys>, BadKey>>()?;
        let clash = |old: &Keys| keys.iter().any(|new| old.0.starts_with(&new.0) || new.0.starts_with(&old.0));
        self.bindings.retain(|(old, bound)| bound.name != action.name && !clash(old));
        self.bindings.extend(keys.into_iter().map(|keys| (keys, action)));
        Ok(())
    }

    /// What keys mean that were pressed one after the other.
    pub fn meaning(&self, pressed: &[Key]) -> Meaning {
        let mut next: Vec<(String, &'static Action)> = Vec::new();
        for (Keys(keys), action) in &self.bindings {
            if keys == pressed {
                return Meaning::Does(action);
            }
            if let Some([key, ..]) = keys.strip_prefix(pressed) {
                let key = key.to_string();
                if !next.iter().any(|(known, _)| *known == key) {
                    next.push((key, action));
                }
            }
        }
        if next.is_empty() { Meaning::Nothing } else { Meaning::Begins(next) }
    }

    /// What a single key does.
    pub fn get(&self, key: Key) -> Option<&'static Action> {
        match self.meaning(&[key]) {
            Meaning::Does(action) => Some(action),
            Meaning::Begins(_) | Meaning::Nothing => None,
        }
    }

    /// The keys of an action.
    pub fn keys_of(&self, action: &Action) -> impl Iterator<Item = &Keys> {
        self.bindings.iter().filter(move |(_, bound)| bound.name == action.name).map(|(keys, _)| keys)
    }
}
