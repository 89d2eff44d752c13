//! What a workload is called: after the owner of its pods, after its image, or after its service.

use super::image::Reference;
use crate::model::{Container, ContainerNews, GroupKey, Model, Role};

/// Letters and digits that Kubernetes makes names of (`k8s.io/apimachinery/pkg/util/rand`): none that make words.
const RANDOM: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The owner of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The namespace of both.
    pub namespace: String,
    /// The name of the owner: of the Deployment, the DaemonSet, the StatefulSet, the Job or CronJob; of a pod that
    /// nobody owns, its own.
    pub name: String,
}

/// The name of the workload that a group of processes belongs to: `None` for the host, and for a container of which no
/// runtime has told an image yet.
pub fn workload_of(group: &GroupKey, model: &Model) -> Option<String> {
    match group {
        GroupKey::Host => None,
        GroupKey::Service(name) => Some(format!("service {name}")),
        GroupKey::Container(_) => {
            let container = model.group(group)?.container.as_ref()?;
            if let Some(owner) = owner_of(container, model) {
                let name = container.news.name.as_deref().unwrap_or("sandbox");
                return Some(format!("{}/{}:{name}", owner.namespace, owner.name));
            }
            // Its cgroup is that of a pod, whose name comes later.
            let image = container.news.image.as_deref().filter(|_| container.pod_uid.is_none())?;
            Some(format!("image {}", Reference::parse(image).short()))
        }
    }
}

/// The image of a container, as its runtime names it.
pub fn image_of(group: &GroupKey, model: &Model) -> Option<Reference> {
    let container = model.group(group)?.container.as_ref()?;
    container.news.image.as_deref().map(Reference::parse)
}

/// The owner of a container's pod; `None` outside of pods.
pub(super) fn owner_of(container: &Container, model: &Model) -> Option<Owner> {
    let news = &container.news;
    let pod = news.pod.as_deref()?;
    let namespace = news.namespace.clone().unwrap_or_else(|| "default".to_owned());
    let sandbox = sandbox(news, model);
    let label = |key: &str| [Some(news), sandbox].into_iter().flatten().find_map(|it| it.labels.get(key));
    Some(Owner { namespace, name: owner(pod, label) })
}

/// The sandbox of the same pod: its labels are those of the pod.
pub(super) fn sandbox<'a>(news: &ContainerNews, model: &'a Model) -> Option<&'a ContainerNews> {
    let known = model.groups().filter_map(|group| group.container.as_ref()).map(|it| &it.news);
    known.into_iter().find(|it| it.role == Some(Role::Sandbox) && it.pod == news.pod && it.namespace == news.namespace)
}

/// The name of a pod's owner, out of the pod's name and labels.
fn owner<'a>(pod: &str, label: impl Fn(&str) -> Option<&'a String>) -> String {
    if let Some(job) = label("batch.kubernetes.io/job-name").or_else(|| label("job-name")) {
        return cron_job(job).to_owned();
    }
    if let Some(hash) = label("pod-template-hash")
        && let Some((name, _)) = pod.rsplit_once(&format!("-{hash}-"))
    {
        return name.to_owned();
    }
    let revision = label("controller-revision-hash");
    let ordinal =
        label("statefulset.kubernetes.io/pod-name").is_some() || label("apps.kubernetes.io/pod-index").is_some();
    let (name, last) = pod.rsplit_once('-').unwrap_or((pod, ""));
    if ordinal || revision.is_some() && !last.is_empty() {
        return name.to_owned();
    }
    by_grammar(pod).to_owned()
}

/// A pod's owner by the name alone: `web-7d4b9c6f5d-x2x4z` is of `web`, `agent-x2x4z` of `agent`, `backup-28412345-x2x4z` of
/// `backup`, `db-0` of `db`. A name that has no such end is its own.
fn by_grammar(pod: &str) -> &str {
    let random = |word: &str, least: usize, most: usize| {
        (least..=most).contains(&word.len()) && word.bytes().all(|it| RANDOM.contains(&it))
    };
    let Some((name, last)) = pod.rsplit_once('-') else { return pod };
    if last.len() <= 3 && !last.is_empty() && last.bytes().all(|it| it.is_ascii_digit()) {
        return name;
    }
    if !random(last, 5, 5) {
        return pod;
    }
    match name.rsplit_once('-') {
        Some((owner, hash)) if random(hash, 8, 10) => owner,
        _ => cron_job(name),
    }
}

/// The CronJob of a job: the job is called after it and the minute.
fn cron_job(job: &str) -> &str {
    match job.rsplit_once('-') {
        Some((name, minute)) if minute.len() >= 8 && minute.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => job,
    }
}

/// Labels that tell pods of one owner apart, or that runtimes add.
pub(super) fn is_passing(label: &str) -> bool {
    const PASSING: [&str; 11] = [
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
        "batch.kubernetes.io/job-completion-index",
        "controller-uid",
        "job-name",
        "job-completion-index",
    ];
    PASSING.contains(&label) || label.starts_with("io.kubernetes.") || label.starts_with("io.cri-containerd.")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn of(pod: &str, labels: &[(&str, &str)]) -> String {
        let labels: BTreeMap<String, String> = labels.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        owner(pod, |key| labels.get(key))
    }

    #[test]
    fn labels_tell_the_owner_whatever_it_is_called() {
        assert_eq!(of("web-1-7d4b9c6f5d-x2x4z", &[("pod-template-hash", "7d4b9c6f5d")]), "web-1");
        assert_eq!(of("agent-x2x4z", &[("controller-revision-hash", "84bd")]), "agent");
        assert_eq!(of("db-1000", &[("apps.kubernetes.io/pod-index", "1000")]), "db");
        assert_eq!(of("sum-28412345-x2x4z", &[("batch.kubernetes.io/job-name", "sum-28412345")]), "sum");
        assert_eq!(of("once-x2x4z", &[("job-name", "once")]), "once");
    }

    #[test]
    fn without_labels_the_grammar_of_names_tells_it_and_words_are_left_alone() {
        assert_eq!(of("web-7d4b9c6f5d-x2x4z", &[]), "web");
        assert_eq!(of("agent-x2x4z", &[]), "agent");
        assert_eq!(of("backup-28412345-x2x4z", &[]), "backup");
        assert_eq!(of("db-0", &[]), "db");
        for alone in ["web", "nginx-proxy", "redis-cache", "node-agent-2026"] {
            assert_eq!(of(alone, &[]), alone);
        }
    }
}
