//! A container is frozen through its cgroup: by `cgroup.freeze` of v2, else by the `freezer` controller of v1.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use procfs::process::Process;

use super::Done;
use super::held::hold;
use crate::app::{Allowed, Order, Whom};

/// How long it is waited for all of it to stand still.
const PATIENCE: Duration = Duration::from_millis(300);

/// A hierarchy that can freeze.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freezer {
    V2,
    V1,
}

impl Freezer {
    const ALL: [Freezer; 2] = [Freezer::V2, Freezer::V1];

    fn is_line(self, controllers: &str) -> bool {
        match self {
            Freezer::V2 => controllers.is_empty(),
            Freezer::V1 => controllers.split(',').any(|name| name == "freezer"),
        }
    }

    /// Where its root is mounted.
    fn mount(self) -> Option<PathBuf> {
        let mounts = Process::myself().ok()?.mountinfo().ok()?;
        let own = mounts.into_iter().filter(|mount| mount.root == "/").find(|mount| match self {
            Freezer::V2 => mount.fs_type == "cgroup2",
            Freezer::V1 => mount.fs_type == "cgroup" && mount.super_options.contains_key("freezer"),
        });
        own.map(|mount| mount.mount_point)
    }

    /// The file, what freezes, and what thaws.
    fn switch(self) -> (&'static str, [&'static str; 2]) {
        match self {
            Freezer::V2 => ("cgroup.freeze", ["0", "1"]),
            Freezer::V1 => ("freezer.state", ["THAWED", "FROZEN"]),
        }
    }

    /// Whether all of it stands still, or goes on.
    fn is(self, at: &Path, frozen: bool) -> bool {
        let read = |file| fs::read_to_string(at.join(file)).unwrap_or_default();
        match self {
            Freezer::V2 => read("cgroup.events").contains(if frozen { "frozen 1" } else { "frozen 0" }),
            Freezer::V1 => read("freezer.state").trim() == if frozen { "FROZEN" } else { "THAWED" },
        }
    }
}

/// Freezes or thaws a container.
pub(super) fn set(order: &Order, allowed: &Allowed, frozen: bool) -> Done {
    let done = match &order.whom {
        Whom::Container(id) => find(order, id, allowed).and_then(|(freezer, at)| turn(freezer, &at, frozen)),
        _ => Err("it is about a container".to_owned()),
    };
    Done { container: Some(done), ..Done::default() }
}

/// The cgroup of the container: of a process that is its own for certain, the part of the path that names it.
fn find(order: &Order, id: &str, allowed: &Allowed) -> Result<(Freezer, PathBuf), String> {
    let mut why = "no process of it is there any more".to_owned();
    for target in &order.targets {
        let Ok(held) = hold(target.id, allowed) else { continue };
        for freezer in Freezer::ALL {
            match place(freezer, held.id.pid, id) {
                Ok(at) => return Ok((freezer, at)),
                Err(error) => why = error,
            }
        }
    }
    Err(why)
}

fn place(freezer: Freezer, pid: u32, id: &str) -> Result<PathBuf, String> {
    let path = path_of(freezer, &pid.to_string()).ok_or("its cgroup cannot be read")?;
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let named = parts.iter().rposition(|part| part.contains(id)).ok_or("its cgroup does not name the container")?;
    let mount = freezer.mount().ok_or("the hierarchy of its cgroup is not mounted here")?;
    let join = |parts: &[&str]| parts.iter().fold(mount.clone(), |at, part| at.join(part));
    let (at, whole) = (join(&parts[..=named]), join(&parts));
    let members = fs::read_to_string(whole.join("cgroup.procs")).unwrap_or_default();
    if parts.contains(&"..") || !members.lines().any(|line| line == pid.to_string()) {
        return Err(format!("{} is not the cgroup that process {pid} is in", whole.display()));
    }
    if path_of(freezer, "self")
        .is_some_and(|own| Path::new(&own).starts_with(format!("/{}", parts[..=named].join("/"))))
    {
        return Err("ktrace-tui itself is in it".to_owned());
    }
    if !at.join(freezer.switch().0).exists() {
        return Err(format!("{} has no {}", at.display(), freezer.switch().0));
    }
    Ok(at)
}

/// The path of a process in a hierarchy, out of /proc/PID/cgroup.
fn path_of(freezer: Freezer, pid: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    text.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        freezer.is_line(controllers).then(|| path.to_owned())
    })
}

fn turn(freezer: Freezer, at: &Path, frozen: bool) -> Result<String, String> {
    let (file, words) = freezer.switch();
    let (file, word) = (at.join(file), words[usize::from(frozen)]);
    fs::write(&file, word).map_err(|error| format!("{}: {error}", file.display()))?;
    let begun = Instant::now();
    let state = if frozen { "it stands still" } else { "it goes on" };
    let written = format!("{word} written to {}", file.display());
    while !freezer.is(at, frozen) {
        if begun.elapsed() > PATIENCE {
            return Ok(format!("it is not known yet that {state}: {written}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(format!("{state}: {written}"))
}
