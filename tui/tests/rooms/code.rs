//! Rust source, read far enough to see which rooms, crates and parts of std it names.

use std::collections::BTreeSet;
use std::path::Path;

use super::lexer::{Token, is_word, tokens};

/// A file of the program.
pub(crate) struct Module {
    /// Below tui/src.
    pub(crate) file: String,
    /// The path of the module in the crate; the first is its room, empty for lib.rs and main.rs.
    pub(crate) path: Vec<String>,
    /// Paths of the modules that it declares for tests only.
    pub(crate) test_modules: Vec<Vec<String>>,
    /// Lines of code and comments, without the unit tests at its end.
    pub(crate) lines: usize,
    tokens: Vec<Token>,
}

/// A name in the source.
#[derive(PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) line: usize,
    pub(crate) to: String,
}

impl Module {
    /// Reads `code`, the content of `file` below tui/src.
    pub(crate) fn read(file: &Path, code: &str) -> Module {
        let mut path: Vec<String> =
            file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if path.last().is_some_and(|last| ["lib", "main", "mod"].contains(&last.as_str())) {
            path.pop();
        }
        let (tokens, tests) = without_tests(tokens(code));
        let test_modules = tests.into_iter().map(|name| [path.clone(), vec![name]].concat()).collect();
        let lines = code.split("#[cfg(test)]\nmod tests {").next().map_or(0, |code| code.lines().count());
        Module { file: file.display().to_string(), path, test_modules, lines, tokens }
    }

    /// The rooms and the dependencies that it names.
    pub(crate) fn references(&self, dependencies: &BTreeSet<String>) -> Vec<Reference> {
        let mut found = Vec::new();
        let mut inner = Inner::default();
        let mut at = 0;
        while at < self.tokens.len() {
            inner.pass(&self.tokens, at);
            let text = self.text(at);
            if text == "crate" && self.text(at + 1) == "::" {
                found.extend(self.heads(at + 2));
            } else if text == "super" && self.text(at + 1) == "::" {
                let mut up = 1;
                while self.text(at + 2) == "super" && self.text(at + 3) == "::" {
                    (at, up) = (at + 2, up + 1);
                }
                if up >= self.path.len() + inner.depth() {
                    found.extend(self.heads(at + 2));
                }
            } else if dependencies.contains(text) && self.is_crate(at) {
                found.push(Reference { line: self.tokens[at].line, to: text.to_owned() });
            }
            at += 1;
        }
        found
    }

    /// Parts of std, and names wherever they come from.
    pub(crate) fn names(&self, std: &[&str], anywhere: &[&str]) -> Vec<Reference> {
        let mut found = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            if token.text == "std" && self.text(at + 1) == "::" {
                let parts = self.heads(at + 2).into_iter().filter(|head| std.contains(&head.to.as_str()));
                found.extend(parts.map(|part| Reference { to: format!("std::{}", part.to), ..part }));
            } else if anywhere.contains(&token.text.as_str()) {
                found.push(Reference { line: token.line, to: token.text.clone() });
            }
        }
        found
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }

    /// Whether the name of a dependency at `at` means it: at the head of a path or of a `use`.
    fn is_crate(&self, at: usize) -> bool {
        let before = |back| at.checked_sub(back).map_or("", |at| self.text(at));
        let heads = before(1) != "." && (before(1) != "::" || !is_word(before(2)) || before(2) == "use");
        heads && (self.text(at + 1) == "::" || before(1) == "use")
    }

    /// The name at `at`, or the first name of each path of the group that opens there.
    fn heads(&self, at: usize) -> Vec<Reference> {
        let head = |at: usize| Reference { line: self.tokens[at].line, to: self.text(at).to_owned() };
        if self.text(at) != "{" {
            return if is_word(self.text(at)) { vec![head(at)] } else { Vec::new() };
        }
        let (mut found, mut depth, mut at) = (Vec::new(), 0, at);
        loop {
            let opens = matches!(self.text(at), "{" | ",");
            match self.text(at) {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 || at >= self.tokens.len() {
                return found;
            }
            if depth == 1 && opens && is_word(self.text(at + 1)) {
                found.push(head(at + 1));
            }
            at += 1;
        }
    }
}

/// The inline modules around a place.
#[derive(Default)]
struct Inner {
    braces: usize,
    /// The number of braces around the body of each.
    open: Vec<usize>,
}

impl Inner {
    fn pass(&mut self, tokens: &[Token], at: usize) {
        match tokens[at].text.as_str() {
            "{" => {
                self.braces += 1;
                if at >= 2 && tokens[at - 2].text == "mod" {
                    self.open.push(self.braces);
                }
            }
            "}" => {
                if self.open.last() == Some(&self.braces) {
                    self.open.pop();
                }
                self.braces = self.braces.saturating_sub(1);
            }
            _ => {}
        }
    }

    fn depth(&self) -> usize {
        self.open.len()
    }
}

/// Takes out each item under `#[cfg(test)]`; and the names of the modules in other files among them.
fn without_tests(tokens: Vec<Token>) -> (Vec<Token>, Vec<String>) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut modules) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].iter().map(|token| token.text.as_str()).take(7).eq(MARK) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let start = at + 7;
        at = end_of_item(&tokens, start);
        let item = &tokens[start.min(at)..at];
        if let [.., word, name, end] = item
            && word.text == "mod"
            && end.text == ";"
        {
            modules.push(name.text.clone());
        }
    }
    (kept, modules)
}

/// Past the item at `at`: its `;`, or the brace that closes its body. Attributes before it are part of it.
fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    let (mut depth, mut is_use) = (0_usize, false);
    while at < tokens.len() {
        match tokens[at].text.as_str() {
            "use" if depth == 0 => is_use = true,
            "{" | "(" | "[" => depth += 1,
            closing @ ("}" | ")" | "]") => {
                // The item was the last in something.
                let Some(outer) = depth.checked_sub(1) else { return at };
                depth = outer;
                if depth == 0 && closing == "}" && !is_use {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}
