//! Paths of cgroups, which runtimes and whoever is in a container choose, and the `config.json` of bundles.
#![cfg(any(test, fuzzing))]
#![allow(clippy::unwrap_used, reason = "to panic is how a fuzzer is told")]

use std::path::PathBuf;

use super::Paths;
use super::bundle::{Config, Place as Bundle};
use crate::fuzz::{harmless, live_through};
use crate::model::{Event, GroupKey, Placer as _};

/// Tries bytes as the path of a cgroup: whoever is named is one component of it, and can be shown.
pub(crate) fn cgroup(bytes: &[u8]) {
    let place = Paths.place(bytes);
    let names = [named(&place.key), place.outer.as_deref(), place.pod_uid.as_deref()];
    for name in names.into_iter().flatten() {
        assert!(!name.is_empty() && !name.contains('/'), "{name:?} of {:?}", String::from_utf8_lossy(bytes));
        harmless(name);
    }
}

/// Tries bytes as the `config.json` of a bundle.
pub(crate) fn bundle(bytes: &[u8]) {
    let Ok(config) = Config::parse(bytes) else { return };
    let place = Bundle { id: "b1".into(), directory: PathBuf::new(), pid_file: "init.pid", runtime: None };
    let news = config.news(&place);
    assert_eq!(news.id, "b1");
    if let Some(allowed) = config.allowed() {
        let again = rmp_serde::to_vec(allowed).unwrap();
        assert_eq!(rmp_serde::from_slice::<crate::model::Allowed>(&again).unwrap(), *allowed);
    }
    live_through(&[Event::Container(news)]);
}

/// What a group is called, where it is not the host.
fn named(key: &GroupKey) -> Option<&str> {
    match key {
        GroupKey::Host => None,
        GroupKey::Service(name) | GroupKey::Container(name) => Some(name),
    }
}
