//! What the labels and annotations that kubelet, containerd and CRI-O set say of a container. Pure.

use std::collections::BTreeMap;

use crate::model::{ContainerNews, Role, Runtime};

/// Labels and annotations, by key.
pub(super) type Words = BTreeMap<String, String>;

/// The pod's name, a label of the kubelet (CRI-O repeats it among the annotations, as the next two).
pub(super) const POD: &str = "io.kubernetes.pod.name";
/// The pod's namespace.
pub(super) const NAMESPACE: &str = "io.kubernetes.pod.namespace";
/// The container's name in the pod; of a sandbox `POD`.
const NAME: &str = "io.kubernetes.container.name";
/// What kind of container it is: kubelets of 1.8 to 1.15 told, where ephemeral containers were on trial.
const TYPE: &str = "io.kubernetes.container.type";

/// Sandbox or container: containerd's annotation and its label, CRI-O's annotation, the label of cri-dockerd.
const KINDS: [&str; 4] = [
    "io.kubernetes.cri.container-type",
    "io.kubernetes.cri-o.ContainerType",
    "io.cri-containerd.kind",
    "io.kubernetes.docker.type",
];
/// The annotations that name an image, best first.
const IMAGES: [&str; 4] = [
    "io.kubernetes.cri.image-name",
    "io.kubernetes.cri-o.ImageName",
    "io.kubernetes.cri.podsandbox.image-name",
    "io.kubernetes.cri-o.Image",
];
/// Annotations of CRI-O that hold the labels, as a JSON object.
const CRIO_LABELS: &str = "io.kubernetes.cri-o.Labels";
/// Who made it, among the annotations of CRI-O (`cri-o`) and Podman (`libpod`).
const MANAGER: &str = "io.container.manager";

/// What the container is there for, where it is told.
pub(super) fn role(labels: &Words, annotations: &Words) -> Option<Role> {
    let kind = KINDS.iter().find_map(|key| first(key, labels, annotations));
    match kind {
        Some("sandbox" | "podsandbox") => return Some(Role::Sandbox),
        None if first(NAME, labels, annotations) == Some("POD") => return Some(Role::Sandbox),
        _ => {}
    }
    let told = first(TYPE, labels, annotations).map(str::to_ascii_uppercase);
    match told.as_deref() {
        Some("INIT") => Some(Role::Init),
        Some("EPHEMERAL") => Some(Role::Ephemeral),
        Some("REGULAR") => Some(Role::Ordinary),
        _ => (kind == Some("container")).then_some(Role::Workload),
    }
}

/// Adds to what is known of a container what its labels and annotations say.
pub(super) fn describe(news: &mut ContainerNews, annotations: &Words) {
    let told =
        annotations.get(CRIO_LABELS).and_then(|text| serde_json::from_str::<BTreeMap<String, String>>(text).ok());
    for (key, value) in told.into_iter().flatten() {
        news.labels.entry(key).or_insert(value);
    }
    news.role = role(&news.labels, annotations).or(news.role);
    let find = |keys: &[&str]| {
        let text = keys.iter().find_map(|key| first(key, &news.labels, annotations));
        text.map(str::to_owned)
    };
    let name = find(&[NAME, "io.kubernetes.cri.container-name", "nerdctl/name"])
        .or_else(|| annotations.get("io.kubernetes.cri-o.ContainerName").and_then(|long| long_name(long)));
    let pod = find(&[POD, "io.kubernetes.cri.sandbox-name", "io.kubernetes.cri-o.KubeName"]);
    let namespace = find(&[NAMESPACE, "io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri-o.Namespace"]);
    let image = find(&IMAGES);
    // A sandbox has no name of its own: runtimes call it `POD`, or after its pod.
    let name = name.filter(|_| news.role != Some(Role::Sandbox));
    news.name = name.or(news.name.take());
    news.pod = pod.or(news.pod.take());
    news.namespace = namespace.or(news.namespace.take());
    news.image = image.or(news.image.take());
}

