//! What a name server's answer says: bytes from anybody, read to what can be made of them, and no further.

use std::net::IpAddr;

use domain::base::iana::Rtype;
use domain::base::name::ParsedName;
use domain::base::{Message, ToName as _};
use domain::rdata::{A, Aaaa, Cname};

use crate::model::{Answer, Text};

/// Records that are looked at; more are no answer but an attack.
const RECORDS: usize = 128;
/// Aliases that are followed.
const ALIASES: usize = 16;

type Name<'a> = ParsedName<&'a [u8]>;

/// What an answer has of aliases and addresses, each with the name that it is of.
#[derive(Default)]
struct Found<'a> {
    aliases: Vec<(Name<'a>, Name<'a>, u32)>,
    addresses: Vec<(Name<'a>, IpAddr, u32)>,
}

/// Reads an answer of `server`; one that was cut is read as far as it goes. `None` where it does not say of the name that
/// it was asked for which addresses that has.
pub(super) fn read(bytes: &[u8], server: IpAddr) -> Option<Answer> {
    let message = Message::from_slice(bytes).ok()?;
    let header = message.header();
    if !header.qr() || message.header_counts().qdcount() != 1 {
        return None;
    }
    let question = message.first_question()?;
    if !matches!(question.qtype(), Rtype::A | Rtype::AAAA) {
        return None;
    }
    let found = find(message);
    let asked = *question.qname();
    let (mut name, mut ttl) = (asked, u32::MAX);
    for _ in 0..ALIASES {
        let Some((_, to, lives)) = found.aliases.iter().find(|(of, ..)| of.name_eq(&name)) else { break };
        (name, ttl) = (*to, ttl.min(*lives));
    }
    let own = found.addresses.iter().filter(|(of, ..)| of.name_eq(&name));
    let (addresses, lives): (Vec<IpAddr>, Vec<u32>) = own.map(|(_, address, lives)| (*address, *lives)).unzip();
    let ttl = lives.into_iter().min()?.min(ttl);
    Some(Answer { name: written(&asked)?, addresses, ttl, server })
}

fn find(message: &Message<[u8]>) -> Found<'_> {
    let mut found = Found::default();
    let Ok(records) = message.answer() else { return found };
    // What cannot be read ends it: what stands before was said all the same.
    for record in records.take(RECORDS).map_while(Result::ok) {
        let ttl = record.ttl().as_secs();
        match record.rtype() {
            Rtype::CNAME => {
                let Ok(Some(alias)) = record.into_record::<Cname<Name<'_>>>() else { break };
                found.aliases.push((*alias.owner(), *alias.data().cname(), ttl));
            }
            Rtype::A => {
                let Ok(Some(address)) = record.into_record::<A>() else { break };
                found.addresses.push((*address.owner(), address.data().addr().into(), ttl));
            }
            Rtype::AAAA => {
                let Ok(Some(address)) = record.into_record::<Aaaa>() else { break };
                found.addresses.push((*address.owner(), address.data().addr().into(), ttl));
            }
            _ => {}
        }
    }
    found
}

