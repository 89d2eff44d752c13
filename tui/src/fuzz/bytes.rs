//! Bytes that a fuzzer gives, taken apart piece by piece; where they end, everything is nought.
#![cfg(any(test, fuzzing))]

/// What is left of them.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next byte.
    pub(crate) fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// A number of two bytes.
    pub(crate) fn short(&mut self) -> usize {
        usize::from(self.byte()) << 8 | usize::from(self.byte())
    }

    /// A number of eight bytes.
    pub(crate) fn long(&mut self) -> i64 {
        (0..8).fold(0, |number, _| number << 8 | i64::from(self.byte()))
    }

    /// As many as there are, at most `count`.
    pub(crate) fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// A piece with its length, of two bytes, before it.
    pub(crate) fn piece(&mut self) -> &'a [u8] {
        let count = self.short();
        self.take(count)
    }
}
