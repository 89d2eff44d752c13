//! A YAML document, line by line, with a comment for each line that somebody may ask about.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

/// Columns after which a comment goes on in the next line.
const WIDE: usize = 110;

/// A document that is being written. Values are always quoted, so that none is taken for something else (`no`, `1.10`).
#[derive(Debug, Default)]
pub(super) struct Yaml {
    text: String,
    depth: usize,
    /// The next line begins an item of a list.
    item: bool,
}

impl Yaml {
    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// `# …` before the next line, in as many lines as it takes.
    pub(super) fn comment(&mut self, said: &str) {
        let indent = "  ".repeat(self.depth);
        let mut line = String::new();
        for word in visible(said).split(' ') {
            if !line.is_empty() && indent.len() + line.len() + word.len() > WIDE {
                let _ = writeln!(self.text, "{indent}# {line}");
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        let _ = writeln!(self.text, "{indent}# {line}");
    }

    /// `key: "value"`.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.line(&format!("{}: {}", name(key), quoted(value)));
    }

    /// `key: value`, of what is a word, a number or a flag by itself.
    pub(super) fn word(&mut self, key: &str, value: impl std::fmt::Display) {
        self.line(&format!("{}: {value}", name(key)));
    }

    /// `key:`, and below it what `inner` writes.
    pub(super) fn map(&mut self, key: &str, inner: impl FnOnce(&mut Yaml)) {
        self.line(&format!("{}:", name(key)));
        self.deeper(inner);
    }

    /// `- …`: an item of a list, whose first line `inner` writes.
    pub(super) fn item(&mut self, inner: impl FnOnce(&mut Yaml)) {
        self.item = true;
        self.deeper(inner);
        self.item = false;
    }

    /// `- "value"`.
    pub(super) fn entry(&mut self, value: &str) {
        let _ = writeln!(self.text, "{}- {}", "  ".repeat(self.depth), quoted(value));
    }

    /// `- "value"  # why`.
    pub(super) fn entry_because(&mut self, value: &str, why: &str) {
        let _ = writeln!(self.text, "{}- {} # {}", "  ".repeat(self.depth), quoted(value), visible(why));
    }

    /// `key: |`, and below it the text as it is; it must hold no control characters but ends of lines.
    pub(super) fn block(&mut self, key: &str, value: &str) {
        self.line(&format!("{}: >-", name(key)));
        let indent = "  ".repeat(self.depth + 1);
        for line in value.lines() {
            let _ = writeln!(self.text, "{indent}{}", line.trim());
        }
    }

    fn deeper(&mut self, inner: impl FnOnce(&mut Yaml)) {
        self.depth += 1;
        inner(self);
        self.depth -= 1;
    }

    fn line(&mut self, text: &str) {
        let mut indent = "  ".repeat(self.depth);
        if std::mem::take(&mut self.item) {
            indent.truncate(indent.len() - 2);
            indent.push_str("- ");
        }
        let _ = writeln!(self.text, "{indent}{text}");
    }
}

/// A key: as it is where YAML takes it for nothing else.
fn name(key: &str) -> String {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.'));
    let word = key.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    match plain && word && !matches!(key, "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null") {
        true => key.to_owned(),
        false => quoted(key),
    }
}

/// A text in double quotes (YAML 1.2, 7.3.1); what is not printable there is escaped.
pub(super) fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if printable(c) => out.push(c),
            c => {
                let _ = write!(out, "\\U{:08x}", c as u32);
            }
        }
    }
    out.push('"');
    out
}

/// A text for a comment: in one line, and nothing in it that cannot be seen.
fn visible(said: &str) -> String {
    said.chars().fold(String::new(), |mut out, c| {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if printable(c) => out.push(c),
            c => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
        }
        out
    })
}

/// What YAML takes as it is, without the signs by which a text runs backwards or ends a line elsewhere.
fn printable(c: char) -> bool {
    let ends = matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !ends && !turns
}
