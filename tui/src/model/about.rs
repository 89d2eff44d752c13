//! The paths that events are about.

use super::act::Deed;
use super::event::Kind;
use super::text::Text;

impl Deed {
    /// The paths that it is about: as the process sees it, on the host, and where it came from.
    pub fn paths(&self) -> [Option<&Text>; 3] {
        match self {
            Deed::Open(opened) => [Some(&opened.path), opened.host.as_ref(), None],
            Deed::Name(naming) => [Some(&naming.path), naming.host.as_ref(), Some(&naming.from)],
            Deed::Mount(mount) => [Some(&mount.target), mount.host.as_ref(), Some(&mount.source)],
            Deed::Wrote(wrote) => [Some(&wrote.path), None, None],
            Deed::UnixConnect { path, host, .. } => [Some(path), host.as_ref(), None],
            Deed::Ring { path, .. } => [Some(path), None, None],
            Deed::Memfd { name } => [Some(name), None, None],
            _ => [None, None, None],
        }
    }
}

impl Kind {
    /// The paths that an event is about, and what stands for a content among them.
    pub fn paths(&self) -> Vec<Text> {
        match self {
            Kind::Act(act) => act.what.paths().into_iter().flatten().filter(|path| !path.is_empty()).cloned().collect(),
            Kind::Content(content) => vec![content.exe.clone(), Text::from(content.tag().as_str())],
            _ => Vec::new(),
        }
    }
}
