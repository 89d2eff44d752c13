//! From what the API says of a container to what the model understands. Pure.

use std::collections::BTreeMap;

use bollard::models::{ContainerSummary, ContainerSummaryStateEnum, EventMessage};

use super::super::labels::{NAMESPACE, POD, role};
use super::super::teller::Change;
use crate::model::{ContainerNews, ContainerState, Runtime, Time};

/// What an event's attributes hold besides the labels of the container.
const NOT_LABELS: [&str; 9] =
    ["name", "image", "exitCode", "execDuration", "execID", "signal", "oldName", "containerExitCode", "podId"];

/// An entry of a container list; `None` without an id.
pub(super) fn from_summary(summary: ContainerSummary, runtime: Runtime, time: Time) -> Option<ContainerNews> {
    let labels: BTreeMap<String, String> = summary.labels.unwrap_or_default().into_iter().collect();
    // Links of old give a container further names, `/other/alias`; its own is the one with a single slash.
    let names = summary.names.unwrap_or_default();
    let name = names.iter().find(|name| !name.trim_start_matches('/').contains('/')).or(names.first());
    Some(ContainerNews {
        time,
        id: summary.id.filter(|id| !id.is_empty())?,
        name: name.map(|name| name.trim_start_matches('/').to_owned()),
        image: summary.image,
        runtime: Some(runtime),
        pod: labels.get(POD).cloned(),
        namespace: labels.get(NAMESPACE).cloned(),
        state: state(summary.state),
        role: role(&labels, &BTreeMap::new()),
        labels,
        addresses: Vec::new(),
    })
}

fn state(state: Option<ContainerSummaryStateEnum>) -> ContainerState {
    use ContainerSummaryStateEnum as Told;
    match state {
        None | Some(Told::EMPTY) => ContainerState::Unknown,
        Some(Told::CREATED) => ContainerState::Created,
        Some(Told::RUNNING | Told::STOPPING) => ContainerState::Running,
        Some(Told::PAUSED) => ContainerState::Paused,
        // Between two runs nothing of it runs.
        Some(Told::RESTARTING | Told::EXITED | Told::REMOVING | Told::DEAD) => ContainerState::Exited,
    }
}

/// An event of a container; `None` for those that change nothing that we show (execs, health checks, attaches).
///
/// The event itself is enough: a container that lived 20 ms is gone before anybody can ask for it.
pub(super) fn from_event(
    message: &EventMessage,
    known: Option<&ContainerNews>,
    runtime: Runtime,
    time: Time,
) -> Option<Change> {
    let action = message.action.as_deref()?;
    let actor = message.actor.as_ref()?;
    let id = actor.id.as_deref().filter(|id| !id.is_empty())?;
    let before = known.map_or(ContainerState::Unknown, |known| known.state);
    let state = match action {
        "create" | "init" => ContainerState::Created,
        "start" | "restart" | "unpause" => ContainerState::Running,
        "pause" => ContainerState::Paused,
        // Podman's own words beside Docker's.
        "die" | "died" | "destroy" | "remove" => ContainerState::Exited,
        "rename" | "update" => before,
        _ => return None,
    };
    let mut news = match known {
        Some(known) => known.clone(),
        None => from_attributes(id, actor.attributes.iter().flatten(), runtime),
    };
    if let Some(name) = actor.attributes.as_ref().and_then(|attributes| attributes.get("name")) {
        news.name = Some(name.trim_start_matches('/').to_owned());
    }
    (news.state, news.time) = (state, time);
    Some(Change { news, gone: matches!(action, "destroy" | "remove") })
}

