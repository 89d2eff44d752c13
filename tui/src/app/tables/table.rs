//! A table: rows that come and go while one of them stays marked, on the same line of the screen.

use super::super::moving::add;

/// A row, by what it stands for: the same whenever the table is made anew.
pub trait Row {
    /// What it stands for.
    type Key: Clone + PartialEq;

    /// What it stands for.
    fn key(&self) -> Self::Key;
}

/// Rows, the one that is marked, and how they are ordered.
#[derive(Clone, Debug)]
pub struct Table<R: Row> {
    /// The rows, from top to bottom.
    pub rows: Vec<R>,
    /// The first row on the screen.
    pub top: usize,
    /// The column that orders them.
    pub sort: usize,
    /// The other way round.
    pub reversed: bool,
    marked: Option<R::Key>,
    /// Where it was, should it be gone.
    line: usize,
}

impl<R: Row> Default for Table<R> {
    fn default() -> Self {
        Table { rows: Vec::new(), top: 0, sort: 0, reversed: false, marked: None, line: 0 }
    }
}

impl<R: Row> Table<R> {
    /// The place of the marked row; the first one where none was marked yet.
    pub fn cursor(&self) -> usize {
        let marked = self.marked.as_ref().and_then(|key| self.rows.iter().position(|row| row.key() == *key));
        marked.unwrap_or(self.line).min(self.rows.len().saturating_sub(1))
    }

    /// The marked row.
    pub fn marked(&self) -> Option<&R> {
        self.rows.get(self.cursor())
    }

    /// Marks a row by its place, and brings it into sight.
    pub(super) fn mark(&mut self, at: usize, height: usize) {
        self.line = at.min(self.rows.len().saturating_sub(1));
        self.marked = self.rows.get(self.line).map(Row::key);
        self.top = self.top.clamp((self.line + 1).saturating_sub(height.max(1)), self.line);
    }

    pub(super) fn step(&mut self, by: i64, height: usize) {
        let at = add(self.cursor(), by);
        self.mark(at, height);
    }

    pub(super) fn scroll(&mut self, by: i64, height: usize) {
        self.top = add(self.top, by).min(self.rows.len().saturating_sub(height));
    }

    /// Takes over new rows, in their order: the marked one stays marked, and where it was on the screen; out of sight, the
    /// first one on the screen stays the first.
    pub(super) fn adopt(&mut self, rows: Vec<R>, height: usize) {
        let line = self.cursor().checked_sub(self.top).filter(|line| *line < height && self.marked.is_some());
        let first = self.rows.get(self.top).filter(|_| self.top > 0).map(Row::key);
        self.rows = rows;
        let at = self.cursor();
        if self.marked.is_some() {
            // Who stands in for one that is gone stays, should that come back.
            self.marked = self.rows.get(at).map(Row::key).or_else(|| self.marked.take());
        }
        if let Some(line) = line {
            self.top = at.saturating_sub(line);
        } else if let Some(first) = first {
            self.top = self.rows.iter().position(|row| row.key() == first).unwrap_or(self.top);
        }
        self.line = at;
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Row for u32 {
        type Key = u32;

        fn key(&self) -> u32 {
            *self
        }
    }

    #[test]
    fn what_is_marked_stays_so_and_on_its_line_whatever_comes_above_it() {
        let mut table = Table::default();
        table.adopt((0..100).collect(), 10);
        table.step(20, 10);
        assert_eq!((table.marked(), table.cursor() - table.top), (Some(&20), 9));
        table.adopt((50..70).chain(0..50).collect(), 10);
        assert_eq!((table.marked(), table.cursor() - table.top), (Some(&20), 9));
        table.adopt((0..10).chain(21..50).collect(), 10);
        assert!(table.marked().is_some(), "somebody stands in for one that is gone");
        table.adopt(Vec::new(), 10);
        assert_eq!((table.marked(), table.cursor()), (None, 0));
    }
}
