//! The time line: how much happened when, what was found, what is missing, and where the cursor is.

use super::{App, Panel, View};
use crate::detect::Severity;
use crate::model::Time;

/// One column of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Column {
    /// How much happened, from nothing (0) to the most (1); the root of it, so that little is seen beside much.
    pub height: f64,
    /// Something is missing: lost, or no longer kept.
    pub lost: bool,
    /// The worst that was found.
    pub found: Option<Severity>,
    /// Somebody wrote something.
    pub note: bool,
}

/// The time line, for a width.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// When it begins.
    pub from: Time,
    /// When it ends.
    pub to: Time,
    /// What happened, from left to right.
    pub columns: Vec<Column>,
    /// The column of the cursor, where it is in sight.
    pub cursor: Option<usize>,
}

/// It is not halved any more below this, in nanoseconds.
const SHORTEST: u64 = 10_000_000;

impl Timeline {
    /// The column of a moment.
    pub fn column(&self, time: Time) -> Option<usize> {
        let length = self.to.since(self.from).max(1);
        let count = self.columns.len();
        if time < self.from || time > self.to || count == 0 {
            return None;
        }
        let at = u128::from(time.since(self.from)) * count as u128 / u128::from(length);
        Some(usize::try_from(at).unwrap_or(usize::MAX).min(count - 1))
    }

    /// The moment in the middle of a column.
    pub fn time(&self, column: usize) -> Time {
        let length = u128::from(self.to.since(self.from));
        let into = length * (2 * column as u128 + 1) / (2 * self.columns.len().max(1) as u128);
        Time(self.from.0.saturating_add(u64::try_from(into).unwrap_or(u64::MAX)))
    }

    /// Adds events that are spread evenly from one moment to another.
    fn spread(&self, counts: &mut [f64], count: u64, from: Time, to: Time) {
        let length = self.to.since(self.from).max(1) as f64 / counts.len().max(1) as f64;
        let place = |time: Time| (time.0 as f64 - self.from.0 as f64) / length;
        let (first, last) = (place(from), place(to));
        if last - first < 1.0 {
            let at = ((first + last) / 2.0).floor();
            let at = if to == self.to { at.min(counts.len() as f64 - 1.0) } else { at };
            if at >= 0.0
                && let Some(column) = counts.get_mut(at as usize)
            {
                *column += count as f64;
            }
            return;
        }
        let each = count as f64 / (last - first);
        let begin = first.max(0.0).floor() as usize;
        let end = (last.min(counts.len() as f64).ceil().max(0.0) as usize).min(counts.len());
        for (at, column) in counts.iter_mut().enumerate().take(end).skip(begin) {
            let inside = last.min(at as f64 + 1.0) - first.max(at as f64);
            *column += each * inside.max(0.0);
        }
    }
}

impl App {
    /// From the first to the last moment that the cursor can go to.
    pub(super) fn reach(&self) -> Option<(Time, Time)> {
        let known = self.deck.outline.times();
        if self.replay() {
            return known;
        }
        known.map(|(start, end)| (start, end.max(self.live.now)))
    }

    /// The time line, `width` columns wide.
    pub fn timeline(&self, width: u16) -> Timeline {
        let Some((start, end)) = self.reach().filter(|_| width > 0) else { return Timeline::default() };
        let (from, to) = self.window(start, end);
        let mut line = Timeline { from, to, columns: vec![Column::default(); width.into()], cursor: None };
        line.cursor = line.column(self.now().clamp(start, end));
        let mut counts = vec![0.0; width.into()];
        let outline = &self.deck.outline;
        for span in outline.spans.iter().filter(|span| span.to > Time(0)) {
            line.spread(&mut counts, span.count, span.from, span.to);
        }
        let most = counts.iter().copied().fold(0.0, f64::max);
        for (column, count) in line.columns.iter_mut().zip(counts).filter(|_| most > 0.0) {
            column.height = (count / most).sqrt();
        }
        let holes = outline.spans.windows(2).filter(|pair| pair[0].first + pair[0].count < pair[1].first);
        let holes = holes.map(|pair| (pair[0].to, pair[1].from));
        let lost = outline.losses.iter().map(|loss| (loss.from, loss.to));
        let known = self.live.model.losses().map(|loss| (loss.from, loss.to));
        for (first, last) in holes.chain(lost).chain(known).filter(|(first, last)| *last >= from && *first <= to) {
            let columns = line.column(first.max(from)).zip(line.column(last.min(to)));
            let columns = columns.and_then(|(first, last)| line.columns.get_mut(first..=last));
            columns.into_iter().flatten().for_each(|column| column.lost = true);
        }
        for find in self.deck.finds.iter().filter(|find| !find.muted) {
            if let Some(at) = line.column(find.time) {
                line.columns[at].found = line.columns[at].found.max(Some(find.severity));
            }
        }
        for note in &self.deck.notes {
            if let Some(at) = line.column(note.time) {
                line.columns[at].note = true;
            }
        }
        line
    }

