//! What answers at the sockets of containerd and of CRI: protocol buffers, and JSON within them.
#![cfg(any(test, fuzzing))]

use std::collections::BTreeMap;

use prost::Message;

use super::wire::{
    ContainerTold, Containers, CriEvent, CriVersion, Envelope, Namespaces, Records, SandboxTold, Sandboxes, Tasks,
};
use super::{news, posture};
use crate::fuzz::live_through;
use crate::model::{Event, Runtime, Time};

/// Tries bytes as an answer: the first says of which question.
pub(crate) fn cri(bytes: &[u8]) {
    let Some((which, answer)) = bytes.split_first() else { return };
    match which % 8 {
        0 => sandboxes(answer),
        1 => containers(answer),
        2 => records(answer),
        3 => drop(read::<SandboxTold>(answer).map(news::addresses)),
        4 => {
            for info in read::<ContainerTold>(answer).unwrap_or_default().info.values() {
                let _ = posture::of(info);
            }
        }
        5 => drop(posture::of(&String::from_utf8_lossy(answer))),
        6 => drop((read::<CriVersion>(answer), read::<CriEvent>(answer), read::<Envelope>(answer))),
        _ => drop((read::<Namespaces>(answer), read::<Tasks>(answer))),
    }
}

/// A message, which is the same when it is written and read again.
fn read<T: Message + Default + PartialEq + std::fmt::Debug>(bytes: &[u8]) -> Option<T> {
    let message = T::decode(bytes).ok()?;
    assert_eq!(T::decode(message.encode_to_vec().as_slice()).as_ref(), Ok(&message));
    Some(message)
}

fn sandboxes(answer: &[u8]) {
    let Some(told) = read::<Sandboxes>(answer) else { return };
    let news = told.items.into_iter().filter_map(|it| news::from_sandbox(it, Runtime::Containerd, Time(1)));
    live_through(&news.map(Event::Container).collect::<Vec<_>>());
}

fn containers(answer: &[u8]) {
    let Some(told) = read::<Containers>(answer) else { return };
    let sandbox = crate::model::ContainerNews { id: "s".into(), pod: Some("p".into()), ..Default::default() };
    let sandboxes = BTreeMap::from([("s".to_owned(), sandbox)]);
    let all = told.containers.into_iter();
    let news = all.filter_map(|it| news::from_container(it, &sandboxes, Runtime::Crio, Time(1)));
    live_through(&news.map(Event::Container).collect::<Vec<_>>());
}

fn records(answer: &[u8]) {
    let Some(told) = read::<Records>(answer) else { return };
    let mut events = Vec::new();
    for record in told.containers {
        if let Some(own) = news::from_record(record, None, None, Time(1)) {
            events.push(Event::Container(own.clone()));
            events.push(Event::Container(news::joined(own.clone(), own)));
        }
    }
    live_through(&events);
}
