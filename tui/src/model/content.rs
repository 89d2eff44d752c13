//! What is in the files that processes run.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::Text;

/// Begins [`Content::tag`]. No path begins like it.
pub const TAG: &str = "sha256:";

/// SHA-256 of something. Written as 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// Of 64 hexadecimal digits, of either case; `None` of anything else.
    pub fn parse(text: &str) -> Option<Sha256> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Sha256(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Content {
    /// What stands for it where paths are looked for: `sha256:` and its digits.
    pub fn tag(&self) -> String {
        format!("{TAG}{}", self.sha256)
    }
}

/// The content of the file that a process runs, as it was when that was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The path of the program.
    pub exe: Text,
    /// What is in it.
    pub sha256: Sha256,
    /// Its length in bytes.
    pub size: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_nothing_else() {
        let digest = Sha256(std::array::from_fn(|at| (at * 7) as u8));
        let text = digest.to_string();
        assert_eq!(text.len(), 64);
        assert_eq!(Sha256::parse(&text), Some(digest));
        assert_eq!(Sha256::parse(&text.to_uppercase()), Some(digest));
        for bad in ["", "00", &text[1..], &format!("{}g", &text[1..]), &format!("{}+1", &text[2..]), &"ü".repeat(32)] {
            assert_eq!(Sha256::parse(bad), None, "{bad}");
        }
    }
}
