//! What answers at the socket of Docker, or of whoever took its place.
#![cfg(any(test, fuzzing))]

use bollard::models::{ContainerInspectResponse, ContainerSummary, EventMessage, SystemInfo};
use serde_json::from_slice;

use super::{news, posture};
use crate::fuzz::live_through;
use crate::model::{Event, Runtime, Time};

/// Tries bytes as an answer: the first says of which question.
pub(crate) fn docker(bytes: &[u8]) {
    let Some((which, json)) = bytes.split_first() else { return };
    let time = Time(1);
    match which % 4 {
        0 => {
            let Ok(list) = from_slice::<Vec<ContainerSummary>>(json) else { return };
            let news = list.into_iter().filter_map(|one| news::from_summary(one, Runtime::Docker, time));
            let events: Vec<_> = news.map(Event::Container).collect();
            live_through(&events);
        }
        1 => {
            let mut known = None;
            for line in json.split(|byte| *byte == b'\n') {
                let Ok(message) = from_slice::<EventMessage>(line) else { continue };
                let change = news::from_event(&message, known.as_ref(), Runtime::Podman, time);
                if let Some(change) = change {
                    assert!(!change.news.id.is_empty());
                    live_through(&[Event::Container(change.news.clone())]);
                    known = Some(change.news);
                }
            }
        }
        2 => {
            let Ok(told) = from_slice::<ContainerInspectResponse>(json) else { return };
            let _ = posture::of(told, &posture::Defaults::default(), Runtime::Docker);
        }
        _ => {
            let Ok(info) = from_slice::<SystemInfo>(json) else { return };
            let _ = posture::Defaults::of(info);
        }
    }
}
