//! The keys that things are done by, as they are bound, wherever the screen names one.

use super::App;

impl App {
    /// The key that is bound to an action; of several the first, and one alone before some one after the other.
    pub fn key_of(&self, action: &str) -> Option<&str> {
        let line = self.settings.help.iter().find(|line| line.name == action)?;
        let bound = || line.keys.split("  ").filter(|keys| !keys.is_empty());
        bound().find(|keys| !keys.contains(' ')).or_else(|| bound().next())
    }

    /// Text of ours in which `[ACTION]` becomes the key of the action, or its name, by which the palette finds it, where
    /// it has none.
    pub fn with_keys(&self, text: &'static str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('[') {
            out.push_str(before);
            let Some((action, after)) = after.split_once(']') else {
                out.push('[');
                rest = after;
                continue;
            };
            out.push_str(self.key_of(action).unwrap_or(action));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// As [`App::tell`], with keys as in [`App::with_keys`].
    pub(super) fn hint(&mut self, text: &'static str) {
        self.tell(self.with_keys(text));
    }
}