    /// The part of the whole that is in sight: around the cursor.
    fn window(&self, start: Time, end: Time) -> (Time, Time) {
        let whole = end.since(start);
        let length = (whole >> self.deck.zoom.min(63)).max(SHORTEST.min(whole));
        let from = self.now().0.clamp(start.0, end.0).saturating_sub(length / 2);
        let from = from.clamp(start.0, end.0 - length.min(whole));
        (Time(from), Time(from + length))
    }

    /// Shows or hides the time line; where it came by itself, the first key goes there.
    pub fn toggle_timeline(&mut self) {
        if self.view != View::Tree {
            return self.show_view(View::Time);
        }
        let shown = self.layout().timeline.is_some();
        if shown && self.focus != Panel::Timeline {
            self.focus = Panel::Timeline;
            return self.after_layout();
        }
        self.wants.timeline = Some(!shown);
        if !shown {
            self.deck.wish_outline();
            self.focus = Panel::Timeline;
            if self.layout().timeline.is_none() {
                self.tell("no room for the time line: make the terminal taller");
            }
        }
        self.after_layout();
    }

    /// How often the time line was halved.
    pub fn zoom(&self) -> u32 {
        self.deck.zoom
    }

    /// Halves the time line around the cursor, or doubles it.
    pub(super) fn zoom_time(&mut self, into: bool) {
        let length = self.reach().map_or(0, |(start, end)| end.since(start));
        if into && (length >> self.deck.zoom.min(63)) > SHORTEST {
            self.deck.zoom += 1;
        } else if !into {
            self.deck.zoom = self.deck.zoom.saturating_sub(1);
        }
        self.dirty = true;
    }

    /// Moves the cursor by columns of the time line.
    pub(super) fn slide(&mut self, by: i64) {
        let Some(pane) = self.layout().timeline else { return };
        let line = self.timeline(pane.body.width);
        let Some((start, end)) = self.reach() else { return self.tell("nothing is kept yet") };
        let column = i128::from(line.to.since(line.from)) / i128::from(pane.body.width.max(1));
        let from = self.heading_time();
        let to = i128::from(from.0) + i128::from(by) * column.max(1);
        let to = to.clamp(start.0.into(), end.0.into());
        let to = Time(u64::try_from(to).unwrap_or(0));
        if to >= end { self.seek_edge(true) } else { self.seek_time(to) }
    }

    /// Goes to where the time line was clicked.
    pub(super) fn click_timeline(&mut self, column: u16, width: u16) {
        let line = self.timeline(width);
        if line.columns.is_empty() {
            return;
        }
        let last = usize::from(column) + 1 == line.columns.len() && self.deck.zoom == 0;
        if last { self.seek_edge(true) } else { self.seek_time(line.time(column.into())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(width: usize) -> Timeline {
        Timeline { from: Time(1_000), to: Time(2_000), columns: vec![Column::default(); width], cursor: None }
    }

    #[test]
    fn events_are_spread_over_the_columns_of_their_time() {
        let line = line(10);
        let mut counts = vec![0.0; 10];
        line.spread(&mut counts, 40, Time(1_050), Time(1_250));
        let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
        assert!(near(counts[0], 10.0) && near(counts[1], 20.0) && near(counts[2], 10.0), "{counts:?}");
        line.spread(&mut counts, 7, Time(1_910), Time(1_910));
        line.spread(&mut counts, 3, Time(2_000), Time(2_000));
        assert!(near(counts[9], 10.0), "the last moment is in the last column: {counts:?}");
        line.spread(&mut counts, 1_000, Time(0), Time(500));
        line.spread(&mut counts, 1_000, Time(3_000), Time(9_000));
        assert!(near(counts.iter().sum(), 50.0), "what is out of sight is in no column: {counts:?}");
        line.spread(&mut counts, 100, Time(500), Time(1_500));
        assert!(near(counts.iter().sum(), 100.0), "and half of what is half in sight: {counts:?}");
    }

    #[test]
    fn a_column_is_found_by_its_moment_and_back() {
        let line = line(7);
        for column in 0..7 {
            assert_eq!(line.column(line.time(column)), Some(column));
        }
        assert_eq!(line.column(Time(999)), None);
        assert_eq!(line.column(Time(2_000)), Some(6));
        assert_eq!(line.column(Time(2_001)), None);
    }
}
