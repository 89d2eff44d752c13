//! Paths of cgroups, which runtimes and whoever is in a container choose, and the `config.json` of bundles.
#![cfg(any(test, fuzzing))]
#![allow(clippy::unwrap_used, reason = "to panic is how a fuzzer is told")]

use std::path::PathBuf;

use super::Paths;
use super::bundle::{Config, Place as Bundle};
use crate::fuzz::live_through;
use crate::model::{Event, GroupKey, Placer as _};

/// Tries bytes as the path of a cgroup: an id is a plain word of the path.
pub(crate) fn cgroup(bytes: &[u8]) {
    let place = Paths.place(bytes);
    let plain =
        |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    let of_path = |id: &str| bytes.windows(id.len()).any(|part| part == id.as_bytes());
    if let GroupKey::Container(id) = &place.key {
        assert!(plain(id) && of_path(id), "{id:?} of {:?}", String::from_utf8_lossy(bytes));
    }
    if let Some(outer) = &place.outer {
        assert!(plain(outer) && of_path(outer), "{outer:?} around");
    }
    if let Some(pod) = &place.pod_uid {
        assert!(plain(pod), "the pod {pod:?}");
    }
    if let GroupKey::Service(name) = &place.key {
        assert!(!name.is_empty() && !name.contains('/'));
    }
    // A further level within a container is still that container, unless it is one itself.
    let deeper = Paths.place(&[bytes, b"/init.scope"].concat());
    if matches!(place.key, GroupKey::Container(_)) && !bytes.ends_with(b"/") {
        assert_eq!(deeper.key, place.key, "{:?}", String::from_utf8_lossy(bytes));
    }
}

/// Tries bytes as the `config.json` of a bundle.
pub(crate) fn bundle(bytes: &[u8]) {
    let Ok(config) = Config::parse(bytes) else { return };
    let place = Bundle { id: "b1".into(), directory: PathBuf::new(), pid_file: "init.pid", runtime: None };
    let news = config.news(&place);
    assert_eq!(news.id, "b1");
    if let Some(allowed) = config.allowed() {
        let again = serde_json::to_vec(allowed).unwrap();
        assert_eq!(serde_json::from_slice::<crate::model::Allowed>(&again).unwrap(), *allowed);
    }
    live_through(&[Event::Container(news)]);
}