/// Who made a container, where its annotations tell.
pub(super) fn maker(annotations: &Words) -> Option<Runtime> {
    match annotations.get(MANAGER).map(String::as_str) {
        Some("cri-o") => Some(Runtime::Crio),
        Some("libpod") => Some(Runtime::Podman),
        _ if annotations.keys().any(|key| key.starts_with("io.kubernetes.cri-o.")) => Some(Runtime::Crio),
        _ if annotations.keys().any(|key| key.starts_with("io.kubernetes.cri.")) => Some(Runtime::Containerd),
        _ => None,
    }
}

/// The label, or else the annotation, unless it is empty.
fn first<'a>(key: &str, labels: &'a Words, annotations: &'a Words) -> Option<&'a str> {
    [labels, annotations].into_iter().find_map(|words| words.get(key)).map(String::as_str).filter(|it| !it.is_empty())
}

/// The container's name out of `k8s_NAME_POD_NAMESPACE_UID_ATTEMPT`.
fn long_name(long: &str) -> Option<String> {
    let name = long.strip_prefix("k8s_")?.split('_').next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[(&str, &str)]) -> Words {
        list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn sandboxes_and_containers_are_told_apart_in_the_words_of_every_runtime() {
        let none = Words::new();
        for key in KINDS {
            assert_eq!(role(&none, &words(&[(key, "sandbox")])), Some(Role::Sandbox), "{key}");
            assert_eq!(role(&words(&[(key, "container")]), &none), Some(Role::Workload), "{key}");
        }
        assert_eq!(role(&words(&[("io.kubernetes.docker.type", "podsandbox")]), &none), Some(Role::Sandbox));
        assert_eq!(role(&words(&[(NAME, "POD")]), &none), Some(Role::Sandbox));
        assert_eq!(role(&words(&[("tier", "front")]), &none), None);
    }

    #[test]
    fn init_and_ephemeral_containers_are_told_where_the_kubelet_says_so_and_only_there() {
        let of = |told| role(&words(&[(TYPE, told), ("io.cri-containerd.kind", "container")]), &Words::new());
        assert_eq!([of("INIT"), of("ephemeral")], [Some(Role::Init), Some(Role::Ephemeral)]);
        assert_eq!(
            [of("REGULAR"), of("?"), of("")],
            [Some(Role::Ordinary), Some(Role::Workload), Some(Role::Workload)]
        );
    }

    #[test]
    fn cri_o_has_labels_and_the_name_inside_of_its_annotations() {
        let mut news = ContainerNews::default();
        describe(
            &mut news,
            &words(&[
                ("io.kubernetes.cri-o.ContainerType", "container"),
                ("io.kubernetes.cri-o.ContainerName", "k8s_app_shop-1_prod_0f_0"),
                ("io.kubernetes.cri-o.KubeName", "shop-1"),
                ("io.kubernetes.cri-o.Namespace", "prod"),
                (CRIO_LABELS, r#"{"tier":"front"}"#),
                ("io.kubernetes.cri-o.ImageName", "shop:1"),
            ]),
        );
        assert_eq!(
            (news.name.as_deref(), news.pod.as_deref(), news.namespace.as_deref()),
            (Some("app"), Some("shop-1"), Some("prod"))
        );
        assert_eq!(
            (news.image.as_deref(), news.labels.get("tier").map(String::as_str)),
            (Some("shop:1"), Some("front"))
        );
        assert_eq!(news.role, Some(Role::Workload));
    }

    #[test]
    fn a_sandbox_has_no_name_and_what_was_known_is_kept_where_nothing_is_told() {
        let mut news = ContainerNews { image: Some("pause:3.9".into()), ..ContainerNews::default() };
        let annotations =
            words(&[("io.kubernetes.cri-o.ContainerType", "sandbox"), (NAME, "POD"), (CRIO_LABELS, "[1]")]);
        describe(&mut news, &annotations);
        assert_eq!((news.name.as_deref(), news.image.as_deref()), (None, Some("pause:3.9")));
        assert_eq!((news.role, maker(&annotations)), (Some(Role::Sandbox), Some(Runtime::Crio)));
    }
}
