//! The words and signs of Rust source.

#[derive(Clone)]
pub(super) struct Token {
    pub(super) line: usize,
    /// A word, `::`, or one other character.
    pub(super) text: String,
}

/// The words and signs of `code`, without comments and without what stands in texts.
pub(super) fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (code, 1);
    while let Some(first) = rest.chars().next() {
        let space = blank(rest);
        let length = if space > 0 {
            space
        } else if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (text, after) = rest.split_at(length);
        if space == 0 {
            tokens.push(Token { line, text: text.to_owned() });
        }
        line += text.matches('\n').count();
        rest = after;
    }
    tokens
}

/// The length of the space, comment, text or character that `rest` begins with; 0 for anything else.
fn blank(rest: &str) -> usize {
    let spaces = rest.len() - rest.trim_start().len();
    if spaces > 0 {
        return spaces;
    }
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return comment(rest);
    }
    for prefix in ["br", "cr", "r", "b", "c", ""] {
        let Some(after) = rest.strip_prefix(prefix) else { continue };
        let raw = prefix.ends_with('r');
        let quote = if raw { after.trim_start_matches('#') } else { after };
        if quote.starts_with('"') {
            return prefix.len() + text(after, raw);
        }
    }
    character(rest.strip_prefix('b').filter(|rest| rest.starts_with('\'')).unwrap_or(rest))
}

/// A block comment; they nest.
fn comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let step = match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// A text from its first quote or `#` on.
fn text(rest: &str, raw: bool) -> usize {
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    if raw {
        let end = format!("\"{}", "#".repeat(hashes));
        return rest[hashes + 1..].find(&end).map_or(rest.len(), |at| hashes + 1 + at + end.len());
    }
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character like `'a'` or `'\n'`; a lifetime is none.
fn character(rest: &str) -> usize {
    let Some(inner) = rest.strip_prefix('\'') else { return 0 };
    if let Some(escape) = inner.strip_prefix('\\') {
        // The first character after the backslash may be a quote itself.
        return escape.get(1..).and_then(|after| after.find('\'')).map_or(0, |at| at + 4);
    }
    match inner.chars().next() {
        Some(c) if inner[c.len_utf8()..].starts_with('\'') => c.len_utf8() + 2,
        _ => 0,
    }
}

pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}
