//! What goes wrong between a node and its bus: each is named, and nothing is lost that the spool could hold.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use async_nats::jetstream::consumer::{self, pull};
use futures_util::StreamExt as _;

use super::*;
use agent::Agent;

/// Somebody at a port who is no bus: says `words` to whoever comes, and nothing more.
fn somebody(words: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                // Whoever hangs up has heard enough.
                let _ = stream.write_all(words);
                let _ = stream.read_to_end(&mut Vec::new());
            });
        }
    });
    address
}

/// A port where whoever knocks hears nothing at all, as where packets are dropped on the way; for as long as the rest lives.
async fn silence() -> (SocketAddr, tokio::net::TcpListener, Vec<TcpStream>) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // Once as many wait as may, the kernel answers nobody any more.
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        waiting.push(stream);
        assert!(waiting.len() < 100, "the queue of {address} has no end");
    }
    (address, listener, waiting)
}

fn at(address: SocketAddr, server: &Server) -> BusOptions {
    BusOptions { servers: vec![format!("nats://{address}").parse().unwrap()], ..server.options() }
}

#[tokio::test]
async fn who_is_no_bus_is_named_and_what_leaves_waits_on_disk() {
    if !runs() {
        return;
    }
    let server = Server::started("");
    let spool = || Some(Spool::open(&server.dir().join("spool"), 64 << 20).unwrap());
    let (silent, _listener, _waiting) = silence().await;
    let info = b"INFO {\"server_id\":\"x\",\"max_payload\":1048576}\r\n\0\xff\0 what? \xfe\r\n";
    let cases = [
        ("nobody answers", silent, "timed out"),
        ("somebody says nothing", somebody(b""), "timed out"),
        ("somebody speaks another protocol", somebody(b"SSH-2.0-OpenSSH_9.2\r\n"), "no connection to"),
        ("somebody says that it is a bus", somebody(info), "no connection to"),
        ("somebody cannot spell", somebody(b"INFO {\"server_id\":\r\n"), "no connection to"),
    ];
    let mut next = 1;
    for (what, address, words) in cases {
        let mut feed = start(at(address, &server), spool());
        feed.offer(next..next + 50, 50);
        next += 50;
        feed.hears(Health::Degraded, words);
        feed.hears(Health::Degraded, &format!("no connection to {address}"));
        let counts = Arc::clone(feed.feed.counts());
        wait(what, || counts.held().is_some_and(|held| held.items as u64 == next - 1) && !counts.is_well());
        feed.finish(Duration::from_secs(1));
        assert_eq!(counts.lost_in_all(), 0, "{what}");
    }
    let mut feed = start(server.options(), spool());
    feed.hears(Health::Ok, "connected; nothing waits");
    wait("well", || feed.feed.counts().is_well());
    assert_eq!(numbers(&server.all(next - 1).await), (1..next).collect::<Vec<_>>());
    feed.finish(LATE);
}

#[tokio::test]
async fn what_a_disk_spoilt_is_told_and_counted_and_the_rest_arrives_in_order() {
    if !runs() {
        return;
    }
    let mut server = Server::new("");
    let dir = server.dir().join("spool");
    let feed = start(server.options(), Some(Spool::open(&dir, 64 << 20).unwrap()));
    feed.offer(0..1_000, 40);
    feed.finish(Duration::from_secs(2));
    let file = |sort: &str| {
        let mut files = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(sort)).unwrap()
    };
    // One bit of an event in the middle; the end of the last incident.
    let mut content = fs::read(file("event")).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 4;
    fs::write(file("event"), content).unwrap();
    let content = fs::read(file("incident")).unwrap();
    fs::write(file("incident"), &content[..content.len() - 5]).unwrap();
    let mut feed = start(server.options(), Some(Spool::open(&dir, 64 << 20).unwrap()));
    feed.hears(Health::Degraded, "2 of its files are not whole");
    server.start();
    // Of the incident nobody can tell whether it was ever written whole; the loss of the event is told.
    let (told, got): (Vec<_>, Vec<_>) = server.all(999).await.into_iter().partition(|got| got.line["kind"] == "unsent");
    assert_eq!((told.len(), &told[0].line["of"]), (1, &serde_json::json!({"event": 1})));
    let got = numbers(&got);
    assert_eq!(got.len(), 998);
    assert!(got.is_sorted_by(|a, b| a < b), "once and in order");
    let missing: Vec<_> = (0..1_000).filter(|number| !got.contains(number)).collect();
    assert!(missing[0] % 5 < 2 && missing[1] == 999 - 999 % 5 + 4, "an event and the last incident: {missing:?}");
    wait("the loss", || feed.feed.counts().lost(Sort::Event, Reason::Spool) == 1);
    feed.finish(LATE);
}

