//! The observer itself: what others do to it is told as everything else is.

use serde::{Deserialize, Serialize};

use super::process::ProcessId;

/// The observer, and what of it an act was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observer {
    /// What of it.
    pub part: Part,
    /// Who its parent is: whoever started it, as long as that one lives.
    pub parent: Option<ProcessId>,
}

/// What there is of the observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Part {
    /// Its process.
    Process,
    /// The cgroup that it is in, or one above.
    Cgroup,
    /// A file that it writes: a recording, the spool, lines.
    Record,
    /// A file that it goes by: configuration, rules, baseline.
    Settings,
}

impl Part {
    /// Lower-case word, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Part::Process => "process",
            Part::Cgroup => "cgroup",
            Part::Record => "record",
            Part::Settings => "settings",
        }
    }
}

/// The name of a signal, as `kill -l` has it (`signal(7)`).
pub fn signal_name(number: u8) -> String {
    const NAMES: [&str; 31] = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ];
    let name = usize::from(number).checked_sub(1).and_then(|at| NAMES.get(at));
    name.map_or_else(|| format!("signal {number}"), |name| format!("SIG{name}"))
}
