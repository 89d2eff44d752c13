//! Who belongs where: which container a process is of, whatever its cgroup and namespaces say now, and what that
//! container had when it began.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::behaviour::Scene;
use crate::model::{GroupKey, Kind, Model, Namespaces, NsKind, Process, ProcessId};

/// The kinds of namespaces that hold a container; user and time namespaces are its own only seldom.
pub(super) const HOLDING: [NsKind; 6] =
    [NsKind::Mnt, NsKind::Pid, NsKind::Net, NsKind::Ipc, NsKind::Uts, NsKind::Cgroup];

/// Containers around containers that are followed.
const DEPTH: usize = 8;
/// File systems remembered for one container.
const DEVICES: usize = 64;
/// Processes that started containers, remembered.
const RUNTIMES: usize = 256;

/// Where a process stands. Only those that have to do with containers have one.
#[derive(Clone, Debug)]
pub(super) struct Stand {
    /// Id of the container.
    pub(super) container: Arc<str>,
    /// True for who came from outside and has not run a program of the container yet: the runtime, on its way in.
    pub(super) outsider: bool,
    /// True while it runs what the container was started for, and nothing that was started later.
    pub(super) main: bool,
}

/// What a container had when it began.
#[derive(Clone, Debug)]
pub(super) struct Baseline {
    /// The oldest process known of it.
    pub(super) first: ProcessId,
    /// Namespaces of that one.
    pub(super) namespaces: Namespaces,
    /// Device numbers of the file systems that its programs come from.
    pub(super) devices: Vec<u32>,
}

/// All that is known of who belongs where.
#[derive(Debug, Default)]
pub(super) struct Places {
    stands: HashMap<ProcessId, Stand>,
    baselines: HashMap<Arc<str>, Baseline>,
    runtimes: Vec<ProcessId>,
}

impl Places {
    pub(super) fn stand(&self, id: ProcessId) -> Option<&Stand> {
        self.stands.get(&id)
    }

    pub(super) fn baseline(&self, container: &str) -> Option<&Baseline> {
        self.baselines.get(container)
    }

    /// True for a process of the host that has started containers.
    pub(super) fn started_containers(&self, id: ProcessId) -> bool {
        self.runtimes.contains(&id)
    }

    /// The container that holds a namespace, other than `but`.
    pub(super) fn holder(&self, kind: NsKind, inode: u32, but: &str) -> Option<&Arc<str>> {
        self.baselines.iter().find(|(id, it)| &***id != but && it.namespaces.get(kind) == Some(inode)).map(|(id, _)| id)
    }

    pub(super) fn forget(&mut self, gone: ProcessId) {
        self.stands.remove(&gone);
    }

    /// Takes an event in. Returns at once for whoever has nothing to do with containers.
    pub(super) fn note(&mut self, scene: &Scene<'_>) {
        let process = scene.process;
        let known = self.stands.get(&process.id);
        let GroupKey::Container(group) = &process.group else {
            match known {
                None => self.note_host(scene),
                Some(stand) if stand.outsider => self.forget(process.id),
                Some(_) => {}
            }
            return;
        };
        let (settled, left) = match known {
            Some(stand) => (true, stand.container != *group),
            None => (false, false),
        };
        if !settled {
            let stand = self.enters(scene, group);
            self.stand_at(scene, stand);
        } else if left {
            self.moves(scene, group);
        }
        match &scene.event.kind {
            Kind::Exec(_) => self.runs(scene),
            Kind::Seen(_) => self.found(scene, group),
            Kind::Act(_) => self.settles(scene),
            _ => {}
        }
    }

    /// A process of the host: a child may be of a container all the same.
    fn note_host(&mut self, scene: &Scene<'_>) {
        match &scene.event.kind {
            Kind::Fork(fork) => {
                let maker = self.stands.get(&fork.maker).filter(|stand| !stand.outsider).cloned();
                if let Some(stand) = maker {
                    self.stands.insert(scene.process.id, stand);
                }
            }
            Kind::Move => {
                if let Some(GroupKey::Container(id)) = &scene.process.born_in {
                    let stand = Stand { container: Arc::clone(id), outsider: false, main: false };
                    self.stands.insert(scene.process.id, stand);
                }
            }
            _ => {}
        }
    }

