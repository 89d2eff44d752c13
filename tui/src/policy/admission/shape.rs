//! Pods as their specifications would say them, out of what was told of their containers.

use std::collections::{BTreeMap, BTreeSet};

use super::{ContainerShape, PodShape};
use crate::audit;
use crate::model::{
    Allowed, ContainerNews, GroupKey, Model, NsKind, Role, USUAL_CAPABILITIES, Witness, capability_names,
};

/// Where the kubelet keeps what it mounts into pods by itself: volumes that are no paths of the host.
const KUBELET: &str = "/var/lib/kubelet/pods/";

/// The pods of these containers, by their full ids; a container outside of pods is a pod of its own.
pub fn pods<'a>(containers: impl Iterator<Item = &'a str>, model: &Model) -> Vec<PodShape> {
    let mut pods: BTreeMap<(String, String), PodShape> = BTreeMap::new();
    for id in containers {
        let key = GroupKey::Container(id.into());
        let group = model.group(&key);
        let Some(news) = group.and_then(|group| group.container.as_ref()).map(|it| &it.news) else { continue };
        let name = news.pod.clone().or_else(|| news.name.clone()).unwrap_or_else(|| id.chars().take(12).collect());
        let namespace = news.namespace.clone().unwrap_or_default();
        let pod = pods.entry((namespace.clone(), name.clone())).or_insert_with(|| PodShape {
            name,
            namespace,
            ..PodShape::default()
        });
        add(pod, &key, news, model);
    }
    pods.into_values().collect()
}

/// What was told of one container, the runtimes first: a specification is what was asked for.
struct Told(Vec<(Witness, Allowed)>);

impl Told {
    fn new(key: &GroupKey, model: &Model) -> Told {
        let mut told = audit::told(model, key);
        told.sort_by_key(|(witness, _)| matches!(witness, Witness::Proc | Witness::Events));
        Told(told)
    }

    fn of<T>(&self, say: impl Fn(&Allowed) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(|(_, allowed)| say(allowed))
    }

    fn shares(&self, kind: NsKind) -> bool {
        self.of(|allowed| allowed.shares(kind)).unwrap_or(false)
    }
}

fn add(pod: &mut PodShape, key: &GroupKey, news: &ContainerNews, model: &Model) {
    let told = Told::new(key, model);
    pod.host_pid |= told.shares(NsKind::Pid);
    pod.host_network |= told.shares(NsKind::Net);
    pod.host_ipc |= told.shares(NsKind::Ipc);
    if news.role == Some(Role::Sandbox) {
        return;
    }
    let mounts = told.of(|allowed| allowed.mounts.clone()).unwrap_or_default();
    let paths = mounts.iter().map(|mount| mount.source.lossless());
    pod.host_paths.extend(paths.filter(|path| !path.starts_with(KUBELET)));
    let privileged = told.of(|allowed| allowed.privileged).unwrap_or(false);
    let held = told.of(|allowed| allowed.added.or(allowed.bounding).or(allowed.effective)).unwrap_or(0);
    let added: BTreeSet<String> = capability_names(held & !USUAL_CAPABILITIES).collect();
    pod.containers.push(ContainerShape {
        name: news.name.clone().unwrap_or_else(|| "container".to_owned()),
        image: news.image.clone().unwrap_or_default(),
        privileged,
        // Who is privileged has them without asking for each.
        added: if privileged { BTreeSet::new() } else { added },
        writable: told.of(|allowed| allowed.read_only).is_some_and(|read_only| !read_only),
        escalates: told.of(|allowed| allowed.no_new_privs).is_some_and(|no_new_privs| !no_new_privs),
    });
}
