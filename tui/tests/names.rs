//! Names of addresses, out of the answers of a real name server to real programs in real containers.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::net::{TcpListener, UdpSocket};
use std::process::Command;
use std::time::{Duration, Instant};

use common::docker::{BUSYBOX, Dockerd};
use common::privileged;
use common::watch::{Told, Watch};
use domain::base::iana::{Class, Rtype};
use domain::base::{Message, MessageBuilder, Name};
use domain::rdata::{A, Cname};

const NEEDS: &str = "dockerd, a cgroup v2 hierarchy, ip (iproute2), and a kernel with BTF";

/// Runs `body` in a network namespace of its own, of which nothing but the loopback is there.
fn alone(body: impl FnOnce() + Send + 'static) {
    let thread = std::thread::spawn(move || {
        // SAFETY: the thread is our own, and shares nothing that a network namespace would change under somebody.
        unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNET) }.unwrap();
        assert!(Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap().success());
        body();
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// A name server on the loopback: `www.kt.test` is another name of `edge.kt.test`, which is at 127.0.0.77. Gives up when
/// nobody asks any more.
fn serve() {
    let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    std::thread::spawn(move || {
        let mut room = [0; 512];
        while let Ok((len, from)) = socket.recv_from(&mut room) {
            let asked = Message::from_octets(&room[..len]).unwrap();
            let question = asked.first_question().unwrap();
            let mut answer =
                MessageBuilder::new_vec().start_answer(&asked, domain::base::iana::Rcode::NOERROR).unwrap();
            let name = |text: &str| text.parse::<Name<Vec<u8>>>().unwrap();
            if question.qtype() == Rtype::A {
                let alias = Cname::new(name("edge.kt.test."));
                answer.push((name("www.kt.test."), Class::IN, 60, alias)).unwrap();
                answer.push((name("edge.kt.test."), Class::IN, 60, A::from_octets(127, 0, 0, 77))).unwrap();
            }
            socket.send_to(&answer.finish(), from).unwrap();
        }
    });
}

fn ended(dockerd: &Dockerd, id: &str) {
    let began = Instant::now();
    while dockerd.docker(&["inspect", "-f", "{{.State.Running}}", id]) == "true" {
        assert!(began.elapsed() < Duration::from_secs(60), "container {id} does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The names that connections of a container to 127.0.0.77 have.
fn named(told: &Told, id: &str) -> Vec<serde_json::Value> {
    let own = told.kind("connect").filter(|event| event["process"]["container"]["id"] == id);
    own.filter(|event| event["endpoint"]["remote"].as_str().is_some_and(|remote| remote.starts_with("127.0.0.77:")))
        .map(|event| event["endpoint"]["name"].clone())
        .collect()
}

/// A runtime, and whoever watches it, beside somebody who listens and lets go whoever connects.
fn watched() -> (Dockerd, Watch) {
    let listener = TcpListener::bind("127.0.0.77:7777").unwrap();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let dockerd = Dockerd::start();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.args(["watch", "--format", "json", "--no-runtimes"]);
    (dockerd, Watch::spawn(command))
}

#[test]
fn a_connection_has_the_name_that_its_container_was_told_and_another_that_of_whom() {
    if !privileged(NEEDS) {
        return;
    }
    alone(|| {
        serve();
        let (dockerd, watch) = watched();
        let run = |name: &str, script: &str| {
            dockerd.docker(&["run", "-d", "--name", name, "--network", "host", BUSYBOX, "sh", "-c", script])
        };
        let asks = run("asks", "nslookup www.kt.test 127.0.0.1; sleep 0.3; nc -w 1 127.0.0.77 7777 </dev/null; true");
        ended(&dockerd, &asks);
        let other = run("other", "nc -w 1 127.0.0.77 7777 </dev/null; true");
        ended(&dockerd, &other);
        let told = watch.finish();
        assert_eq!(named(&told, &asks), [serde_json::json!({"name": "www.kt.test", "by": "answer"})]);
        let word = serde_json::json!({"name": "www.kt.test", "by": "answer_to_other", "told_to": asks});
        assert_eq!(named(&told, &other), [word]);
    });
}

#[test]
fn a_service_has_the_name_that_the_environment_of_a_container_has_for_it_and_for_nobody_else() {
    if !privileged(NEEDS) {
        return;
    }
    alone(|| {
        let (dockerd, watch) = watched();
        let script = "sleep 0.3; nc -w 1 127.0.0.77 7777 </dev/null; true";
        let run = |name: &str, variables: &[&str]| {
            let flags = ["run", "-d", "--name", name, "--network", "host"];
            let variables: Vec<&str> = variables.iter().flat_map(|variable| ["-e", variable]).collect();
            dockerd.docker(&[&flags[..], &variables, &[BUSYBOX, "sh", "-c", script]].concat())
        };
        let served =
            run("served", &["SHOP_DB_SERVICE_HOST=127.0.0.77", "SHOP_DB_SERVICE_PORT=7777", "TOKEN=k7-secret"]);
        ended(&dockerd, &served);
        let other = run("other-served", &["OTHER=1"]);
        ended(&dockerd, &other);
        let told = watch.finish();
        assert_eq!(named(&told, &served), [serde_json::json!({"name": "shop-db", "by": "environment"})]);
        assert_eq!(named(&told, &other), [serde_json::Value::Null]);
    });
}

#[test]
fn a_user_of_a_container_has_the_name_that_its_own_files_have() {
    if !privileged(NEEDS) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let passwd = dir.path().join("passwd");
    std::fs::write(&passwd, "root:x:0:0::/:/bin/sh\nkt-app:x:64123:64123::/:/bin/sh\n").unwrap();
    let dockerd = Dockerd::shared();
    let volume = format!("{}:/etc/passwd:ro", passwd.display());
    let run = |name: &str, script: &str| {
        let flags = ["run", "-d", "--name", name, "--network", "none", "-u", "64123", "-v", &volume];
        dockerd.docker(&[&flags[..], &[BUSYBOX, "sh", "-c", script]].concat())
    };
    let before = run("before-users", "while :; do /bin/sleep 0.1; done");
    let watch = Watch::start(&[]);
    let after = run("after-users", "sleep 0.5; /bin/true kt-mark; true");
    ended(&dockerd, &after);
    let told = watch.finish();
    for id in [before, after] {
        let of = |event: &&serde_json::Value| event["process"]["container"]["id"] == id.as_str();
        let last = told.kind("exec").rfind(of).expect("its processes are told");
        assert_eq!((&last["process"]["uid"], &last["process"]["user"]), (&64_123.into(), &"kt-app".into()));
        dockerd.docker(&["rm", "-f", &id]);
    }
}
