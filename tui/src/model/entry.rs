//! Who came into a container from outside: `kubectl exec`, `docker exec`, and whoever else put a process into it.

use super::container::GroupKey;
use super::graph::Model;
use super::process::{Process, ProcessId};

/// Ancestors that are looked at.
const FAR: usize = 64;

/// Makers beyond the border of which one may be the OCI runtime that was called: it runs itself up to three times more
/// (`runc init`), to be in the namespaces before the program is.
const STAGES: usize = 5;

/// The calls of an OCI runtime that bring a process into a container.
const CALLS: [&str; 4] = ["exec", "run", "create", "restore"];

/// How a process came into a container that ran already: it, or the ancestor that it descends from within the container,
/// was made by somebody outside.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Who was brought in.
    pub first: &'a Process,
    /// The OCI runtime that brought it in and what it was called to do (`runc … exec … ID`), where that was seen.
    pub call: Option<(&'a Process, &'static str)>,
    /// Who wanted it: who called the runtime (a shim, conmon), else who made it.
    pub by: &'a Process,
}

impl Model {
    /// How a process came into its container, where it does not descend from the container's first process.
    ///
    /// It is behaviour, not names: an ancestor was made by a process of another group while others lived in the container
    /// already. Only the call is read from arguments. `None` where the maker is not known any more.
    pub fn entry(&self, id: ProcessId) -> Option<Entry<'_>> {
        let process = self.process(id)?;
        let GroupKey::Container(container) = &process.group else { return None };
        let (first, maker) = self.border(process)?;
        let older = |other: &Process| {
            let there = other.exit.is_none_or(|(ended, _)| ended > first.born);
            there && (other.born, other.id.start) < (first.born, first.id.start) && other.id != first.id
        };
        // Whoever came first is the container's first process, however it came.
        if !self.members(&process.group).any(older) {
            return None;
        }
        let call = self.call(maker, container);
        let by = call.and_then(|(runtime, _)| self.maker_of(runtime)).unwrap_or(maker);
        Some(Entry { first, call, by })
    }

    /// The furthest ancestor within the group, and who made it.
    fn border<'a>(&'a self, process: &'a Process) -> Option<(&'a Process, &'a Process)> {
        let mut first = process;
        for _ in 0..FAR {
            let maker = self.maker_of(first)?;
            if maker.group != process.group {
                return Some((first, maker));
            }
            first = maker;
        }
        None
    }

    /// The nearest of the makers that was called to bring somebody into this container.
    fn call<'a>(&'a self, maker: &'a Process, container: &str) -> Option<(&'a Process, &'static str)> {
        let mut at = maker;
        for _ in 0..STAGES {
            if let Some(call) = call(at, container) {
                return Some((at, call));
            }
            at = self.maker_of(at)?;
        }
        None
    }

    fn maker_of(&self, process: &Process) -> Option<&Process> {
        self.process(process.birth_parent.filter(|id| *id != process.id && id.pid != 0)?)
    }
}

/// What a process is called to do with a container: the call, and after it the container's full id.
fn call(process: &Process, container: &str) -> Option<&'static str> {
    let argv = &process.image()?.argv;
    let mut rest = argv.args.iter().skip(1);
    let call = rest.find_map(|argument| CALLS.into_iter().find(|call| call.as_bytes() == argument.bytes()))?;
    (argv.cut_from.is_some() || rest.any(|argument| argument.bytes() == container.as_bytes())).then_some(call)
}
