//! What is in the programs of each group, as was told last.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::super::container::GroupKey;
use super::super::content::{Content, Sha256};
use super::super::event::ProcessEvent;
use super::super::process::{Process, Time};
use super::super::text::Text;
use super::Model;

/// Contents that are kept; beyond that those go that were told longest ago, down to half of it.
const MOST: usize = 16_384;
/// Up to so many nobody looks whether their groups are still there.
const SOME: usize = 2_048;

/// What was told, by group and path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Contents {
    by: BTreeMap<GroupKey, Programs>,
    count: usize,
}

/// What is in the programs of one group, by path, which most groups have few of. Written as a map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "BTreeMap<Text, Held>")]
struct Programs(Vec<(Text, Held)>);

impl From<BTreeMap<Text, Held>> for Programs {
    fn from(map: BTreeMap<Text, Held>) -> Programs {
        Programs(map.into_iter().collect())
    }
}

impl Serialize for Programs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(exe, held)| (exe, held)))
    }
}

impl Programs {
    fn place(&self, exe: &Text) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(exe))
    }

    fn get(&self, exe: &Text) -> Option<&Held> {
        self.place(exe).ok().map(|at| &self.0[at].1)
    }

    /// True for a path that was not there.
    fn insert(&mut self, exe: &Text, held: Held) -> bool {
        match self.place(exe) {
            Ok(at) => self.0[at].1 = held,
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, (exe.clone(), held));
                return true;
            }
        }
        false
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    sha256: Sha256,
    time: Time,
}

impl Contents {
    fn learn(&mut self, group: &GroupKey, content: &Content, time: Time) {
        let held = Held { sha256: content.sha256, time };
        let programs = self.by.entry(group.clone()).or_default();
        self.count += usize::from(programs.insert(&content.exe, held));
        if self.count > MOST {
            let mut times: Vec<_> =
                self.by.values().flat_map(|programs| &programs.0).map(|(_, held)| held.time).collect();
            let middle = times.len() / 2;
            let (_, &mut middle, _) = times.select_nth_unstable(middle);
            self.keep(|_, held| held.time > middle);
        }
    }

    fn keep(&mut self, mut keep: impl FnMut(&Text, &Held) -> bool) {
        self.by.values_mut().for_each(|programs| programs.0.retain(|(exe, held)| keep(exe, held)));
        self.by.retain(|_, programs| !programs.0.is_empty());
        self.count = self.by.values().map(|programs| programs.0.len()).sum();
    }

    /// Only those of groups that are kept.
    pub(super) fn retain(&mut self, mut kept: impl FnMut(&GroupKey) -> bool) {
        self.by.retain(|group, _| kept(group));
        self.keep(|_, _| true);
    }

    /// Changes the paths.
    pub(super) fn map_paths(&mut self, mut change: impl FnMut(&Text) -> Text) {
        for programs in self.by.values_mut() {
            let changed = std::mem::take(&mut programs.0).into_iter().map(|(exe, held)| (change(&exe), held));
            *programs = changed.collect::<BTreeMap<_, _>>().into();
        }
        self.keep(|_, _| true);
    }
}

impl Model {
    /// Takes in what the group of an event's process has in a program.
    pub(super) fn learn_content(&mut self, event: &ProcessEvent, content: &Content) {
        let known = self.process(event.process).map(|process| &process.group);
        let group = event.cgroup.as_ref().map(|cgroup| &cgroup.place.key).or(known);
        if let Some(group) = group.cloned() {
            self.contents.learn(&group, content, event.time);
        }
        if self.contents.count > self.contents_due.max(SOME) {
            self.contents.retain(|group| self.groups.contains_key(group));
            self.contents_due = self.contents.count * 2;
        }
    }

    /// What is in the program that a process runs, as was told last of its path in its group; `None` where nobody told.
    pub fn content(&self, process: &Process) -> Option<Sha256> {
        let exe = &process.image()?.exe;
        self.content_of(&process.group, exe)
    }

    /// As [`Model::content`], of a path.
    pub fn content_of(&self, group: &GroupKey, exe: &Text) -> Option<Sha256> {
        Some(self.contents.by.get(group)?.get(exe)?.sha256)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::sync::Arc;

    use super::super::super::event::{Cgroup, Event, Kind, Place};
    use super::super::super::process::ProcessId;
    use super::*;
    use crate::model::Ticks;

    fn group(name: &str) -> GroupKey {
        GroupKey::Container(name.into())
    }

    fn told(time: u64, container: &str, exe: &str, byte: u8) -> Event {
        let place = Place { key: group(container), ..Place::default() };
        let content = Content { exe: exe.into(), sha256: Sha256([byte; 32]), size: 1 };
        Event::Process(ProcessEvent {
            time: Time(time),
            process: ProcessId { pid: 7, start: Ticks(1) },
            tid: 7,
            cgroup: Some(Arc::new(Cgroup { place, ..Cgroup::default() })),
            kind: Kind::Content(Box::new(content)),
        })
    }

    #[test]
    fn the_last_content_of_each_container_is_kept_through_a_memory() {
        let mut model = Model::default();
        for event in [told(1, "a", "/bin/sh", 1), told(2, "b", "/bin/sh", 2), told(3, "a", "/bin/sh", 3)] {
            model.apply(&event);
        }
        for model in [&Model::recall(model.remember()), &model] {
            let of = |name: &str, exe: &str| model.content_of(&group(name), &exe.into()).map(|it| it.0[0]);
            assert_eq!((of("a", "/bin/sh"), of("b", "/bin/sh"), of("a", "/bin/ls")), (Some(3), Some(2), None));
        }
        assert_eq!(model.processes().count(), 0, "who has ended and is forgotten is not brought back");
    }

    /// Somebody is there.
    fn lives(container: &str, pid: u32) -> Event {
        let Event::Process(event) = told(1, container, "", 0) else { unreachable!() };
        let process = ProcessId { pid, start: Ticks(1) };
        Event::Process(ProcessEvent { process, tid: pid, kind: Kind::Move, ..event })
    }

    #[test]
    fn of_many_those_whose_containers_are_gone_leave() {
        let mut model = Model::default();
        model.apply(&lives("here", 8));
        model.apply(&told(1, "here", "/bin/sh", 1));
        for at in 0..10 * SOME as u64 {
            model.apply(&told(2 + at, &format!("c{at}"), "/bin/sh", 2));
            assert!(model.contents.count <= SOME + 1, "{}", model.contents.count);
        }
        assert!(model.content_of(&group("here"), &"/bin/sh".into()).is_some());
    }

    #[test]
    fn however_many_are_told_the_latest_stay() {
        let mut model = Model::default();
        (0..9).for_each(|at| model.apply(&lives(&format!("c{at}"), 8 + at)));
        (0..=MOST as u64).for_each(|at| model.apply(&told(at, &format!("c{}", at % 9), &format!("/{at}"), 0)));
        assert!(model.contents.count <= MOST);
        let known = |at: usize| model.content_of(&group(&format!("c{}", at % 9)), &format!("/{at}").as_str().into());
        assert!(known(MOST).is_some() && known(0).is_none());
    }
}
