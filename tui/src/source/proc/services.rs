//! The addresses of services that kubelet writes into the environment of a container: `NAME_SERVICE_HOST` and
//! `NAME_SERVICE_PORT`. Nothing else of an environment is kept.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::Read as _;
use std::net::IpAddr;

use procfs::process::Process;

use crate::model::{NsKind, Text};

/// Bytes that are read of an environment.
const LARGEST: u64 = 1 << 20;
/// Services that are kept of one.
const MOST: usize = 256;
/// Bytes of a name, as Kubernetes has it.
const NAME: usize = 63;

/// The services that the environment of a process names which is in the mount namespace `mnt_ns`; `None` where it cannot be
/// read, or the process is not there (any more).
pub(in crate::source) fn services(pid: u32, mnt_ns: u32) -> Option<BTreeMap<IpAddr, Text>> {
    let process = Process::new(i32::try_from(pid).ok()?).ok()?;
    let mut bytes = Vec::new();
    File::open(format!("/proc/{pid}/environ")).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    // Whose it was that was read: the pid may be another's by now, or the process elsewhere.
    let spaces = process.namespaces().ok()?;
    let there = spaces.0.get(std::ffi::OsStr::new(NsKind::Mnt.name()))?.identifier;
    (there == u64::from(mnt_ns) && process.is_alive()).then(|| named(&bytes))
}

/// The services that have both a host and a port; the names as Kubernetes has them, small and with `-`.
pub(super) fn named(environment: &[u8]) -> BTreeMap<IpAddr, Text> {
    let variables = || {
        let lines = environment.split(|byte| *byte == 0).filter_map(|line| std::str::from_utf8(line).ok());
        lines.filter_map(|line| line.split_once('='))
    };
    let ports: HashSet<&str> = variables()
        .filter(|(_, value)| value.parse::<u16>().is_ok())
        .filter_map(|(name, _)| name.strip_suffix("_SERVICE_PORT"))
        .collect();
    variables()
        .filter_map(|(name, value)| Some((name.strip_suffix("_SERVICE_HOST")?, value.parse::<IpAddr>().ok()?)))
        .filter(|(name, _)| is_name(name) && ports.contains(name))
        .map(|(name, address)| {
            (address.to_canonical(), Text::from(name.to_ascii_lowercase().replace('_', "-").as_str()))
        })
        .take(MOST)
        .collect()
}

fn is_name(name: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=NAME).contains(&name.len()) && name.bytes().all(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_kubelet_writes_of_services_is_taken() {
        let environment = b"PATH=/bin\0TOKEN=s3cret\0SHOP_DB_SERVICE_HOST=10.96.0.7\0SHOP_DB_SERVICE_PORT=5432\0\
            SHOP_DB_SERVICE_PORT_PG=5432\0ALONE_SERVICE_HOST=10.96.0.8\0ODD_SERVICE_HOST=db.test\0ODD_SERVICE_PORT=1\0\
            low_SERVICE_HOST=10.96.0.9\0low_SERVICE_PORT=1\0SIX_SERVICE_HOST=fd00::7\0SIX_SERVICE_PORT=80\0\xff=\xff";
        let named: Vec<String> =
            named(environment).into_iter().map(|(address, name)| format!("{address} {}", name.lossless())).collect();
        assert_eq!(named, ["10.96.0.7 shop-db", "fd00::7 six"]);
    }

    #[test]
    fn an_environment_is_that_of_whom_it_is_asked() {
        let own = std::fs::metadata("/proc/self/ns/mnt").map(|it| std::os::unix::fs::MetadataExt::ino(&it));
        let own = u32::try_from(own.expect("/proc is mounted")).expect("numbers of namespaces have 32 bits");
        assert!(services(std::process::id(), own).is_some());
        assert_eq!(services(std::process::id(), own.wrapping_add(1)), None, "it stands elsewhere");
    }
}
