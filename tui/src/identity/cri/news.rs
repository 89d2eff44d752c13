//! From what CRI and containerd say of a container to what the model understands. Pure.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::wire::{Container, Record, Sandbox, SandboxStatus, SandboxTold, Task};
use crate::identity::bundle::Config;
use crate::identity::labels::describe;
use crate::model::{ContainerNews, ContainerState, Role, Runtime, Time};

/// The name of an image, unless it is empty or a bare digest.
fn named(image: &str) -> Option<String> {
    (!image.is_empty() && !image.starts_with("sha256:")).then(|| image.to_owned())
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A pod's sandbox, from `ListPodSandbox`.
pub(super) fn from_sandbox(sandbox: Sandbox, runtime: Runtime, time: Time) -> Option<ContainerNews> {
    let name = sandbox.metadata.unwrap_or_default();
    let mut news = ContainerNews {
        time,
        id: filled(&sandbox.id)?,
        runtime: Some(runtime),
        labels: sandbox.labels,
        state: if sandbox.state == 0 { ContainerState::Running } else { ContainerState::Exited },
        ..ContainerNews::default()
    };
    describe(&mut news, &sandbox.annotations);
    // That it stands in this list is what makes it one.
    news.role = Some(Role::Sandbox);
    news.name = None;
    news.pod = filled(&name.name).or(news.pod);
    news.namespace = filled(&name.namespace).or(news.namespace);
    Some(news)
}

/// The addresses of a pod, from `PodSandboxStatus`; none for one in the node's own network, whose addresses are the node's.
pub(super) fn addresses(told: SandboxTold) -> Vec<IpAddr> {
    const NODE: i32 = 2;
    let Some(SandboxStatus { network: Some(network), linux }) = told.status else { return Vec::new() };
    let modes = linux.and_then(|linux| linux.namespaces).and_then(|namespaces| namespaces.options);
    if modes.is_some_and(|modes| modes.network == NODE) {
        return Vec::new();
    }
    let all = std::iter::once(network.ip).chain(network.more.into_iter().map(|more| more.ip));
    all.filter_map(|ip| ip.parse().ok()).collect()
}

/// A container, from `ListContainers`; `sandboxes` are those of the same moment.
pub(super) fn from_container(
    container: Container,
    sandboxes: &BTreeMap<String, ContainerNews>,
    runtime: Runtime,
    time: Time,
) -> Option<ContainerNews> {
    let image = container.image.unwrap_or_default();
    let mut news = ContainerNews {
        time,
        id: filled(&container.id)?,
        runtime: Some(runtime),
        labels: container.labels,
        image: named(&image.said).or_else(|| named(&image.image)),
        state: match container.state {
            0 => ContainerState::Created,
            1 => ContainerState::Running,
            2 => ContainerState::Exited,
            _ => ContainerState::Unknown,
        },
        role: Some(Role::Workload),
        ..ContainerNews::default()
    };
    describe(&mut news, &container.annotations);
    news.name = container.metadata.and_then(|name| filled(&name.name)).or(news.name);
    news.image = news.image.or_else(|| filled(&image.image));
    if let Some(sandbox) = sandboxes.get(&container.sandbox) {
        news.pod = news.pod.or_else(|| sandbox.pod.clone());
        news.namespace = news.namespace.or_else(|| sandbox.namespace.clone());
    }
    Some(news)
}

/// A container of containerd's own list, with its task if it has one.
pub(super) fn from_record(
    record: Record,
    task: Option<&Task>,
    before: Option<&ContainerNews>,
    time: Time,
) -> Option<ContainerNews> {
    let mut news = ContainerNews {
        time,
        id: filled(&record.id)?,
        runtime: Some(Runtime::Containerd),
        labels: record.labels,
        image: named(&record.image),
        state: match task.map(|task| task.status) {
            Some(1) => ContainerState::Created,
            Some(2) => ContainerState::Running,
            Some(3) => ContainerState::Exited,
            Some(4 | 5) => ContainerState::Paused,
            Some(_) => ContainerState::Unknown,
            // It has not run yet, or no more.
            None if before.is_some_and(|before| before.state != ContainerState::Unknown) => ContainerState::Exited,
            None => ContainerState::Unknown,
        },
        ..ContainerNews::default()
    };
    let spec = record.spec.and_then(|spec| Config::parse(&spec.value).ok()).unwrap_or_default();
    describe(&mut news, spec.annotations());
    Some(news)
}

/// What both APIs of one socket say of one container: CRI knows more, but not all labels.
pub(super) fn joined(own: ContainerNews, cri: ContainerNews) -> ContainerNews {
    let mut labels = own.labels;
    labels.extend(cri.labels);
    let image = match cri.image {
        Some(image) if named(&image).is_some() => Some(image),
        bare => own.image.or(bare),
    };
    ContainerNews {
        image,
        labels,
        name: cri.name.or(own.name),
        pod: cri.pod.or(own.pod),
        namespace: cri.namespace.or(own.namespace),
        role: cri.role.filter(|role| *role != Role::Workload).or(own.role).or(cri.role),
        // CRI has no word for a paused one.
        state: if own.state == ContainerState::Paused { own.state } else { cri.state },
        ..cri
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::wire::{Any, ContainerName, Image, SandboxName};
    use super::*;

    fn words(list: &[(&str, &str)]) -> BTreeMap<String, String> {
        list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn sandbox() -> Sandbox {
        let metadata = Some(SandboxName { name: "shop-1".into(), namespace: "prod".into() });
        Sandbox { id: "s1".into(), metadata, ..Sandbox::default() }
    }

    #[test]
    fn a_sandbox_of_cri_has_its_pod_and_no_name() {
        let news = from_sandbox(sandbox(), Runtime::Crio, Time(7)).unwrap();
        assert_eq!(
            (news.name.as_deref(), news.pod.as_deref(), news.namespace.as_deref()),
            (None, Some("shop-1"), Some("prod"))
        );
        assert_eq!(
            (news.role, news.state, news.runtime),
            (Some(Role::Sandbox), ContainerState::Running, Some(Runtime::Crio))
        );
        let gone = from_sandbox(Sandbox { state: 1, ..sandbox() }, Runtime::Crio, Time(7)).unwrap();
        assert_eq!(gone.state, ContainerState::Exited);
        assert_eq!(from_sandbox(Sandbox::default(), Runtime::Crio, Time(7)), None, "without an id");
    }

    #[test]
    fn a_container_of_cri_takes_its_pod_from_its_sandbox_where_its_labels_do_not_tell() {
        let sandboxes = BTreeMap::from([("s1".to_owned(), from_sandbox(sandbox(), Runtime::Crio, Time(7)).unwrap())]);
        let container = Container {
            id: "c1".into(),
            sandbox: "s1".into(),
            metadata: Some(ContainerName { name: "app".into() }),
            image: Some(Image { image: "sha256:0f".into(), said: "shop:1".into() }),
            state: 1,
            ..Container::default()
        };
        let news = from_container(container.clone(), &sandboxes, Runtime::Crio, Time(7)).unwrap();
        assert_eq!(
            (news.name.as_deref(), news.pod.as_deref(), news.image.as_deref()),
            (Some("app"), Some("shop-1"), Some("shop:1"))
        );
        assert_eq!((news.role, news.state), (Some(Role::Workload), ContainerState::Running));
        let bare =
            Container { image: Some(Image { image: "sha256:0f".into(), said: String::new() }), state: 9, ..container };
        let news = from_container(bare, &BTreeMap::new(), Runtime::Crio, Time(7)).unwrap();
        assert_eq!((news.image.as_deref(), news.pod, news.state), (Some("sha256:0f"), None, ContainerState::Unknown));
    }

    #[test]
    fn a_record_of_containerd_is_read_out_of_its_labels_and_its_spec() {
        let spec = br#"{"annotations":{"io.kubernetes.cri.container-type":"container","io.kubernetes.cri.image-name":"shop:1","io.kubernetes.cri.sandbox-name":"shop-1"}}"#;
        let record = Record {
            id: "c1".into(),
            labels: words(&[("io.kubernetes.container.name", "app"), ("io.kubernetes.pod.namespace", "prod")]),
            image: "sha256:0f".into(),
            spec: Some(Any { value: spec.to_vec() }),
        };
        let task = Task { status: 4, ..Task::default() };
        let news = from_record(record.clone(), Some(&task), None, Time(7)).unwrap();
        assert_eq!(
            (news.name.as_deref(), news.pod.as_deref(), news.namespace.as_deref()),
            (Some("app"), Some("shop-1"), Some("prod"))
        );
        assert_eq!((news.image.as_deref(), news.state), (Some("shop:1"), ContainerState::Paused));
        assert_eq!(from_record(record.clone(), None, None, Time(7)).unwrap().state, ContainerState::Unknown);
        assert_eq!(from_record(record, None, Some(&news), Time(7)).unwrap().state, ContainerState::Exited);
    }

    #[test]
    fn of_what_both_apis_say_the_better_word_counts() {
        let own = ContainerNews {
            id: "c1".into(),
            image: Some("shop:1".into()),
            labels: words(&[("io.cri-containerd.kind", "container")]),
            role: Some(Role::Init),
            state: ContainerState::Unknown,
            ..ContainerNews::default()
        };
        let cri = ContainerNews {
            id: "c1".into(),
            name: Some("app".into()),
            image: Some("sha256:0f".into()),
            labels: words(&[("tier", "front")]),
            role: Some(Role::Workload),
            state: ContainerState::Exited,
            ..ContainerNews::default()
        };
        let both = joined(own, cri);
        assert_eq!((both.name.as_deref(), both.image.as_deref(), both.labels.len()), (Some("app"), Some("shop:1"), 2));
        assert_eq!((both.role, both.state), (Some(Role::Init), ContainerState::Exited));
    }
}
