//! What is kept of the rights once the probes are in the kernel, and how the rest is given up.

use rustix::thread::{CapabilitySet, CapabilitySets};

/// The bits that a kernel may know; those that it does not know are refused one by one.
const ALL: std::ops::Range<u32> = 0..41;

/// What is needed as long as it runs: to look at others in /proc, to read what it likes and write where it is told, and to
/// speak to the probes. `also` is what somebody asked for beside that.
fn kept(permitted: CapabilitySet, also: CapabilitySet) -> CapabilitySet {
    let maps = match permitted.contains(CapabilitySet::BPF) {
        true => CapabilitySet::BPF,
        // Before they were parted; and it stands for it where nothing else was given.
        false => CapabilitySet::SYS_ADMIN,
    };
    let look = CapabilitySet::SYS_PTRACE | CapabilitySet::DAC_READ_SEARCH | CapabilitySet::DAC_OVERRIDE;
    permitted & (maps | look | also)
}

/// Gives up for this thread, and those that it starts, whatever is not needed once the probes are attached. No program that
/// they might run could get it back.
///
/// # Errors
/// When the kernel does not take it, which a seccomp filter may be the reason of: then all is as before.
pub fn give_up(also: CapabilitySet) -> std::io::Result<()> {
    let permitted = rustix::thread::capabilities(None)?.permitted;
    let left = kept(permitted, also);
    rustix::thread::set_no_new_privs(true)?;
    for bit in ALL {
        let one = CapabilitySet::from_bits_retain(1 << bit);
        if !left.contains(one) {
            // Refused without CAP_SETPCAP; then what is in the bounding set is of no use either, as nothing is gained by an exec.
            let _ = rustix::thread::remove_capability_from_bounding_set(one);
        }
    }
    let sets = CapabilitySets { effective: left, permitted: left, inheritable: CapabilitySet::empty() };
    rustix::thread::set_capabilities(None, sets)?;
    Ok(())
}

/// The names of what would be kept of the rights that this process has, and how many it would give up.
pub fn would_keep() -> std::io::Result<(Vec<String>, u32)> {
    let permitted = rustix::thread::capabilities(None)?.permitted;
    let left = kept(permitted, CapabilitySet::empty());
    let names = left.iter_names().map(|(name, _)| format!("CAP_{name}")).collect();
    Ok((names, (permitted - left).bits().count_ones()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_loads_and_attaches_is_given_up_and_what_looks_is_kept() {
        let left = kept(CapabilitySet::all(), CapabilitySet::empty());
        assert!(!left.intersects(CapabilitySet::PERFMON | CapabilitySet::NET_ADMIN | CapabilitySet::SYS_ADMIN));
        assert!(left.contains(CapabilitySet::BPF | CapabilitySet::SYS_PTRACE | CapabilitySet::DAC_READ_SEARCH));
        assert_eq!(left.bits().count_ones(), 4);
    }

    #[test]
    fn what_was_not_given_is_not_kept_and_what_is_asked_for_is() {
        let narrow = CapabilitySet::SYS_ADMIN | CapabilitySet::KILL;
        assert_eq!(kept(narrow, CapabilitySet::empty()), CapabilitySet::SYS_ADMIN);
        assert_eq!(kept(narrow, CapabilitySet::KILL), narrow);
        assert_eq!(kept(CapabilitySet::empty(), CapabilitySet::KILL), CapabilitySet::empty());
    }
}
