//! Bytes that some process wrote: kept whole, and escaped in one unambiguous way wherever they leave.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes from the kernel or from a process: an argument, a path, a name. Not promised to be UTF-8.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Arc<[u8]>);

impl Text {
    /// The bytes as they were seen.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// True when there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes as a Unicode string from which they can be told again.
    ///
    /// Valid UTF-8 stands as it is. A byte that is not UTF-8 becomes `\xHH` (two lower-case hex digits).
    /// Where the original itself holds a backslash followed by `x` and two hex digits, that backslash becomes
    /// `\x5c`, so that every `\xHH` in the result stands for exactly one byte.
    pub fn lossless(&self) -> String {
        lossless(&self.0)
    }

    /// The bytes of which [`Text::lossless`] made `text`.
    pub fn from_lossless(text: &str) -> Text {
        let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text);
        while let Some(at) = rest.find("\\x") {
            let byte = rest.get(at + 2..at + 4).filter(|hex| hex.bytes().all(|it| it.is_ascii_hexdigit()));
            let byte = byte.and_then(|hex| u8::from_str_radix(hex, 16).ok());
            bytes.extend_from_slice(&rest.as_bytes()[..at]);
            match byte {
                Some(byte) => bytes.push(byte),
                None => bytes.extend_from_slice(b"\\x"),
            }
            rest = &rest[at + if byte.is_some() { 4 } else { 2 }..];
        }
        bytes.extend_from_slice(rest.as_bytes());
        Text::from(bytes)
    }

    /// The last component of a path; the whole text when there is no `/`.
    pub fn file_name(&self) -> Text {
        match self.0.iter().rposition(|&b| b == b'/') {
            Some(at) if at + 1 < self.0.len() => Text::from(&self.0[at + 1..]),
            _ => self.clone(),
        }
    }
}

/// What [`Text::lossless`] promises, of any bytes.
pub(super) fn lossless(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        push_valid(&mut out, chunk.valid());
        for byte in chunk.invalid() {
            push_byte(&mut out, *byte);
        }
    }
    out
}

fn push_valid(out: &mut String, valid: &str) {
    let bytes = valid.as_bytes();
    for (at, c) in valid.char_indices() {
        let ambiguous = c == '\\'
            && bytes.get(at + 1) == Some(&b'x')
            && bytes.get(at + 2).is_some_and(u8::is_ascii_hexdigit)
            && bytes.get(at + 3).is_some_and(u8::is_ascii_hexdigit);
        if ambiguous {
            push_byte(out, b'\\');
        } else {
            out.push(c);
        }
    }
}

fn push_byte(out: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\\x{byte:02x}");
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Text, D::Error> {
        from.deserialize_bytes(Bytes)
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text, E> {
        Ok(Text::from(bytes))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.lossless())
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Default for Text {
    fn default() -> Self {
        Text(Arc::from(&[][..]))
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        Text(Arc::from(bytes))
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Text(Arc::from(bytes))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(Arc::from(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stands_as_it_is() {
        assert_eq!(Text::from("sed -e s/\\n/ü/").lossless(), "sed -e s/\\n/ü/");
    }

    #[test]
    fn a_byte_that_is_not_utf8_is_escaped() {
        assert_eq!(Text::from(&b"a\xffb\xc3"[..]).lossless(), "a\\xffb\\xc3");
    }

    #[test]
    fn an_escape_written_by_hand_is_told_from_a_byte() {
        assert_eq!(Text::from("\\xff").lossless(), "\\x5cxff");
        assert_ne!(Text::from("\\xff").lossless(), Text::from(&b"\xff"[..]).lossless());
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_without_loss_is_read_again(bytes in proptest::collection::vec(0_u8..=255, 0..40), text in "[\\\\x0-9a-f]{0,12}") {
            for bytes in [bytes, text.into_bytes()] {
                let text = Text::from(bytes);
                proptest::prop_assert_eq!(&Text::from_lossless(&text.lossless()), &text);
            }
        }
    }
}
