//! Webhooks get what is bad enough, whatever happens on the way.

use super::papers::Papers;
use super::server::{Answer, Server};
use super::*;

fn webhook(url: &str, message: Message) -> (Feed, Receiver<Said>) {
    let url = address(url, false).unwrap();
    started(Webhook::new(url, message, Severity::Medium, None).unwrap(), Room::default())
}

#[test]
fn a_webhook_gets_what_is_bad_enough_as_it_is() {
    let server = Server::answering([]);
    let (feed, _said) = webhook(&server.url("/hook?key=1"), Message::Json);
    feed.offer(&finding(1, Severity::Low));
    feed.offer(&finding(2, Severity::High));
    feed.offer(&item(Sort::Event, 3));
    finish(feed);
    let asked = server.asked.lock().unwrap();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].head.starts_with("post /hook?key=1 http/1.1\r\n"), "{}", asked[0].head);
    assert!(asked[0].head.contains("content-type: application/json\r\n"), "{}", asked[0].head);
    assert_eq!(asked[0].body, finding(2, Severity::High).line.as_bytes());
}

#[test]
fn slack_gets_text_that_mentions_nobody() {
    let server = Server::answering([]);
    let (feed, _said) = webhook(&server.url("/"), Message::Slack);
    feed.offer(&finding(1, Severity::Critical));
    finish(feed);
    let asked = server.asked.lock().unwrap();
    let body: Value = serde_json::from_slice(&asked[0].body).unwrap();
    let text = body["text"].as_str().unwrap();
    assert!(text.starts_with("*[CRITICAL] bash (7) of &lt;!channel&gt;"), "{text}");
    assert!(!text.contains("\nFAKE"), "{text}");
    assert!(text.contains("container web") && text.ends_with("bash (7) ← init (1)"), "{text}");
}

#[test]
fn a_webhook_that_is_busy_gets_it_later_and_is_named() {
    let busy = |head| Answer::Says(head, Vec::new());
    let answers = [busy("429 Too Many Requests\r\nRetry-After: 1"), busy("503 Service Unavailable")];
    let server = Server::answering(answers);
    let (feed, mut said) = webhook(&server.url("/secret-path"), Message::Json);
    let began = Instant::now();
    feed.offer(&finding(1, Severity::High));
    let counts = Arc::clone(feed.counts());
    wait("the finding", || counts.sent(Sort::Finding) == 1);
    assert!(began.elapsed() >= Duration::from_secs(1), "not before it was asked to");
    assert_eq!((counts.retried(), server.asked.lock().unwrap().len()), (2, 3));
    finish(feed);
    let said: Vec<_> = std::iter::from_fn(|| said.try_recv().ok()).map(|said| said.text).collect();
    assert_eq!(said, ["answered 429 Too Many Requests", "answered 503 Service Unavailable", "sends again"]);
}

#[test]
fn what_a_webhook_does_not_want_is_given_up() {
    let fails = || Answer::Says("500 Oh", Vec::new());
    let no = Answer::Says("404 No", Vec::new());
    let moved = Answer::Says("302 There\r\nLocation: http://192.0.2.1/", Vec::new());
    let server = Server::answering([no, moved, fails()]);
    let (feed, mut said) = webhook(&server.url("/hook"), Message::Json);
    (1..=3).for_each(|number| feed.offer(&finding(number, Severity::High)));
    let counts = Arc::clone(feed.counts());
    wait("the third", || counts.sent(Sort::Finding) == 1);
    assert_eq!(counts.lost(Sort::Finding, Reason::Refused), 2, "nobody is followed elsewhere");
    finish(feed);
    let said = std::iter::from_fn(|| said.try_recv().ok()).map(|said| said.text).collect::<Vec<_>>().join("\n");
    assert!(!said.contains("hook"), "the address may be a secret: {said}");
}

#[test]
fn a_webhook_that_is_gone_is_tried_again_and_does_not_hold_up_the_end() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    drop(listener);
    let (feed, mut said) = webhook(&url, Message::Json);
    feed.offer(&finding(1, Severity::High));
    let mut text = String::new();
    let began = Instant::now();
    while text.is_empty() && began.elapsed() < LATE {
        text = said.try_recv().map(|said| said.text).unwrap_or_default();
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(text.starts_with("cannot connect") && !text.contains("hook"), "{text}");
    let (end, counts) = (Instant::now() + Duration::from_millis(200), Arc::clone(feed.counts()));
    feed.close(end);
    feed.join(end);
    assert!(end.elapsed() < Duration::from_secs(5));
    assert_eq!(counts.lost(Sort::Finding, Reason::Ended), 1);
}

#[test]
fn who_has_no_certificate_gets_nothing() {
    let server = Server::answering([]);
    let (feed, mut said) = webhook(&server.url("/").replace("http:", "https:"), Message::Json);
    feed.offer(&finding(1, Severity::High));
    wait("the trouble", || !feed.counts().is_well());
    let text = said.try_recv().unwrap().text;
    assert!(text.starts_with("cannot connect"), "{text}");
    assert!(server.asked.lock().unwrap().is_empty());
    let end = Instant::now();
    feed.close(end);
    feed.join(end);
}

#[test]
fn who_shows_papers_of_the_authority_gets_it_and_who_shows_others_does_not() {
    let (right, wrong) = (Papers::new(), Papers::new());
    let server = Server::secure(&right);
    let to = |authority: Option<&Papers>| {
        let url = address(&server.url("/hook").replace("http:", "https:"), false).unwrap();
        let authority = authority.map(Papers::authority);
        started(Webhook::new(url, Message::Json, Severity::Medium, authority.as_ref()).unwrap(), Room::default())
    };
    for authority in [Some(&wrong), None] {
        let (feed, mut said) = to(authority);
        feed.offer(&finding(1, Severity::High));
        wait("the trouble", || !feed.counts().is_well());
        let text = said.try_recv().unwrap().text;
        assert!(text.starts_with("cannot connect: invalid peer certificate"), "{text}");
        assert!(server.asked.lock().unwrap().is_empty());
        feed.close(Instant::now());
        feed.join(Instant::now());
    }
    let (feed, _said) = to(Some(&right));
    feed.offer(&finding(2, Severity::High));
    finish(feed);
    let asked = server.asked.lock().unwrap();
    assert_eq!((asked.len(), &asked[0].body[..]), (1, finding(2, Severity::High).line.as_bytes()));
}

#[test]
fn what_holds_no_certificate_is_no_authority() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    assert!(Authority::read(&path).unwrap_err().contains("cannot read"));
    std::fs::write(&path, "none").unwrap();
    assert!(Authority::read(&path).unwrap_err().contains("holds no certificate"));
}