    /// Where somebody stands who is met in a container for the first time.
    fn enters(&self, scene: &Scene<'_>, group: &Arc<str>) -> Stand {
        let process = scene.process;
        let stand = |container: &Arc<str>, outsider| Stand { container: Arc::clone(container), outsider, main: false };
        if let Kind::Fork(fork) = &scene.event.kind {
            let maker = scene.model.process(fork.maker);
            return match self.stands.get(&fork.maker) {
                Some(of) if of.outsider => stand(group, true),
                Some(of) if of.container != *group && within(scene.model, group, &of.container) => stand(group, true),
                Some(of) => of.clone(),
                // Made straight into the cgroup of the container, by somebody of the host.
                None => stand(group, maker.is_some_and(|maker| !maker.images.is_empty() && on_host(maker))),
            };
        }
        match &process.born_in {
            Some(GroupKey::Container(born)) if born != group && within(scene.model, group, born) => stand(group, true),
            Some(GroupKey::Container(born)) => stand(born, false),
            Some(GroupKey::Host | GroupKey::Service(_)) => stand(group, true),
            // Nobody has seen where it was before it came in: it was born while the sensor started.
            None => stand(group, matches!(scene.event.kind, Kind::Move)),
        }
    }

    fn stand_at(&mut self, scene: &Scene<'_>, stand: Stand) {
        if stand.outsider {
            // Whoever made one that enters a container starts containers; pid 1 makes everything.
            for maker in scene.model.lineage(scene.process.id).take(4).filter(|maker| maker.id.pid > 1) {
                if on_host(maker) && !self.runtimes.contains(&maker.id) {
                    if self.runtimes.len() >= RUNTIMES {
                        self.runtimes.remove(0);
                    }
                    self.runtimes.push(maker.id);
                }
            }
        }
        self.stands.insert(scene.process.id, stand);
    }

    /// From one container's cgroup to that of another.
    fn moves(&mut self, scene: &Scene<'_>, group: &Arc<str>) {
        let Some(stand) = self.stands.get_mut(&scene.process.id) else { return };
        if stand.outsider || within(scene.model, group, &stand.container) {
            *stand = Stand { container: Arc::clone(group), outsider: true, main: false };
        }
    }

    fn runs(&mut self, scene: &Scene<'_>) {
        let process = scene.process;
        let outer = self.outer_mnt(scene);
        let Some(stand) = self.stands.get_mut(&process.id) else { return };
        let mnt = process.namespaces.get(NsKind::Mnt);
        // A runtime that runs itself again, before it is in the container's mount namespace.
        if stand.outsider && mnt.is_some() && mnt == outer {
            return;
        }
        let entered = std::mem::replace(&mut stand.outsider, false);
        let container = Arc::clone(&stand.container);
        let first = self.begin(scene, &container, entered);
        if let Some(stand) = self.stands.get_mut(&process.id) {
            stand.main = first;
        }
        let file = process.file.as_ref().filter(|file| !file.in_memory && !file.foreign);
        if let (Some(file), Some(of)) = (file, self.baselines.get_mut(&container))
            && process.namespaces.get(NsKind::Mnt) == of.namespaces.get(NsKind::Mnt)
        {
            remember(&mut of.devices, file.device);
        }
    }

    /// Makes the baseline at the first program; true when it is (or is still) that of the container's first process.
    fn begin(&mut self, scene: &Scene<'_>, container: &Arc<str>, entered: bool) -> bool {
        if let Some(known) = self.baselines.get(container) {
            return known.first == scene.process.id;
        }
        let key = GroupKey::Container(Arc::clone(container));
        let members = scene.model.members(&key);
        let known = members.filter(|it| it.namespaces.get(NsKind::Mnt).is_some() && !self.on_its_way(it.id));
        let oldest = known.min_by_key(|it| (it.id.start, it.id.pid)).filter(|_| !entered).unwrap_or(scene.process);
        self.set_baseline(scene.model, container, oldest);
        oldest.id == scene.process.id
    }

