//! Who is at home in a container: neither its runtime on the way in, nor somebody who was brought in from outside.

use std::collections::HashMap;

use crate::model::{Exec, GroupKey, Kind, Model, NsKind, Process, ProcessEvent, ProcessId};

/// Processes that are remembered, and as many that came before; older ones are judged anew.
const KEEP: usize = 131_072;

/// What a process of a container or service is to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The runtime, before it has run the first program of whoever it brings.
    Runtime,
    /// It was brought in from outside, or descends from who was (`kubectl exec`, `docker exec`, health checks).
    BroughtIn,
    /// It descends from the first program.
    Home,
    /// It is in no container. In a service it is at home.
    Outside,
}

/// Keeps who is at home where.
#[derive(Debug, Default)]
pub struct Residents {
    /// The dead stay: what they were says what those are that they made.
    states: HashMap<ProcessId, State>,
    before: HashMap<ProcessId, State>,
}

impl Residents {
    /// What the process of an event is to its group, as of this event, which `model` has taken in.
    pub(super) fn meet(&mut self, event: &ProcessEvent, process: &Process, model: &Model) -> State {
        // Whoever is put into a container is another one there.
        let known = self.state(process.id).filter(|state| *state != State::Outside);
        let before = known.unwrap_or_else(|| self.judge(process, model));
        let state = match &event.kind {
            // What it was on the way in ends with the first program that belongs to the container.
            Kind::Exec(exec) if before == State::Runtime && is_inside(exec, process, model) => origin(process, model),
            Kind::Fork(_) => self.judge(process, model),
            _ => before,
        };
        self.keep(process.id, state);
        state
    }

    fn state(&self, process: ProcessId) -> Option<State> {
        self.states.get(&process).or_else(|| self.before.get(&process)).copied()
    }

    fn keep(&mut self, process: ProcessId, state: State) {
        if self.states.len() >= KEEP {
            self.before = std::mem::take(&mut self.states);
        }
        self.states.insert(process, state);
    }

    /// True unless the process of an event, which `model` has taken in, is of the runtime on its way in.
    pub fn works(&mut self, event: &ProcessEvent, model: &Model) -> bool {
        model.process(event.process).is_some_and(|process| self.meet(event, process, model) != State::Runtime)
    }

    /// True when something was told of the process before.
    pub(super) fn knows(&self, process: ProcessId) -> bool {
        self.state(process).is_some()
    }

    /// What a process is that was there before anything was told.
    pub(super) fn meet_known(&mut self, process: &Process, model: &Model) -> State {
        let state = self.judge(process, model);
        self.keep(process.id, state);
        state
    }

    /// True when the process was made by the runtime, or by whoever is outside: for the group, it is how
    /// it starts.
    pub(super) fn starts(&self, process: &Process, model: &Model) -> bool {
        let maker = process.birth_parent.and_then(|id| model.process(id));
        maker.is_none_or(|maker| maker.group != process.group || self.state(maker.id) == Some(State::Runtime))
    }

    /// A process that is met for the first time: as its maker, where that is of the same group.
    fn judge(&self, process: &Process, model: &Model) -> State {
        if !matches!(process.group, GroupKey::Container(_)) {
            return State::Outside;
        }
        let maker = process.birth_parent.and_then(|id| model.process(id));
        match maker {
            Some(maker) if maker.group == process.group => match self.state(maker.id) {
                Some(state) => state,
                None if process.began_unseen() => origin(process, model),
                // It is born, and its maker is still what was brought along by whoever is outside.
                None if maker.born_in.as_ref().is_some_and(|born| *born != process.group) && maker.inherited => {
                    State::Runtime
                }
                None => origin(process, model),
            },
            // Whatever ran before anything was recorded is on its way no more.
            _ if process.began_unseen() && !shares_mounts(process, model) => origin(process, model),
            Some(_) => State::Runtime,
            None => origin(process, model),
        }
    }
}

/// Brought in, or at home.
fn origin(process: &Process, model: &Model) -> State {
    if model.entry(process.id).is_some() { State::BroughtIn } else { State::Home }
}

/// True when what is run is the container's, and not the runtime once more: with mounts of its own, out of a file that it
/// has, under another name than runtimes have.
fn is_inside(exec: &Exec, process: &Process, model: &Model) -> bool {
    let file = exec.file.as_deref();
    let again = file.is_some_and(|file| file.foreign || file.in_memory);
    !again && !is_stage(exec) && !shares_mounts(process, model)
}

/// True for `runc init`. The copy that it makes of itself may be called as nothing is: then its arguments tell it.
fn is_stage(exec: &Exec) -> bool {
    let runtime = |name: &[u8]| matches!(name, b"runc" | b"crun" | b"exe");
    let mut args = exec.image.argv.args.iter();
    let first = args.next().is_some_and(|first| runtime(first.file_name().bytes()));
    (first || runtime(exec.image.exe.file_name().bytes())) && args.next().is_some_and(|it| it.bytes() == b"init")
}

/// True when it has the mounts of the host: containers never start like that.
fn shares_mounts(process: &Process, model: &Model) -> bool {
    let host = model.boot().namespaces.get(NsKind::Mnt);
    host.is_some() && process.namespaces.get(NsKind::Mnt) == host
}
