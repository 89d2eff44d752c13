//! The one way in which text that others wrote becomes something that may stand on the screen.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthChar;

/// Text that is safe to draw: every character is visible and takes one or two cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Cells that it takes.
    pub fn width(&self) -> usize {
        self.0.chars().map(cells).sum()
    }

    /// Cuts it to `width` cells; what was cut ends in `…`.
    pub fn fit(self, width: usize) -> Shown {
        if self.width() <= width {
            return self;
        }
        let mut out = String::new();
        let mut left = width.saturating_sub(1);
        for c in self.0.chars() {
            if cells(c) > left {
                break;
            }
            left -= cells(c);
            out.push(c);
        }
        if width > 0 {
            out.push('…');
        }
        Shown(out)
    }

    /// Breaks it into lines of at most `width` cells (at least 2, so that a wide character fits), after a space
    /// where one is near. Joined again, the lines are the text.
    pub fn wrap(&self, width: usize) -> Vec<Shown> {
        let width = width.max(2);
        let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
        for c in self.0.chars() {
            if used + cells(c) > width {
                let near = line.rfind(' ').map(|at| at + 1).filter(|at| *at > line.len() / 2);
                let rest = line.split_off(near.unwrap_or(line.len()));
                lines.push(Shown(std::mem::replace(&mut line, rest)));
                used = line.chars().map(cells).sum();
            }
            used += cells(c);
            line.push(c);
        }
        lines.push(Shown(line));
        lines
    }
}

/// Makes every character of `text` visible.
///
/// C0, C1 and DEL become `\xHH` or `\u{HHHH}`; so do, as `\u{HHHH}`, characters that take no cell, turn the
/// direction of writing, break lines, look like nothing, join with their neighbours, or have no agreed width.
pub fn shown(text: &str) -> Shown {
    shown_within(text, usize::MAX)
}

/// As [`shown`], cut to `width` cells with `…`; reads no more of `text` than it needs.
pub fn shown_within(text: &str, width: usize) -> Shown {
    let mut out = String::with_capacity(text.len().min(width.saturating_mul(4)));
    let mut used = 0;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let before = out.len();
        push(&mut out, c, rest.as_str());
        used += out[before..].chars().map(cells).sum::<usize>();
        if used > width {
            return Shown(out).fit(width);
        }
    }
    Shown(out)
}

/// A word as a POSIX shell takes it back, byte for byte, and as it can be pasted: where a byte is not plainly visible it
/// is written out, in the `$'…'` of bash, zsh and POSIX 2024, so that no terminal or line editor acts on it.
pub(crate) fn shell_quoted(word: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(byte);
    // `name=value` in front of a command would be an assignment.
    let name = word.split(|byte| *byte == b'=').next().unwrap_or_default();
    let assigns = name.len() < word.len() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    if !word.is_empty() && !assigns && word.iter().all(plain) {
        return String::from_utf8_lossy(word).into_owned();
    }
    if let Ok(text) = std::str::from_utf8(word)
        && text.chars().all(|c| !unfit(c))
    {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let mut out = "$'".to_owned();
    for chunk in word.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' | '\'' => out.extend(['\\', c]),
                c if !unfit(c) => out.push(c),
                c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out.push_str(&octal(byte))),
            }
        }
        chunk.invalid().iter().for_each(|byte| out.push_str(&octal(*byte)));
    }
    out.push('\'');
    out
}

/// Three digits, always: whatever comes next is not taken for one of them.
fn octal(byte: u8) -> String {
    format!("\\{byte:03o}")
}

fn push(out: &mut String, c: char, rest: &str) {
    use std::fmt::Write as _;
    let written_by_hand = c == '\\' && rest.starts_with("u{");
    // Writing to a String cannot fail.
    let _ = match c {
        '\0'..='\x1f' | '\x7f' => write!(out, "\\x{:02x}", c as u32),
        _ if written_by_hand => write!(out, "\\x5c"),
        _ if unfit(c) => write!(out, "\\u{{{:x}}}", c as u32),
        _ => {
            out.push(c);
            Ok(())
        }
    };
}

/// Cells of a character that is fit to be shown.
fn cells(c: char) -> usize {
    c.width().unwrap_or(0)
}

fn unfit(c: char) -> bool {
    if (' '..='~').contains(&c) {
        return false;
    }
    !matches!(c.width(), Some(1 | 2)) || c.is_control() || c.is_whitespace() || format(c) || blank(c) || joins(c)
}