/// A name in lower case, as they are compared: labels with dots between, what is not printable as `\DDD`. The root is no
/// name for an address.
fn written(name: &Name<'_>) -> Option<Text> {
    let text = name.to_string().to_ascii_lowercase();
    (!name.is_root()).then(|| Text::from(text.strip_suffix('.').unwrap_or(&text)))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use domain::base::iana::{Class, Rcode};
    use domain::base::{MessageBuilder, Name};
    use proptest::prelude::*;

    use super::*;

    const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 53));

    fn name(text: &str) -> Name<Vec<u8>> {
        text.parse().expect("a name")
    }

    /// An answer to the question for `asked`: aliases, then addresses.
    fn answer(asked: &str, aliases: &[(&str, &str)], addresses: &[(&str, [u8; 4])]) -> Vec<u8> {
        let mut question = MessageBuilder::new_vec().question();
        question.header_mut().set_qr(true);
        question.header_mut().set_rcode(Rcode::NOERROR);
        question.push((name(asked), Rtype::A)).expect("room");
        let mut built = question.answer();
        for (of, to) in aliases {
            built.push((name(of), Class::IN, 60, Cname::new(name(to)))).expect("room");
        }
        for (of, [a, b, c, d]) in addresses {
            built.push((name(of), Class::IN, 300, A::from_octets(*a, *b, *c, *d))).expect("room");
        }
        built.finish()
    }

    fn told(bytes: &[u8]) -> Option<(String, Vec<String>, u32)> {
        let answer = read(bytes, SERVER)?;
        Some((answer.name.lossless(), answer.addresses.iter().map(ToString::to_string).collect(), answer.ttl))
    }

    #[test]
    fn aliases_are_followed_to_the_name_that_was_asked_for() {
        let bytes = answer(
            "WWW.shop.test.",
            &[("www.shop.test.", "edge.test."), ("edge.test.", "e1.test.")],
            &[("e1.test.", [10, 9, 8, 7]), ("other.test.", [1, 1, 1, 1]), ("e1.test.", [10, 9, 8, 8])],
        );
        assert_eq!(told(&bytes), Some(("www.shop.test".into(), vec!["10.9.8.7".into(), "10.9.8.8".into()], 60)));
    }

    #[test]
    fn an_address_of_another_name_is_nobodys() {
        assert_eq!(told(&answer("a.test.", &[], &[("b.test.", [10, 0, 0, 1])])), None);
        assert_eq!(told(&answer("a.test.", &[], &[])), None);
        assert_eq!(told(&answer(".", &[], &[(".", [10, 0, 0, 1])])), None);
    }

    #[test]
    fn aliases_in_a_ring_end() {
        let bytes = answer("a.test.", &[("a.test.", "b.test."), ("b.test.", "a.test.")], &[("b.test.", [1, 2, 3, 4])]);
        // Who is there when it is enough is as good as any; it only has to end.
        let _ = told(&bytes);
    }

    #[test]
    fn a_cut_answer_tells_what_is_whole() {
        let bytes = answer("a.test.", &[], &[("a.test.", [10, 0, 0, 1]), ("a.test.", [10, 0, 0, 2])]);
        assert_eq!(told(&bytes[..bytes.len() - 5]), Some(("a.test".into(), vec!["10.0.0.1".into()], 300)));
    }

    #[test]
    fn control_characters_in_a_name_are_escaped() {
        let asked = Name::from_octets(b"\x05a\x1b[2J\x04test\0".to_vec()).expect("any bytes are a label");
        let mut question = MessageBuilder::new_vec().question();
        question.header_mut().set_qr(true);
        question.push((&asked, Rtype::A)).expect("room");
        let mut built = question.answer();
        built.push((&asked, Class::IN, 1, A::from_octets(1, 2, 3, 4))).expect("room");
        let told = told(&built.finish()).expect("it is an answer").0;
        assert!(told.is_ascii() && !told.contains('\x1b') && told.contains("\\027"), "{told}");
    }

    #[test]
    fn a_name_that_points_at_itself_is_no_name() {
        let mut bytes = answer("a.test.", &[], &[("a.test.", [10, 0, 0, 1])]);
        // The owner of the record, 8 bytes before its 14 others, becomes a pointer to itself.
        let owner = bytes.len() - 22;
        assert_eq!(&bytes[owner..owner + 8], b"\x01a\x04test\0");
        (bytes[owner], bytes[owner + 1]) = (0xc0, u8::try_from(owner).expect("a short message"));
        assert_eq!(told(&bytes), None);
    }

    proptest! {
        #[test]
        fn whatever_bytes_come_something_is_made_of_them_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..1400)) {
            let _ = told(&bytes);
        }

        #[test]
        fn an_answer_with_bytes_changed_never_panics(at in 0usize..120, byte: u8, cut in 0usize..120) {
            let mut bytes = answer("a.b.test.", &[("a.b.test.", "c.test.")], &[("c.test.", [10, 0, 0, 1])]);
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            bytes.truncate(bytes.len().saturating_sub(cut / 4));
            if let Some((name, addresses, _)) = told(&bytes) {
                prop_assert!(name.len() <= 4 * 255 && !addresses.is_empty());
            }
        }
    }
}
