//! What this process is allowed to do, and what it would need.

use procfs::process::Process;

/// A capability that following processes needs (`capabilities(7)`).
struct Needed {
    bit: u32,
    name: &'static str,
    why: &'static str,
}

const SYS_ADMIN: u32 = 21;
/// `SECCOMP_MODE_FILTER` in `include/uapi/linux/seccomp.h`.
const SECCOMP_FILTER: u32 = 2;

const NEEDED: [Needed; 5] = [
    Needed { bit: 39, name: "CAP_BPF", why: "load the probes" },
    Needed { bit: 38, name: "CAP_PERFMON", why: "attach them to tracepoints" },
    Needed { bit: 12, name: "CAP_NET_ADMIN", why: "see UDP connects" },
    Needed { bit: 19, name: "CAP_SYS_PTRACE", why: "see programs, directories and namespaces of others in /proc" },
    Needed { bit: 2, name: "CAP_DAC_READ_SEARCH", why: "see what others have open" },
];

/// The rights of this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Effective user id.
    pub euid: u32,
    /// Effective capabilities, one bit each.
    pub effective: u64,
    /// A seccomp filter decides which system calls it may make.
    pub filtered: bool,
}

impl Rights {
    /// Reads them.
    ///
    /// # Errors
    /// When /proc/self/status cannot be read: /proc is not mounted.
    pub fn read() -> Result<Rights, procfs::ProcError> {
        let status = Process::myself()?.status()?;
        Ok(Rights { euid: status.euid, effective: status.capeff, filtered: status.seccomp == Some(SECCOMP_FILTER) })
    }

    /// What is missing, each with what it is needed for; empty when nothing is.
    pub fn missing(&self) -> Vec<(&'static str, &'static str)> {
        let has = |bit: u32| self.effective >> bit & 1 == 1;
        NEEDED
            .iter()
            // Before they were parted from it, CAP_SYS_ADMIN stood for the first two; it still does.
            .filter(|needed| !(has(needed.bit) || (needed.bit >= 38 && has(SYS_ADMIN))))
            .map(|needed| (needed.name, needed.why))
            .collect()
    }

    /// What gives it more; `command` is what is to be run again.
    pub fn remedy(&self, command: &str) -> String {
        if self.euid != 0 {
            return format!("run it as root: sudo {command}");
        }
        let seccomp = match self.filtered {
            true => ", and a seccomp profile that allows bpf(2), as demo/kubernetes/ has it",
            false => "",
        };
        format!("root has been taken rights away: give it those of docs/PRIVILEGES.md{seccomp}")
    }

    /// True when the probes cannot be attached.
    pub fn insufficient(&self) -> bool {
        self.missing().iter().any(|(name, _)| matches!(*name, "CAP_BPF" | "CAP_PERFMON"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let nobody = Rights { euid: 1000, ..Rights::default() };
        assert!(nobody.insufficient());
        assert_eq!(nobody.missing().len(), NEEDED.len());
        let root = Rights { effective: u64::MAX, ..Rights::default() };
        assert!(!root.insufficient() && root.missing().is_empty());
    }

    #[test]
    fn sys_admin_stands_for_bpf_and_perfmon() {
        let rights = Rights { effective: 1 << SYS_ADMIN, ..Rights::default() };
        assert!(!rights.insufficient());
    }
}