/// Noise that does not pack well, as long as `length`.
fn noise(seed: u64, length: usize) -> String {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ -"[(state >> 32) as usize % 54])
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn a_disk_that_is_full_is_named_and_what_it_could_not_take_waits_in_memory() {
    if !runs() {
        return;
    }
    let mut server = Server::new("");
    let spool = server.dir().join("spool");
    fs::create_dir(&spool).unwrap();
    let spool = spool.to_str().unwrap();
    // A small disk that only this agent sees.
    let mount = format!("mount -t tmpfs -o size=128k none {spool} && exec \"$@\"");
    let before = ["unshare", "--mount", "sh", "-c", &mount, "sh"];
    let agent = Agent::start(&before, server.dir(), &server.url(), "ofthedisk", &["--spool", spool]);
    agent.says("no connection to");
    for run in 0..200 {
        let run = Command::new("true").arg(format!("ofthedisk {}", noise(run, 2_000))).status();
        assert!(run.unwrap().success());
    }
    agent.says("nats: degraded: the spool: No space left on device");
    server.start();
    agent.says("nats: ok: connected; nothing waits");
    let got = server.execs_as(None, 200).await;
    let all = numbers(&got);
    assert_eq!(all, (1..=all.len() as u64).collect::<Vec<_>>(), "once, in order, and nothing lost");
    agent.stop();
}

#[tokio::test]
async fn a_clock_that_is_an_hour_ahead_is_named_and_a_reader_has_both_times() {
    if !runs() {
        return;
    }
    let server = Server::started("");
    // The wrapper itself would stand between this and the agent: only what it preloads is taken.
    let preload = Command::new("faketime").args(["-f", "+1h", "printenv", "LD_PRELOAD"]).output();
    let preload = String::from_utf8(preload.expect("faketime is installed").stdout).unwrap();
    let preload = format!("LD_PRELOAD={}", preload.trim());
    let before = ["env", &preload, "FAKETIME=+1h"];
    let agent = Agent::start(&before, server.dir(), &server.url(), "oftheclock", &[]);
    let options = BusOptions { node: "reader".to_owned(), ..server.options() };
    agent.says("nats-clock: degraded: the clock of this node is 60 min ahead of that of the server");
    let mut reader = BusReader::since(&options, None).await.unwrap();
    let line = loop {
        let line = reader.next().await.unwrap().unwrap();
        if line.line["topic"] == "nats-clock" {
            break line;
        }
    };
    let told = chrono::DateTime::parse_from_rfc3339(line.line["time"].as_str().unwrap()).unwrap();
    let ahead = told.timestamp() - i64::try_from(line.kept.0 / 1_000_000_000).unwrap();
    assert!((3_590..3_610).contains(&ahead), "{ahead} s");
    // Whoever asks for what came since a moment means the server's time, and is not misled.
    let before = line.kept;
    let mut reader = BusReader::since(&options, Some(before)).await.unwrap();
    assert!(reader.next().await.unwrap().unwrap().kept >= before);
    agent.stop();
}

#[tokio::test]
async fn what_leaves_is_packed_and_has_no_secret_on_the_bus_nor_in_the_spool() {
    if !runs() {
        return;
    }
    let mut server = Server::new("");
    let spool = server.dir().join("spool");
    let more = ["--spool", spool.to_str().unwrap()];
    let agent = Agent::start(&[], server.dir(), &server.url(), "ofthesecret", &more);
    let secret = "hunter2-of-the-test";
    let run = |number: u64| {
        let mut command = Command::new("true");
        command.args(["ofthesecret", "--password", secret, &noise(number, 100), &"-v ".repeat(300)]);
        assert!(command.arg(format!("https://me:{secret}@example.org/")).status().unwrap().success());
    };
    (0..20).for_each(run);
    assert!(Command::new("true").arg("somebody else").status().unwrap().success());
    agent.says("what leaves waits in the spool");
    wait("the spool", || fs::read_dir(&spool).unwrap().count() > 2);
    std::thread::sleep(Duration::from_secs(1));
    for file in fs::read_dir(&spool).unwrap() {
        let content = fs::read(file.unwrap().path()).unwrap();
        assert!(!content.windows(secret.len()).any(|part| part == secret.as_bytes()), "no secret is in the spool");
    }
    server.start();
    server.execs_as(None, 20).await;
    (20..40).for_each(run);
    server.execs_as(None, 40).await;
    agent.stop();
    let stream = server.holding(40).await;
    let there = usize::try_from(stream.get_info().await.unwrap().state.messages).unwrap();
    let consumer = stream.create_consumer(pull::OrderedConfig::default()).await.unwrap();
    let consumer: consumer::OrderedPullConsumer = consumer;
    let mut messages = consumer.messages().await.unwrap().take(there);
    let (mut packed, mut plain, mut execs) = (0, 0, 0);
    while let Some(message) = messages.next().await {
        let message = message.unwrap();
        let encoding = message.headers.as_ref().and_then(|headers| headers.get("Content-Encoding"));
        let Some(encoding) = encoding else { continue };
        assert_eq!(encoding.as_str(), "zstd");
        let line = zstd::decode_all(&message.payload[..]).unwrap();
        let text = String::from_utf8(line).unwrap();
        assert!(!text.contains(secret), "a secret is on the bus");
        if message.subject.ends_with(".event") {
            assert!(text.contains("ofthesecret"), "only what was asked for, not {text}");
            (packed, plain) = (packed + message.payload.len(), plain + text.len());
            let pseudonym = text.split('"').find(|word| word.starts_with("secret-")).unwrap();
            assert_eq!(text.matches(pseudonym).count(), 2, "{text}");
            execs += 1;
        }
    }
    assert_eq!(execs, 40);
    assert!(packed * 2 < plain, "{packed} bytes of {plain}");
    println!("{plain} bytes of lines are {packed} bytes on the bus");
}
