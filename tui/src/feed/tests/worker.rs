//! Queues that end, and what becomes of what is offered: sent, sent again, refused, or counted as lost.

use super::*;
use crate::model::Health;

#[test]
fn what_is_offered_arrives_in_its_order() {
    let puppet = Puppet::default();
    let got = Arc::clone(&puppet.got);
    let (feed, _said) = started(puppet, Room::default());
    let sorts = Sort::ALL.iter().cycle();
    let lines: Vec<_> = sorts.zip(1..1_000).map(|(sort, number)| item(*sort, number)).collect();
    lines.iter().for_each(|item| feed.offer(item));
    let counts = Arc::clone(feed.counts());
    finish(feed);
    let sent: Vec<String> = lines.iter().map(|item| item.line.to_string()).collect();
    assert_eq!(*got.lock().unwrap(), sent);
    assert_eq!(Sort::ALL.map(|sort| counts.sent(sort)).iter().sum::<u64>(), 999);
    assert_eq!(counts.lost_in_all(), 0);
}

#[test]
fn findings_are_last_to_go_and_what_went_is_told() {
    let trouble = Err(Trouble::later("busy"));
    let puppet = Puppet::answering([trouble]);
    let (got, tries) = (Arc::clone(&puppet.got), Arc::clone(&puppet.tries));
    let (feed, _said) = started(puppet, Room { items: 4, bytes: 1 << 20 });
    feed.offer(&item(Sort::Status, 1));
    wait("the first attempt", || tries.load(Ordering::SeqCst) > 0);
    let sorts = [Sort::Event, Sort::Finding, Sort::Event, Sort::Incident, Sort::Event, Sort::Finding, Sort::Event];
    sorts.iter().zip(2..).for_each(|(sort, number)| feed.offer(&item(*sort, number)));
    let counts = Arc::clone(feed.counts());
    assert_eq!(counts.lost(Sort::Event, Reason::QueueFull), 3, "the three that were the oldest");
    assert_eq!(feed.depth().items, 4);
    finish(feed);
    assert!(got.lock().unwrap()[1].starts_with(r#"{"type":"loss","time":"#), "{got:?}");
    let got: Vec<Value> = got.lock().unwrap().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<_> = got.iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 6, 3, 5, 7, 8], "the loss has the number of the last that was lost");
    assert_eq!((&got[1]["type"], &got[1]["kind"]), (&"loss".into(), &"unsent".into()));
    assert_eq!((&got[1]["count"], &got[1]["of"]), (&3.into(), &serde_json::json!({"event": 3})));
    assert_eq!(got[1]["feed"], "puppet");
}

#[test]
fn where_nothing_but_findings_waits_the_oldest_goes() {
    let puppet = Puppet { hangs: true, ..Puppet::default() };
    let tries = Arc::clone(&puppet.tries);
    let (feed, _said) = started(puppet, Room { items: 2, bytes: 1 << 20 });
    feed.offer(&item(Sort::Event, 1));
    wait("the first attempt", || tries.load(Ordering::SeqCst) > 0);
    (2..6).for_each(|number| feed.offer(&item(Sort::Finding, number)));
    feed.offer(&item(Sort::Event, 6));
    assert_eq!(feed.counts().lost(Sort::Finding, Reason::QueueFull), 2);
    assert_eq!(feed.counts().lost(Sort::Event, Reason::QueueFull), 1, "an event never takes the place of a finding");
    let (counts, end) = (Arc::clone(feed.counts()), Instant::now() + Duration::from_millis(100));
    feed.close(end);
    feed.join(end);
    assert!(end.elapsed() < Duration::from_secs(5), "it does not wait for who does not answer");
    assert_eq!(counts.lost(Sort::Finding, Reason::Ended), 2, "what waited is counted");
    assert_eq!(counts.lost(Sort::Event, Reason::Ended), 1, "what was on its way, too");
}

#[test]
fn what_is_refused_for_a_while_is_sent_again_and_said_once() {
    let busy = || Err(Trouble::Later { why: "503".to_owned(), after: Some(Duration::from_millis(1)) });
    let puppet = Puppet::answering([busy(), busy()]);
    let got = Arc::clone(&puppet.got);
    let (feed, mut said) = started(puppet, Room::default());
    feed.offer(&item(Sort::Finding, 1));
    let counts = Arc::clone(feed.counts());
    wait("the finding", || counts.sent(Sort::Finding) == 1);
    assert_eq!((got.lock().unwrap().len(), counts.retried()), (1, 2));
    finish(feed);
    let said: Vec<_> = std::iter::from_fn(|| said.try_recv().ok()).map(|said| (said.health, said.text)).collect();
    assert_eq!(said, [(Health::Degraded, "503".to_owned()), (Health::Ok, "sends again".to_owned())]);
}

#[test]
fn what_is_refused_for_good_is_counted_and_the_rest_goes_on() {
    let puppet = Puppet::answering([Err(Trouble::Refused { why: "400".to_owned(), count: 1 })]);
    let (feed, _said) = started(puppet, Room::default());
    feed.offer(&item(Sort::Finding, 1));
    wait("the refusal", || feed.counts().lost(Sort::Finding, Reason::Refused) == 1);
    feed.offer(&item(Sort::Finding, 2));
    wait("the next", || feed.counts().sent(Sort::Finding) == 1);
    finish(feed);
}

#[test]
fn a_feed_whose_other_side_is_gone_is_over() {
    let puppet = Puppet::answering([Err(Trouble::Over { why: "gone".to_owned() })]);
    let (feed, _said) = started(puppet, Room::default());
    feed.offer(&item(Sort::Finding, 1));
    wait("the end", || feed.is_over());
    feed.offer(&item(Sort::Finding, 2));
    assert_eq!(feed.counts().lost(Sort::Finding, Reason::Ended), 2);
}
