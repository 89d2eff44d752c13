//! What was numbered against what arrived: where records are missing, of which kind, and between which moments. What found no
//! place on the ring has no number (`shares.rs`).

use ktrace_probes_common::{Header, Kind};

use crate::model::LossKind;

/// A hole in the sequence of one kind on one CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// What is missing.
    pub(super) kind: LossKind,
    /// How many.
    pub(super) count: u64,
    /// After this moment, in nanoseconds since boot.
    pub(super) from: u64,
    /// Before this one.
    pub(super) to: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Line {
    next: u64,
    time: u64,
}

/// The next number that is expected, per CPU and kind.
pub(super) struct Ledger {
    lines: Vec<[Line; Kind::COUNT]>,
    start: u64,
}

impl Ledger {
    /// A ledger that begins at `start` (nanoseconds since boot) with nothing numbered.
    pub(super) fn new(start: u64) -> Ledger {
        Ledger { lines: Vec::new(), start }
    }

    /// Takes in one record's header; tells of the hole before it.
    pub(super) fn arrived(&mut self, header: &Header) -> Option<Gap> {
        let kind = Kind::from_number(header.kind)?;
        let (gap, line) = self.expect(kind, header.cpu as usize, header.seq, header.time)?;
        // A number that was seen before can come of two CPUs' writes that crossed: nothing is missing then.
        line.next = line.next.max(header.seq + 1);
        line.time = header.time;
        gap
    }

    /// Takes in what the kernel numbered so far, where nothing came after the hole. Only to be called when the ring
    /// was read to its end after `numbered` was.
    pub(super) fn numbered(&mut self, kind: Kind, cpu: usize, numbered: u64, time: u64) -> Option<Gap> {
        let (gap, line) = self.expect(kind, cpu, numbered, time)?;
        line.next = line.next.max(numbered);
        gap
    }

    fn expect(&mut self, kind: Kind, cpu: usize, seq: u64, to: u64) -> Option<(Option<Gap>, &mut Line)> {
        // More CPUs than any kernel allows: a malformed record must not cost memory.
        if cpu >= 8192 {
            return None;
        }
        if cpu >= self.lines.len() {
            self.lines.resize(cpu + 1, Default::default());
        }
        let line = &mut self.lines[cpu][kind as usize];
        let count = seq.saturating_sub(line.next);
        let from = if line.time == 0 { self.start } else { line.time };
        let gap = (count > 0).then(|| Gap { kind: loss_kind(kind), count, from, to });
        Some((gap, line))
    }
}

/// As what the lack of such records is told.
pub(super) fn loss_kind(kind: Kind) -> LossKind {
    match kind {
        Kind::Fork => LossKind::Fork,
        Kind::Exec => LossKind::Exec,
        Kind::Exit => LossKind::Exit,
        Kind::Move => LossKind::Move,
        Kind::Tcp | Kind::TcpBetween | Kind::Udp => LossKind::Net,
        Kind::Answer => LossKind::Name,
        Kind::Redirect | Kind::Open | Kind::Act | Kind::Signal => LossKind::Act,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(cpu: u32, seq: u64, time: u64) -> Header {
        Header { kind: Kind::Exec as u16, cpu, seq, time, ..Header::default() }
    }

    #[test]
    fn a_hole_is_told_with_its_kind_its_size_and_its_place_in_time() {
        let mut ledger = Ledger::new(5);
        assert_eq!(ledger.arrived(&header(1, 0, 10)), None);
        assert_eq!(ledger.arrived(&header(1, 4, 30)), Some(Gap { kind: LossKind::Exec, count: 3, from: 10, to: 30 }));
        assert_eq!(ledger.arrived(&header(1, 5, 31)), None);
    }

    #[test]
    fn each_cpu_counts_for_itself() {
        let mut ledger = Ledger::new(5);
        assert_eq!(ledger.arrived(&header(0, 0, 10)), None);
        assert_eq!(ledger.arrived(&header(3, 0, 10)), None);
        assert_eq!(ledger.arrived(&header(3, 1, 11)), None);
    }

    #[test]
    fn a_hole_at_the_end_is_told_once() {
        let mut ledger = Ledger::new(5);
        let gap = Gap { kind: LossKind::Exit, count: 7, from: 5, to: 40 };
        assert_eq!(ledger.numbered(Kind::Exit, 0, 7, 40), Some(gap));
        assert_eq!(ledger.numbered(Kind::Exit, 0, 7, 41), None);
    }

    #[test]
    fn a_number_seen_twice_is_no_hole() {
        let mut ledger = Ledger::new(5);
        assert_eq!(ledger.arrived(&header(0, 0, 10)), None);
        assert_eq!(ledger.arrived(&header(0, 0, 11)), None);
        assert_eq!(ledger.arrived(&header(0, 1, 12)), None);
    }
}
