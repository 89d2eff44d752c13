//! Runs of a probe that the kernel left out, as the same probe was at work on that CPU already: an interrupt came meanwhile
//! or, since Linux 7.0, another process had its turn there. What such a run would have told is missing.

use std::fs;
use std::os::fd::{AsFd as _, AsRawFd as _};

use aya::maps::{MapData, PerCpuArray};
use aya::programs::ProgramFd;

use crate::model::LossKind;

/// What the kernel counts of each probe that it calls itself.
pub(super) struct Missed {
    probes: Vec<Probe>,
    /// How often another stood in for the probe of TCP.
    between: Option<PerCpuArray<MapData, u64>>,
}

struct Probe {
    program: ProgramFd,
    kind: LossKind,
    /// What it did not do another may have done.
    has_another: bool,
    known: u64,
}

impl Missed {
    /// Nothing is looked at so far; `between` is the map in which `tcp_between` counts.
    pub(super) fn new(between: Option<PerCpuArray<MapData, u64>>) -> Missed {
        Missed { probes: Vec::new(), between }
    }

    /// Looks at this program from now on.
    pub(super) fn watch(&mut self, name: &str, program: ProgramFd) {
        let Some(kind) = loss_kind(name) else { return };
        self.probes.push(Probe { program, kind, has_another: name == "tcp", known: 0 });
    }

    /// How many runs were left out since the last time, by what is told for the lack of them.
    pub(super) fn news(&mut self) -> Vec<(LossKind, u64)> {
        let between = self.between.as_ref();
        let news = self.probes.iter_mut().map(|probe| {
            let path = format!("/proc/self/fdinfo/{}", probe.program.as_fd().as_raw_fd());
            let missed = misses(&fs::read_to_string(path).unwrap_or_default());
            // Read after the kernel's count: what is missed in between is told the next time, and nothing twice.
            let done = between.filter(|_| probe.has_another).and_then(|between| between.get(&0, 0).ok());
            let done: u64 = done.iter().flat_map(|counts| counts.iter()).sum();
            let counted = missed.saturating_sub(done).max(probe.known);
            (probe.kind, counted - std::mem::replace(&mut probe.known, counted))
        });
        news.filter(|(_, count)| *count > 0).collect()
    }
}

/// As what it is told that a probe did not run. A run at the end of a system call that nobody cares for is not told apart from
/// one that would have told something: of those it is how many there may be at most. Who stands in for another is not waited for.
fn loss_kind(program: &str) -> Option<LossKind> {
    Some(match program {
        "fork" => LossKind::Fork,
        "exec" | "exec_shallow" => LossKind::Exec,
        "exit" => LossKind::Exit,
        "cgroup_move" => LossKind::Move,
        "tcp" => LossKind::Net,
        "tcp_between" => return None,
        _ => LossKind::Act,
    })
}

/// The count in what /proc says of a program's descriptor; 0 on kernels that do not count (before 5.12).
fn misses(fdinfo: &str) -> u64 {
    let count = fdinfo.lines().find_map(|line| line.strip_prefix("recursion_misses:"));
    count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_where_there_is_one() {
        assert_eq!(misses("pos:\t0\nprog_type:\t17\nrecursion_misses:\t42\nverified_insns:\t9\n"), 42);
        assert_eq!(misses("pos:\t0\nprog_type:\t17\n"), 0);
        assert_eq!(misses(""), 0);
    }

    #[test]
    fn what_makes_the_tree_is_told_by_its_name_and_the_rest_as_acts() {
        let tree = [LossKind::Fork, LossKind::Exec, LossKind::Net].map(Some);
        assert_eq!(["fork", "exec_shallow", "tcp"].map(loss_kind), tree);
        assert_eq!(["syscall", "signal", "ring_submit"].map(loss_kind), [Some(LossKind::Act); 3]);
        assert_eq!(loss_kind("tcp_between"), None);
    }
}
