//! What is replaced and what stays, in texts, command lines and events.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use proptest::prelude::*;

use super::Redactor;
use crate::detect::{self, Evidence, Fact, Finding};
use crate::model::*;

fn redactor() -> Redactor {
    Redactor::new([9; 32])
}

fn told(text: &str) -> String {
    redactor().text(text)
}

fn argv(words: &[&str]) -> Vec<String> {
    redactor().argv(words.iter().copied())
}

#[test]
fn secrets_are_taken_out_of_command_lines_and_the_rest_stays() {
    for (words, secret) in [
        (&["mysql", "-u", "shop", "-pS3cr3t!", "db"][..], "S3cr3t!"),
        (&["sshpass", "-p", "S3cr3t!", "ssh", "h"], "S3cr3t!"),
        (&["tool", "--password", "two words here"], "two words here"),
        (&["tool", "--password=two words here"], "two words here"),
        (&["tool", "--api-key", "abc"], "abc"),
        (&["env", "DB_PASSWORD=a b&c", "run"], "a b&c"),
        (&["curl", "-u", "shop:S3cr3t!", "x"], "S3cr3t!"),
        (&["curl", "-H", "Authorization: Bearer abc.def-ghi", "x"], "abc.def-ghi"),
        (&["curl", "-H", "X-Api-Key: 0123abc", "x"], "0123abc"),
        (&["curl", "-d", "{\"password\": \"S3cr3t!\"}"], "S3cr3t!"),
        (&["curl", "https://x:S3/cr@3t@127.0.0.1/y"], "S3/cr@3t"),
        (&["redis-cli", "-h", "127.0.0.1", "-a", "S3cr3t!"], "S3cr3t!"),
        (&["docker", "login", "-u", "shop", "-p", "S3cr3t!"], "S3cr3t!"),
        (&["openssl", "rsa", "-passin", "pass:S3cr3t!"], "S3cr3t!"),
        (&["sh", "-c", "sshpass -p 'S3cr3t!' ssh h"], "S3cr3t!"),
        (&["main", "-psk", "SecurePSK!23@456"], "SecurePSK!23@456"),
        (&["x", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----"], "b3BlbnNz"),
        (&["x", "$6$rounds$abcdefghijkl"], "abcdefghijkl"),
        (&["x", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"], "K7MDENG"),
        (&["x", "0123456789abcdef0123456789abcdef01234567"], "0123456789abcdef"),
    ] {
        let told = argv(words);
        assert_eq!(told.len(), words.len(), "{told:?}");
        assert!(told.iter().all(|word| !word.contains(secret)), "{words:?}: {told:?}");
        assert_eq!(told[0], words[0]);
    }
}

#[test]
fn what_is_no_secret_stays() {
    for words in [
        &["ls", "-la", "/usr/lib/x86_64-linux-gnu/libsystemd-shared-252.so"][..],
        &["kubelet", "--token-file", "/etc/t", "--password-file=/x"],
        &["containerd-shim", "-namespace", "moby", "-workdir", "/var/lib/containerd/io.containerd.runtime.v1.linux"],
        &["nginx", "-g", "daemon off;"],
        &["java", "-Djava.util.logging.config.file=/opt/tomcat/conf/logging.properties"],
        &[
            "docker",
            "run",
            "-p",
            "8080:80",
            "nginx@sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31",
        ],
        &["bash", "-c", "std::io::Error at 11:05:54"],
        &["x", "127.0.0.1", "localhost", "/root/.ssh/id_rsa", "root@localhost"],
        &["/usr/bin/python3", "", "-"],
    ] {
        assert_eq!(argv(words), words, "{words:?}");
    }
    assert_eq!(
        told("/kubepods/burstable/pod0f2b6f9e-3c55-4d0e-9d7e-3a1b5f8c7d21"),
        "/kubepods/burstable/pod0f2b6f9e-3c55-4d0e-9d7e-3a1b5f8c7d21"
    );
}

#[test]
fn names_and_addresses_become_others_that_are_the_same_everywhere() {
    let mut redactor = redactor();
    redactor.learn_text("ssh dave@build-9.corp.example from 10.1.2.3, /home/dave/x");
    let told = redactor.text("ssh dave@build-9.corp.example from 10.1.2.3, /home/dave/x; dave at [2a01:4f8::77]:443");
    for part in ["dave", "build-9", "corp", "10.1.2.3", "2a01:4f8"] {
        assert!(!told.contains(part), "{part}: {told}");
    }
    let user = redactor.user("dave");
    assert_eq!(told.matches(&user).count(), 3, "{told}");
    assert!(told.contains(":443") && told.contains("10."), "{told}");
    let address = redactor.address("10.1.2.3:80".parse().unwrap());
    assert!(told.contains(&address.ip().to_string()), "{told}");
}

#[test]
fn a_secret_is_known_again_where_nothing_says_that_it_is_one() {
    let mut redactor = redactor();
    redactor.learn_argv(["tool", "--token", "plain-looking"]);
    assert!(!redactor.text("it read plain-looking from a file").contains("plain-looking"));
}

#[test]
fn what_was_rewritten_stays_as_it_is() {
    let mut one = redactor();
    let first = one.text("tool --password hunter2hunter2 dave@build-9 /home/dave");
    assert_eq!(redactor().text(&first), first);
}

#[test]
fn images_keep_their_hash_and_lose_a_registry_of_ones_own() {
    let digest = "sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31";
    let mut redactor = redactor();
    assert_eq!(redactor.image("nginx:1.29"), "nginx:1.29");
    assert_eq!(redactor.image("quay.io/a/b"), "quay.io/a/b");
    let own = redactor.image(&format!("registry.corp.example:5000/shop/web@{digest}"));
    assert!(own.ends_with(&format!(":5000/shop/web@{digest}")) && !own.contains("corp"), "{own}");
}

fn exec(words: &[&[u8]]) -> Event {
    let args = words.iter().collect();
    let image = Image {
        time: Time(5),
        exe: "/home/dave/tool".into(),
        given: "/home/dave/tool".into(),
        argv: Argv { args, ..Argv::default() },
        cwd: "/home/dave".into(),
        unlinked: false,
    };
    let end = Endpoint {
        socket: 1,
        protocol: Some(Protocol::Tcp),
        direction: None,
        owner: None,
        local: None,
        remote: "203.0.113.9:4444".parse().ok(),
    };
    let stream = Descriptor { to: Target::Socket(Arc::new(end)), inode: 1, device: 8, read: true, write: true };
    let exec = Exec {
        image,
        parent: None,
        ns_pid: 1,
        creds: Creds::default(),
        caps: Caps::default(),
        namespaces: Namespaces::default(),
        tty: Text::default(),
        stdio: [Some(stream), None, None],
        file: None,
    };
    let process = ProcessId { pid: 7, start: Ticks(1) };
    let id = "9f2c6e0b7d1a4c58b3e2f1a09d8c7b6a5f4e3d2c1b0a99887766554433221100";
    let place = Place { key: GroupKey::Container(id.into()), ..Place::default() };
    let cgroup = Arc::new(Cgroup { id: 1, path: format!("/docker/{id}").as_str().into(), place });
    Event::Process(ProcessEvent {
        time: Time(5),
        process,
        tid: 7,
        cgroup: Some(cgroup),
        kind: Kind::Exec(Box::new(exec)),
    })
}

#[test]
fn events_lose_the_same_and_keep_ids_and_bytes() {
    let mut redactor = redactor();
    let boot = redactor.event(Event::Boot(Boot { host: "node-17".to_owned(), ..Boot::default() }));
    assert!(matches!(&boot, Event::Boot(boot) if boot.host.starts_with("host-")), "{boot:?}");
    let event = redactor.event(exec(&[b"tool", b"--token", b"abcdefgh", b"\xff\xfe", b"on node-17"]));
    let text = format!("{event:?}");
    for part in ["dave", "abcdefgh", "203.0.113.9", "node-17"] {
        assert!(!text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("/docker/9f2c6e0b7d1a4c58b3e2f1a09d8c7b6a5f4e3d2c1b0a99887766554433221100"), "{text}");
    let Event::Process(ProcessEvent { kind: Kind::Exec(exec), .. }) = event else { unreachable!("it was an exec") };
    assert_eq!(exec.image.argv.args.len(), 5);
    let plain = redactor.event(self::exec(&[b"tool", b"\xff\xfe"]));
    let Event::Process(ProcessEvent { kind: Kind::Exec(exec), .. }) = plain else { unreachable!("it was an exec") };
    assert_eq!(
        exec.image.argv.args.get(1).map(Arg::bytes),
        Some(&b"\xff\xfe"[..]),
        "what holds nothing keeps its bytes"
    );
}

#[test]
fn every_sort_of_act_loses_its_paths_and_addresses() {
    let path = || Text::from("/home/dave/x");
    let deeds = [
        Deed::Mount(Box::new(Mount { source: path(), target: path(), host: Some(path()), ..Mount::default() })),
        Deed::Open(Box::new(Opened { path: path(), inside: path(), host: Some(path()), ..Opened::default() })),
        Deed::Name(Box::new(Naming { path: path(), from: path(), host: Some(path()), ..Naming::default() })),
        Deed::Wrote(Box::new(Wrote { path: path(), inside: path(), bytes: path(), fs: 0 })),
        Deed::UnixConnect { path: path(), host: Some(path()), peer: None },
        Deed::Memfd { name: path() },
        Deed::Kernel { how: KernelCall::Bpf, command: 0, name: path() },
        Deed::Ring { op: 1, path: path() },
    ];
    for what in deeds {
        let kind = Kind::Act(Box::new(Act { error: None, observer: None, what }));
        let process = ProcessId { pid: 7, start: Ticks(1) };
        let event = Event::Process(ProcessEvent { time: Time(5), process, tid: 7, cgroup: None, kind });
        let told = format!("{:?}", redactor().event(event));
        assert!(!told.contains("dave"), "{told}");
    }
}

#[test]
fn findings_lose_it_too() {
    let process = ProcessId { pid: 7, start: Ticks(1) };
    let fact = Fact { time: Time(5), process, kind: "exec".into(), text: "tool --token abcdefgh".to_owned() };
    let finding = Finding {
        time: Time(5),
        rule: detect::rule("reverse_shell").unwrap().clone(),
        severity: detect::Severity::High,
        title: "sh of web talks to 203.0.113.9:4444, abcdefgh".to_owned(),
        why: vec![Evidence { predicate: "it was told abcdefgh".to_owned(), fact }],
        process,
        others: Vec::new(),
        complete: true,
        failed: false,
        muted: None,
        number: 1,
        incident: 1,
    };
    let told = redactor().finding(finding.clone());
    let text = format!("{} {:?}", told.title, told.why);
    assert!(!text.contains("203.0.113.9") && text.contains(":4444"), "{text}");
    assert!(!told.why[0].fact.text.contains("abcdefgh"), "{text}");
    let mut redactor = redactor();
    redactor.learn_text("--token abcdefgh");
    let told = redactor.finding(finding);
    assert!(!format!("{} {:?}", told.title, told.why).contains("abcdefgh"));
}

/// How secrets are handed to programs, as arguments.
const WAYS: &[&[&str]] = &[
    &["tool", "--password", "{}"],
    &["tool", "--token={}"],
    &["tool", "-api-key", "{}"],
    &["env", "DB_PASS={}", "run"],
    &["mysql", "-h", "127.0.0.1", "-p{}"],
    &["sshpass", "-p", "{}", "ssh", "h"],
    &["git", "clone", "https://x:{}@127.0.0.1/y"],
    &["curl", "-H", "Authorization: Bearer {}"],
    &["curl", "-H", "X-Auth-Token: {}"],
    &["curl", "-d", "{\"client_secret\":\"{}\"}"],
    &["curl", "-u", "x:{}", "y"],
    &["redis-cli", "-a", "{}"],
    &["docker", "login", "-p", "{}"],
];

proptest! {
    #[test]
    fn a_secret_of_any_letters_is_gone_however_it_is_handed_over(
        secret in "[A-Za-z0-9][A-Za-z0-9!@#%^*+./~]{7,24}",
        way in proptest::sample::select(WAYS),
    ) {
        let words: Vec<String> = way.iter().map(|word| word.replace("{}", &secret)).collect();
        let told = argv(&words.iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert!(told.iter().all(|word| !word.contains(&secret)), "{told:?}");
        let joined = words.join(" ");
        let told = argv(&["sh", "-c", &joined]);
        prop_assert!(!told[2].contains(&secret), "{told:?}");
        prop_assert_eq!(&told, &argv(&["sh", "-c", &joined]), "the same gives the same");
    }

    #[test]
    fn any_text_can_be_rewritten_and_arguments_stay_as_many(words in proptest::collection::vec("[^\\x00]{0,40}", 1..6), text: String) {
        let told = argv(&words.iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert_eq!(told.len(), words.len());
        let _ = self::told(&text);
    }
}
