//! Capability sets in words.

use crate::model::CAPABILITIES as NAMES;

/// Those with which a process can take over a node, or look into everybody on it.
const NOTABLE: [&str; 9] = [
    "SYS_ADMIN",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "DAC_READ_SEARCH",
    "BPF",
    "NET_ADMIN",
    "PERFMON",
    "SYS_BOOT",
];

/// A set in words: what stands out first, then the rest.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CapWords {
    /// Those of the set that can take over a node, each with `CAP_`, or that the set is (nearly) full.
    pub(super) notable: String,
    /// The rest.
    pub(super) rest: String,
}

/// Says what a set holds: by what is missing when little is.
pub(super) fn words(set: u64) -> CapWords {
    let has = |bit: usize| set >> bit & 1 == 1;
    let missing: Vec<&str> = NAMES.iter().enumerate().filter(|(bit, _)| !has(*bit)).map(|(_, name)| *name).collect();
    if set == 0 {
        return CapWords { notable: String::new(), rest: "none".to_owned() };
    }
    if missing.is_empty() {
        return CapWords { notable: "all".to_owned(), rest: String::new() };
    }
    if missing.len() <= 5 {
        return CapWords { notable: "all".to_owned(), rest: format!("but {}", missing.join(" ")) };
    }
    let held = || NAMES.iter().enumerate().filter(|(bit, _)| has(*bit)).map(|(_, name)| *name);
    let notable: Vec<String> = held().filter(|name| NOTABLE.contains(name)).map(|name| format!("CAP_{name}")).collect();
    let mut rest: Vec<String> = held().filter(|name| !NOTABLE.contains(name)).map(str::to_owned).collect();
    rest.extend((NAMES.len()..64).filter(|bit| has(*bit)).map(|bit| format!("bit {bit}")));
    CapWords { notable: notable.join(" "), rest: rest.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_read_as_people_think_of_them() {
        let full = (1u64 << 41) - 1;
        assert_eq!(words(0).rest, "none");
        assert_eq!(words(full).notable, "all");
        assert_eq!(words(full & !(1 << 24)).rest, "but SYS_RESOURCE");
        let docker = words(0xa804_25fb);
        assert_eq!(docker.notable, "", "what every container of Docker has is not worth a look");
        assert!(
            docker
                .rest
                .starts_with("CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW")
        );
        assert_eq!(words(1 << 21 | 1 << 60), CapWords { notable: "CAP_SYS_ADMIN".into(), rest: "bit 60".into() });
    }
}