    fn on_its_way(&self, id: ProcessId) -> bool {
        self.stands.get(&id).is_some_and(|stand| stand.outsider)
    }

    fn set_baseline(&mut self, model: &Model, container: &Arc<str>, first: &Process) {
        let mut namespaces = first.namespaces;
        // No container begins in the host's mount namespace: what was seen is not how it began.
        if namespaces.get(NsKind::Mnt) == model.boot().namespaces.get(NsKind::Mnt) {
            namespaces.0[NsKind::Mnt as usize] = 0;
        }
        let gone: Vec<_> = self.baselines.keys().filter(|id| empty(model, id)).cloned().collect();
        for id in gone {
            self.baselines.remove(&id);
        }
        let file = first.file.as_ref().filter(|file| !file.in_memory && !file.foreign);
        let devices = file.map(|file| file.device).into_iter().collect();
        let baseline = Baseline { first: first.id, namespaces, devices };
        self.baselines.insert(Arc::clone(container), baseline);
    }

    /// A look into /proc tells of processes in any order: the oldest tells how the container began.
    fn found(&mut self, scene: &Scene<'_>, group: &Arc<str>) {
        let process = scene.process;
        let older = self.baselines.get(group).is_none_or(|known| process.id.start < known.first.start);
        let belongs = self.stands.get(&process.id).is_some_and(|stand| !stand.outsider);
        if belongs && older && process.namespaces.get(NsKind::Mnt).is_some() {
            self.set_baseline(scene.model, group, process);
        }
        let main = self.baselines.get(group).is_some_and(|known| known.first == process.id);
        if let Some(stand) = self.stands.get_mut(&process.id) {
            stand.main |= main;
        }
    }

    /// The container's first process leaves what it shared with the host: it is not complete before.
    fn settles(&mut self, scene: &Scene<'_>) {
        let Some(stand) = self.stands.get(&scene.process.id).filter(|stand| stand.main) else { return };
        let host = scene.model.boot().namespaces;
        let Some(baseline) = self.baselines.get_mut(&stand.container) else { return };
        if baseline.first != scene.process.id {
            return;
        }
        for kind in NsKind::ALL {
            let shared = baseline.namespaces.get(kind).is_none_or(|known| host.get(kind) == Some(known));
            let now = scene.process.namespaces.get(kind);
            if shared && now.is_some() && now != host.get(kind) {
                baseline.namespaces.0[kind as usize] = now.unwrap_or_default();
            }
        }
    }

    /// The mount namespace that a runtime of this process's container comes from.
    fn outer_mnt(&self, scene: &Scene<'_>) -> Option<u32> {
        let GroupKey::Container(id) = &scene.process.group else { return None };
        let outer = outer(scene.model, id).and_then(|outer| self.baselines.get(&outer));
        outer.map_or(scene.model.boot().namespaces, |outer| outer.namespaces).get(NsKind::Mnt)
    }
}

fn empty(model: &Model, container: &Arc<str>) -> bool {
    model.group(&GroupKey::Container(Arc::clone(container))).is_none_or(|group| group.alive == 0)
}

fn remember(devices: &mut Vec<u32>, device: u32) {
    if device != 0 && devices.len() < DEVICES && !devices.contains(&device) {
        devices.push(device);
    }
}

fn outer(model: &Model, container: &Arc<str>) -> Option<Arc<str>> {
    model.group(&GroupKey::Container(Arc::clone(container)))?.container.as_ref()?.outer.clone()
}

/// True when `container` runs inside of `around`.
pub(super) fn within(model: &Model, container: &Arc<str>, around: &str) -> bool {
    let mut next = outer(model, container);
    for _ in 0..DEPTH {
        match next {
            Some(id) if *id == *around => return true,
            Some(id) => next = outer(model, &id),
            None => return false,
        }
    }
    false
}

/// True for a process whose cgroup is none of a container.
pub(super) fn on_host(process: &Process) -> bool {
    !matches!(process.group, GroupKey::Container(_))
}
