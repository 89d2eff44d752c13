//! The arguments of an exec, in one piece of memory: thousands of one-byte arguments cost no more than their bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::{Text, lossless};

/// A list of arguments, `argv[0]` first.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Args {
    /// Each ended by a NUL.
    bytes: Text,
}

/// One argument.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arg<'a>(&'a [u8]);

impl Args {
    /// The arguments as the kernel keeps them: each ended by a NUL, but for the last where it was cut.
    pub fn from_kernel(bytes: &[u8]) -> Args {
        if bytes.is_empty() || bytes.ends_with(b"\0") {
            return Args { bytes: Text::from(bytes) };
        }
        Args { bytes: Text::from([bytes, b"\0"].concat()) }
    }

    /// Each argument, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Arg<'_>> + Clone {
        let bytes = self.bytes.bytes();
        let count = usize::from(!bytes.is_empty());
        // Without arguments there is nothing; otherwise what follows the last NUL is no argument.
        let whole = bytes.strip_suffix(b"\0").unwrap_or(bytes);
        (0..count).flat_map(move |_| whole.split(|&byte| byte == 0)).map(Arg)
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes of all of them.
    pub fn size(&self) -> usize {
        self.bytes.bytes().len()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.bytes.bytes().iter().filter(|&&byte| byte == 0).count()
    }

    /// `argv[0]`.
    pub fn first(&self) -> Option<Arg<'_>> {
        self.iter().next()
    }

    /// `argv[at]`.
    pub fn get(&self, at: usize) -> Option<Arg<'_>> {
        self.iter().nth(at)
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for Args {
    fn from_iter<I: IntoIterator<Item = T>>(args: I) -> Args {
        let mut bytes = Vec::new();
        for arg in args {
            // An argument ends at its first NUL, in the kernel as well.
            bytes.extend(arg.as_ref().split(|&byte| byte == 0).next().unwrap_or_default());
            bytes.push(0);
        }
        Args { bytes: Text::from(bytes) }
    }
}

impl fmt::Debug for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> Arg<'a> {
    /// The bytes as they were seen.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// True when there are no bytes.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Any bytes, to be handled as an argument is.
    pub fn of(bytes: &'a [u8]) -> Arg<'a> {
        Arg(bytes)
    }

    /// As [`Text::lossless`].
    pub fn lossless(self) -> String {
        lossless(self.0)
    }

    /// The last component of a path; the whole where there is no `/`.
    pub fn file_name(self) -> Arg<'a> {
        match self.0.iter().rposition(|&byte| byte == b'/') {
            Some(at) if at + 1 < self.0.len() => Arg(&self.0[at + 1..]),
            _ => self,
        }
    }
}

impl fmt::Debug for Arg<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.lossless())
    }
}

impl<'a> From<&'a Text> for Arg<'a> {
    fn from(text: &'a Text) -> Arg<'a> {
        Arg(text.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(args: &Args) -> Vec<&[u8]> {
        args.iter().map(Arg::bytes).collect()
    }

    #[test]
    fn an_empty_argument_is_one() {
        assert_eq!(list(&Args::from_kernel(b"a\0\0b\0")), [&b"a"[..], b"", b"b"]);
        assert_eq!(list(&Args::from_kernel(b"\0")), [&b""[..]]);
        assert_eq!(list(&Args::from_kernel(b"")), [&b""[..]; 0]);
        assert_eq!(list(&Args::from_kernel(b"cut in the mid")), [&b"cut in the mid"[..]]);
        assert_eq!(
            (Args::from_kernel(b"a\0\0b\0").len(), Args::from_kernel(b"\0").len(), Args::default().len()),
            (3, 1, 0)
        );
    }

    #[test]
    fn what_is_collected_comes_out_again() {
        let args: Args = ["sh", "", "-c"].into_iter().collect();
        assert_eq!(list(&args), [&b"sh"[..], b"", b"-c"]);
        assert_eq!((args.first().map(Arg::bytes), args.get(2).map(Arg::bytes)), (Some(&b"sh"[..]), Some(&b"-c"[..])));
        assert_eq!(args.get(3), None);
    }

    #[test]
    fn thousands_of_small_arguments_cost_their_bytes() {
        let args = Args::from_kernel(&b"x\0".repeat(8_000));
        assert_eq!((args.len(), args.bytes.bytes().len()), (8_000, 16_000));
    }
}