/// Format characters (Unicode category Cf) and separators.
fn format(c: char) -> bool {
    matches!(c as u32,
        0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890..=0x891 | 0x8e2 | 0x180b..=0x180f
        | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff0..=0xfffb
        | 0x110bd | 0x110cd | 0x13430..=0x1345f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

/// Characters that look like nothing, and those to which no glyph is assigned by the standard (private use).
fn blank(c: char) -> bool {
    matches!(c as u32,
        0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x2800 | 0x3164 | 0xffa0 | 0xe000..=0xf8ff | 0xf0000..=0x10ffff)
}

/// Characters that terminals join with a neighbour, each in its own way: flags, skin tones, variation selectors,
/// conjoining Hangul, and whatever makes one cluster with a letter before or after it (Unicode annex 29), like the vowel
/// signs of Indic scripts.
fn joins(c: char) -> bool {
    let among_its_own = matches!(c as u32,
        0x1100..=0x11ff | 0xa960..=0xa97c | 0xd7b0..=0xd7ff | 0xfe00..=0xfe0f
        | 0x1f1e6..=0x1f1ff | 0x1f3fb..=0x1f3ff);
    among_its_own || !c.is_ascii() && String::from_iter(['x', c, 'x']).graphemes(true).count() < 3
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Text;

    fn safe(text: &str) -> bool {
        text.chars().all(|c| !unfit(c))
    }

    #[test]
    fn what_could_move_the_cursor_or_turn_the_text_is_seen() {
        assert_eq!(shown("a\x1b[2Jb").as_str(), "a\\x1b[2Jb");
        assert_eq!(shown("\u{9b}2J\x7f\r\n\t").as_str(), "\\u{9b}2J\\x7f\\x0d\\x0a\\x09");
        assert_eq!(shown("gpj.\u{202e}exe").as_str(), "gpj.\\u{202e}exe");
        assert_eq!(shown("a\u{200b}b\u{2028}c\u{feff}").as_str(), "a\\u{200b}b\\u{2028}c\\u{feff}");
        assert_eq!(shown("e\u{301}").as_str(), "e\\u{301}");
        assert_eq!(shown("\u{1f468}\u{200d}\u{1f469}").as_str(), "\u{1f468}\\u{200d}\u{1f469}");
    }

    #[test]
    fn ordinary_text_of_any_script_stands_as_it_is() {
        for text in ["nginx: worker", "Grüße", "プロセス", "процесс", "C:\\users\\x", "→ ├ └ │ ▾ …"]
        {
            assert_eq!(shown(text).as_str(), text);
        }
    }

    #[test]
    fn an_escape_written_by_hand_is_told_from_a_character() {
        assert_ne!(shown("\\u{202e}"), shown("\u{202e}"));
        assert_ne!(shown(&Text::from("\\x1b").lossless()), shown(&Text::from("\x1b").lossless()));
    }

    #[test]
    fn what_is_cut_says_so_and_a_wide_character_is_never_halved() {
        assert_eq!(shown("abcdef").fit(4).as_str(), "abc…");
        assert_eq!(shown("日本語").fit(4).as_str(), "日…");
        assert_eq!(shown("abc").fit(0).as_str(), "");
        let wrapped = shown("SETPCAP NET_RAW x").wrap(12);
        assert_eq!(wrapped.iter().map(Shown::as_str).collect::<Vec<_>>(), ["SETPCAP ", "NET_RAW x"]);
        assert_eq!(shown("日本語").wrap(5).iter().map(Shown::as_str).collect::<Vec<_>>(), ["日本", "語"]);
    }

    #[test]
    fn a_word_can_be_pasted_and_looks_as_plain_as_it_is() {
        for (word, quoted) in [
            ("nginx", "nginx"),
            ("", "''"),
            ("daemon off;", "'daemon off;'"),
            ("it's", "'it'\\''s'"),
            ("日本", "'日本'"),
            ("a\nb", "$'a\\012b'"),
            ("\u{1b}]52;c;\u{7}1", "$'\\033]52;c;\\0071'"),
            ("x\u{202e}y", "$'x\\342\\200\\256y'"),
            ("$(id)", "'$(id)'"),
            ("~root", "'~root'"),
            ("-n", "-n"),
            ("--a=b", "--a=b"),
            ("PATH=/tmp", "'PATH=/tmp'"),
        ] {
            assert_eq!(shell_quoted(word.as_bytes()), quoted);
        }
    }

    /// What a shell makes of a word.
    fn taken(quoted: &str) -> Vec<u8> {
        let script = format!("printf %s {quoted}");
        let out = std::process::Command::new("bash").args(["-c", &script]).env("LC_ALL", "C").output();
        out.map(|out| out.stdout).unwrap_or_default()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn bash_takes_a_quoted_word_for_what_it_was(bytes in proptest::collection::vec(1u8.., 1..40), text: String) {
            for word in [bytes, text.replace('\0', "").into_bytes()] {
                let quoted = shell_quoted(&word);
                prop_assert!(quoted.chars().all(|c| !unfit(c)), "{}", quoted);
                let word_taken = taken(&format!("x{quoted}"));
                prop_assert_eq!(&word_taken[1..], &word[..], "{}", quoted);
            }
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_anything_but_visible_cells(bytes: Vec<u8>, text: String, width in 0usize..80) {
            for text in [Text::from(bytes).lossless(), text] {
                prop_assert!(safe(shown(&text).as_str()));
                let cut = shown_within(&text, width);
                prop_assert!(safe(cut.as_str()) && cut.width() <= width);
                for line in shown(&text).wrap(width) {
                    prop_assert!(line.width() <= width.max(2));
                }
            }
        }

        #[test]
        fn every_single_character_takes_one_or_two_cells(c: char) {
            let shown = shown(&c.to_string());
            prop_assert!(shown.as_str().chars().all(|c| matches!(c.width(), Some(1 | 2))));
        }
    }
}
