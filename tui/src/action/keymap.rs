//! The table that joins keys to actions.

use super::{ALL, Action, BadKey, Key, by_name};

/// Which key does what.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<(Key, &'static Action)>,
}

/// A binding that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBinding {
    /// No action has that name.
    #[error("no action is called `{name}`; there are: {}", ALL.iter().map(|action| action.name).collect::<Vec<_>>().join(", "))]
    Action {
        /// The name.
        name: String,
    },
    /// The key is none.
    #[error(transparent)]
    Key(#[from] BadKey),
}

impl Default for Keymap {
    fn default() -> Keymap {
        let mut keymap = Keymap { bindings: Vec::new() };
        for action in ALL {
            // A test holds that every default key can be read.
            keymap.bindings.extend(action.keys.iter().filter_map(|key| Some((key.parse().ok()?, *action))));
        }
        keymap
    }
}

impl Keymap {
    /// Gives an action these keys and no others; a key that another action had is taken from it.
    pub fn bind(&mut self, action: &str, keys: &[&str]) -> Result<(), BadBinding> {
        let action = by_name(action).ok_or_else(|| BadBinding::Action { name: action.to_owned() })?;
        let keys = keys.iter().map(|key| key.parse()).collect::<Result<Vec<Key>, BadKey>>()?;
        self.bindings.retain(|(key, bound)| bound.name != action.name && !keys.contains(key));
        self.bindings.extend(keys.into_iter().map(|key| (key, action)));
        Ok(())
    }

    /// What a key does.
    pub fn get(&self, key: Key) -> Option<&'static Action> {
        self.bindings.iter().find(|(bound, _)| *bound == key).map(|(_, action)| *action)
    }

    /// The keys of an action.
    pub fn keys_of(&self, action: &Action) -> impl Iterator<Item = Key> {
        self.bindings.iter().filter(move |(_, bound)| bound.name == action.name).map(|(key, _)| *key)
    }
}
