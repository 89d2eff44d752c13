//! What a field says of an event, as a text: for titles, and to tell one value from another.

use super::super::event::ProcessEvent;
use super::super::graph::Model;
use super::super::text::lossless;
use super::eval::Subject;
use super::fields::{Field, Type};

/// Characters of the id of a container, and of as much of it as is shown.
const ID: usize = 64;
const SHORT: usize = 12;

/// The value of a field of an event that `model` has taken in already, or of its process; the first where there are
/// several, of ports that of the other end. `None` where it has none.
pub fn told(field: Field, event: &ProcessEvent, model: &Model) -> Option<String> {
    let subject = Subject::event(event, model);
    let mut value = None;
    let mut keep = |text: String| {
        value.get_or_insert(text);
        true
    };
    match field.kind() {
        // Of a container first its id is told, then what it is called, where somebody called it something.
        Type::Text if field == Field::Container => {
            let mut last = None;
            subject.texts(field, &mut |text| {
                last = Some(lossless(text));
                false
            });
            return last.map(|name| if name.len() == ID && name.is_ascii() { name[..SHORT].to_owned() } else { name });
        }
        Type::Text | Type::Word(_) => {
            subject.texts(field, &mut |text| keep(lossless(text)));
        }
        Type::Address => {
            subject.addresses(field, &mut |address| keep(address.ip().to_canonical().to_string()));
        }
        Type::Number if field == Field::Port => {
            let mut port = |address: std::net::SocketAddr| keep(address.port().to_string());
            let _ = subject.addresses(Field::Remote, &mut port) || subject.addresses(Field::Local, &mut port);
        }
        Type::Number | Type::Time | Type::Severity => {
            subject.numbers(field, &mut |number| keep(number.to_string()));
        }
        Type::Flag => {
            subject.flag(field).map(|flag| keep(if flag { "yes" } else { "no" }.to_owned()));
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::scene::Scene;
    use crate::model::Event;

    #[test]
    fn a_field_says_what_the_event_has_and_nothing_else() {
        let scene = Scene::node();
        let (mut model, mut all) = (Model::default(), Vec::new());
        for event in &scene.events {
            model.apply(event);
            if let Event::Process(event) = event {
                let exe = told(Field::Exe, event, &model);
                assert_eq!(exe.is_some(), model.process(event.process).is_some_and(|it| it.image().is_some()));
                assert_eq!(told(Field::Kind, event, &model).as_deref(), Some(event.kind.name()));
                assert_eq!(told(Field::Pid, event, &model), Some(event.process.pid.to_string()));
                assert_eq!(told(Field::Rule, event, &model), None);
                all.extend(told(Field::Remote, event, &model));
            }
        }
        assert!(!all.is_empty() && all.iter().all(|remote| remote.parse::<std::net::IpAddr>().is_ok()), "{all:?}");
    }
}
