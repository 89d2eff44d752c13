//! Names beside addresses: never in their place, and with the word of whom they rest on.

use std::net::{IpAddr, SocketAddr};

use super::group_row::name_of;
use super::words::{address, clock};
use crate::app::App;
use crate::model::{GroupKey, Named, Text, Time, Word};

/// The name of an address for one of `group`, when it mattered: `db.test`, `service db`, `pod web-1`, `db.test as web-1 was
/// told`, `db.test (expired)`.
pub(super) fn of(ip: IpAddr, group: &GroupKey, at: Time, app: &App) -> Option<String> {
    let named = app.model().name_of(ip, group)?;
    let name = words(&named, app);
    Some(if named.is_over(at) { format!("{name} (expired)") } else { name })
}

fn words(named: &Named<'_>, app: &App) -> String {
    let name = Text::from(named.name).lossless();
    match named.word {
        Word::Own(_) => name,
        Word::Service => format!("service {name}"),
        Word::Pod => format!("pod {name}"),
        Word::Other(_, Some(other)) => format!("{name} as {} was told", name_of(other, app)),
        Word::Other(_, None) => format!("{name} as somebody was told"),
    }
}

/// An address of something that began at `since`, and its name behind it where it has one, and until when that holds:
/// `10.0.0.5:443 (db.test, until 12:00:01.000)`.
pub(super) fn with(at: SocketAddr, group: &GroupKey, since: Time, app: &App) -> String {
    let Some(named) = app.model().name_of(at.ip(), group) else { return address(at) };
    let until = named.until.map(|until| clock(until, app.settings().utc_offset));
    let until = until.map(|until| format!(", {} {until}", if named.is_over(since) { "expired" } else { "until" }));
    format!("{} ({}{})", address(at), words(&named, app), until.unwrap_or_default())
}

/// A text with the names of the addresses in it behind them.
pub(super) fn within(text: &str, group: &GroupKey, at: Time, app: &App) -> String {
    let named = |word: &str| {
        let bare = word.trim_end_matches([',', ';', ')', '.']);
        let ip = bare.parse::<SocketAddr>().map(|at| at.ip()).or_else(|_| bare.parse::<IpAddr>()).ok()?;
        let (name, rest) = (of(ip, group, at, app)?, &word[bare.len()..]);
        Some(format!("{bare} ({name}){rest}"))
    };
    let words: Vec<String> = text.split(' ').map(|word| named(word).unwrap_or_else(|| word.to_owned())).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::scene::{DB, Scene, WEB, container, settings};
    use crate::app::{App, Message};
    use crate::model::{Answer, ContainerNews, ContainerState, Event, Names, Told};

    fn told(name: &str, address: &str, group: Option<GroupKey>, time: u64) -> Event {
        let (address, server) = (address.parse().expect("an address"), "10.0.0.53".parse().expect("an address"));
        let answer = Answer { name: name.into(), addresses: vec![address], ttl: 60, server };
        Event::Names(Box::new(Names { time: Time(time), group, told: Told::Answer(answer) }))
    }

    #[test]
    fn a_name_stands_behind_its_address_with_the_word_of_whom_it_is() {
        let mut scene = Scene::node();
        let now = scene.now;
        scene.events.push(told("own.test", "198.51.100.7", Some(container(WEB)), now));
        scene.events.push(told("evil\x1b.test", "198.51.100.8", Some(container(DB)), now));
        scene.events.push(told("old.test", "198.51.100.9", None, now));
        scene.events.push(told("shop.test", "10.244.0.7", Some(container(WEB)), now));
        let addresses = vec!["10.244.0.7".parse().expect("an address")];
        let (state, pod) = (ContainerState::Running, Some("shop-1".to_owned()));
        let news =
            ContainerNews { time: Time(now), id: "s1".into(), pod, addresses, state, ..ContainerNews::default() };
        scene.events.push(Event::Container(news));
        let mut app = App::new(settings(), 100, 30);
        app.update(Message::Batch(std::mem::take(&mut scene.events)));
        let of = |ip: &str| super::of(ip.parse().expect("an address"), &container(WEB), Time(now), &app);
        assert_eq!(of("198.51.100.7").as_deref(), Some("own.test"));
        assert_eq!(
            of("198.51.100.8").as_deref(),
            Some("evil\u{1b}.test as db-1 was told"),
            "escaped where it is drawn"
        );
        assert_eq!(of("198.51.100.9").as_deref(), Some("old.test as somebody was told"));
        assert_eq!(of("198.51.100.10"), None);
        assert_eq!(of("10.244.0.7").as_deref(), Some("shop.test"), "what it was told itself comes first");
        let host = super::of("10.244.0.7".parse().expect("an address"), &GroupKey::Host, Time(now), &app);
        assert_eq!(host.as_deref(), Some("pod shop-1"), "and what the node knows before what others were told");
        let text = within("tcp to 198.51.100.7:80, then 198.51.100.10", &container(WEB), Time(now), &app);
        assert_eq!(text, "tcp to 198.51.100.7:80 (own.test), then 198.51.100.10");
    }
}