fn from_attributes<'a>(
    id: &str,
    attributes: impl Iterator<Item = (&'a String, &'a String)> + Clone,
    runtime: Runtime,
) -> ContainerNews {
    let find = |wanted: &str| attributes.clone().find(|(key, _)| *key == wanted).map(|(_, value)| value.clone());
    let labels = attributes.clone().filter(|(key, _)| !NOT_LABELS.contains(&key.as_str()));
    let labels: BTreeMap<String, String> = labels.map(|(key, value)| (key.clone(), value.clone())).collect();
    ContainerNews {
        id: id.to_owned(),
        image: find("image"),
        runtime: Some(runtime),
        pod: find(POD),
        namespace: find(NAMESPACE),
        role: role(&labels, &BTreeMap::new()),
        labels,
        ..ContainerNews::default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use bollard::models::EventActor;

    fn event(action: &str, attributes: &[(&str, &str)]) -> EventMessage {
        let attributes = attributes.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        EventMessage {
            action: Some(action.into()),
            actor: Some(EventActor { id: Some("abc".into()), attributes: Some(attributes) }),
            ..EventMessage::default()
        }
    }

    fn change(action: &str, known: Option<&ContainerNews>) -> Option<Change> {
        let attributes =
            [("name", "web"), ("image", "nginx:1"), ("exitCode", "0"), ("tier", "front"), (POD, "p"), (NAMESPACE, "n")];
        from_event(&event(action, &attributes), known, Runtime::Docker, Time(7))
    }

    #[test]
    fn an_event_of_an_unknown_container_tells_its_name_image_pod_and_labels() {
        let news = change("start", None).unwrap().news;
        assert_eq!(
            (news.id.as_str(), news.name.as_deref(), news.image.as_deref()),
            ("abc", Some("web"), Some("nginx:1"))
        );
        assert_eq!((news.pod.as_deref(), news.namespace.as_deref()), (Some("p"), Some("n")));
        assert_eq!((news.state, news.time, news.runtime), (ContainerState::Running, Time(7), Some(Runtime::Docker)));
        assert_eq!(news.labels.keys().collect::<Vec<_>>(), [POD, NAMESPACE, "tier"]);
    }

    #[test]
    fn each_action_leads_to_its_state() {
        let states = [
            ("create", ContainerState::Created),
            ("start", ContainerState::Running),
            ("unpause", ContainerState::Running),
            ("pause", ContainerState::Paused),
            ("die", ContainerState::Exited),
            ("destroy", ContainerState::Exited),
        ];
        for (action, state) in states {
            assert_eq!(change(action, None).unwrap().news.state, state, "{action}");
            assert_eq!(change(action, None).unwrap().gone, action == "destroy", "{action}");
        }
    }

    #[test]
    fn execs_and_health_checks_change_nothing() {
        for action in ["exec_create: sh", "exec_start: sh", "exec_die", "health_status: healthy", "attach", "top"] {
            assert_eq!(change(action, None), None, "{action}");
        }
    }

    #[test]
    fn a_rename_keeps_the_state_and_the_labels() {
        let known = ContainerNews { name: Some("old".into()), ..change("pause", None).unwrap().news };
        let news = change("rename", Some(&known)).unwrap().news;
        assert_eq!(news.name.as_deref(), Some("web"));
        assert_eq!((news.state, &news.labels), (ContainerState::Paused, &known.labels));
    }

    #[test]
    fn a_listed_container_has_its_own_name_and_not_a_link() {
        let summary = ContainerSummary {
            id: Some("abc".into()),
            names: Some(vec!["/other/alias".into(), "/web".into()]),
            state: Some(ContainerSummaryStateEnum::RESTARTING),
            labels: Some([(POD.to_owned(), "p".to_owned())].into()),
            ..ContainerSummary::default()
        };
        let news = from_summary(summary, Runtime::Podman, Time(1)).unwrap();
        assert_eq!((news.name.as_deref(), news.pod.as_deref()), (Some("web"), Some("p")));
        assert_eq!((news.state, news.runtime), (ContainerState::Exited, Some(Runtime::Podman)));
    }

    #[test]
    fn what_has_no_id_is_no_news() {
        assert_eq!(from_summary(ContainerSummary::default(), Runtime::Docker, Time(1)), None);
        assert_eq!(from_event(&EventMessage::default(), None, Runtime::Docker, Time(1)), None);
    }
}
