//! Names from a real containerd, without Docker: from its own API, from CRI, and from the bundles on disk.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::{HashMap, VecDeque};
use std::io::Write as _;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::Duration;

use common::containerd::{Containerd, IMAGE};
use common::cri::Kubelet;
use common::watch::Watch;
use ktrace_tui::identity::Pace;
use ktrace_tui::identity::bundle::Roots;
use ktrace_tui::identity::cri::Endpoint;
use ktrace_tui::identity::names::{Sources, follow};
use ktrace_tui::model::{ContainerNews, ContainerState, Event, Health, Kind, Model, Process, Role, Runtime, Status};
use ktrace_tui::store::{Recording, Tape as _};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

const NEEDS: &str = "containerd, ctr and runc";
const PATIENCE: Duration = Duration::from_secs(30);

/// Full ids, as CRI makes them.
const PAUSE: &str = "aa00000000000000000000000000000000000000000000000000000000000001";
const APP: &str = "aa00000000000000000000000000000000000000000000000000000000000002";
const LATER: &str = "aa00000000000000000000000000000000000000000000000000000000000003";
const BLINK: &str = "aa00000000000000000000000000000000000000000000000000000000000004";

struct Told {
    events: Receiver<Vec<Event>>,
    queue: VecDeque<Event>,
    last: HashMap<String, ContainerNews>,
    so_far: Vec<String>,
}

impl Told {
    fn by(sources: Sources) -> Told {
        let (out, events) = channel(64);
        // On a thread of its own: the test blocks on ctr.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                follow(sources, &out);
                out.closed().await;
            });
        });
        Told { events, queue: VecDeque::new(), last: HashMap::new(), so_far: Vec::new() }
    }

    async fn next(&mut self) -> Event {
        while self.queue.is_empty() {
            let told = timeout(PATIENCE, self.events.recv()).await;
            let told = told.unwrap_or_else(|_| panic!("no event in time; so far:\n{}", self.so_far.join("\n")));
            self.queue.extend(told.expect("it goes on telling"));
        }
        let event = self.queue.pop_front().unwrap();
        if let Event::Container(news) = &event {
            self.last.insert(news.id.clone(), news.clone());
        }
        self.so_far.push(format!("{event:?}"));
        event
    }

    async fn news(&mut self, id: &str, state: ContainerState) -> ContainerNews {
        if let Some(news) = self.last.get(id).filter(|news| news.state == state) {
            return news.clone();
        }
        loop {
            match self.next().await {
                Event::Container(news) if news.id == id && news.state == state => return news,
                _ => {}
            }
        }
    }

    async fn status(&mut self, health: Health) -> Status {
        loop {
            match self.next().await {
                Event::Status(status) if status.health == health => return status,
                _ => {}
            }
        }
    }
}

/// What the kubelet and containerd's CRI put on each container of a pod.
fn labels(kind: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("io.cri-containerd.kind", kind),
        ("io.kubernetes.pod.name", "shop-1"),
        ("io.kubernetes.pod.namespace", "prod"),
        ("io.kubernetes.pod.uid", "0f7c9f4e-8f3b-4c62-9f0e-3d1f5a2b6c7d"),
        ("tier", "front"),
    ]
}

fn annotations(kind: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("io.kubernetes.cri.container-type", kind),
        ("io.kubernetes.cri.sandbox-id", PAUSE),
        ("io.kubernetes.cri.sandbox-name", "shop-1"),
        ("io.kubernetes.cri.sandbox-namespace", "prod"),
    ]
}

fn pod(containerd: &Containerd) {
    containerd.run(PAUSE, &labels("sandbox"), &annotations("sandbox"), "exec sleep 1000");
    app(containerd, APP, "exec sleep 1000");
}

fn app(containerd: &Containerd, id: &str, script: &str) {
    let named = [("io.kubernetes.container.name", "app")];
    let image =
        [("io.kubernetes.cri.container-name", "app"), ("io.kubernetes.cri.image-name", "registry.example/shop:1")];
    containerd.run(
        id,
        &[labels("container").as_slice(), &named].concat(),
        &[annotations("container").as_slice(), &image].concat(),
        script,
    );
}

fn by_socket(containerd: &Containerd) -> Sources {
    let pace = Pace { request: Duration::from_secs(2), ping: Duration::from_millis(500), ..Pace::default() };
    let endpoint = Endpoint { pace, ..Endpoint::new("containerd", containerd.socket()) };
    Sources { cri: vec![endpoint], ..Sources::default() }
}

fn by_bundles(containerd: &Containerd) -> Sources {
    let roots = Roots { containerd: vec![containerd.state()], storage: Vec::new(), ..Roots::default() };
    Sources { bundles: Some(roots), ..Sources::default() }
}

fn is_the_app(news: &ContainerNews) {
    assert_eq!((news.name.as_deref(), news.image.as_deref()), (Some("app"), Some("registry.example/shop:1")));
    assert_eq!((news.pod.as_deref(), news.namespace.as_deref()), (Some("shop-1"), Some("prod")));
    assert_eq!((news.role, news.runtime), (Some(Role::Workload), Some(Runtime::Containerd)));
}

fn is_the_pause(news: &ContainerNews) {
    assert_eq!((news.name.as_deref(), news.role), (None, Some(Role::Sandbox)));
    assert_eq!((news.pod.as_deref(), news.namespace.as_deref()), (Some("shop-1"), Some("prod")));
}

#[tokio::test(flavor = "current_thread")]
async fn a_real_containerd_is_listed_followed_lost_and_healed() {
    if !common::privileged(NEEDS) {
        return;
    }
    let mut containerd = Containerd::start();
    pod(&containerd);
    let mut told = Told::by(by_socket(&containerd));

    // Listed.
    let news = told.news(APP, ContainerState::Running).await;
    is_the_app(&news);
    assert_eq!(news.labels["tier"], "front");
    is_the_pause(&told.news(PAUSE, ContainerState::Running).await);
    let status = told.status(Health::Ok).await;
    assert!(status.text.starts_with("containerd ") && status.text.contains("2 containers listed"), "{}", status.text);
    assert!(status.text.ends_with("by its own API and CRI"), "{}", status.text);

    // Followed.
    app(&containerd, LATER, "exec sleep 1000");
    is_the_app(&told.news(LATER, ContainerState::Running).await);
    containerd.ctr(&["task", "pause", LATER]);
    told.news(LATER, ContainerState::Paused).await;
    containerd.ctr(&["task", "resume", LATER]);
    told.news(LATER, ContainerState::Running).await;
    containerd.ctr(&["task", "kill", "-s", "KILL", LATER]);
    told.news(LATER, ContainerState::Exited).await;
    app(&containerd, BLINK, "exec true");
    let blink = told.news(BLINK, ContainerState::Exited).await;
    is_the_app(&blink);

    // Hung, and back.
    containerd.freeze();
    let status = told.status(Health::Degraded).await;
    assert!(status.text.contains("no answer"), "{}", status.text);
    containerd.thaw();
    told.status(Health::Ok).await;

    // Stopped, and back: what went meanwhile is told.
    containerd.down();
    let status = told.status(Health::Missing).await;
    assert!(status.text.contains("c.sock"), "{}", status.text);
    containerd.up();
    told.status(Health::Ok).await;
    containerd.remove(APP);
    told.news(APP, ContainerState::Exited).await;
}

#[tokio::test(flavor = "current_thread")]
async fn with_no_socket_names_and_states_come_from_the_bundles_on_disk() {
    if !common::privileged(NEEDS) {
        return;
    }
    let mut containerd = Containerd::start();
    pod(&containerd);
    containerd.down();
    let sources = Sources { cri: by_socket(&containerd).cri, ..by_bundles(&containerd) };
    let mut told = Told::by(sources);
    is_the_app(&told.news(APP, ContainerState::Running).await);
    is_the_pause(&told.news(PAUSE, ContainerState::Running).await);
    // Once it answers it is believed, and knows the labels, too.
    containerd.up();
    loop {
        match told.next().await {
            Event::Container(news) if news.id == APP && news.labels.contains_key("tier") => break is_the_app(&news),
            _ => {}
        }
    }
    containerd.remove(APP);
    told.news(APP, ContainerState::Exited).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_pod_that_a_kubelet_asked_for_is_told_by_cri() {
    if !common::privileged(NEEDS) {
        return;
    }
    let containerd = Containerd::start();
    containerd.import();
    let mut kubelet = Kubelet::new(&containerd.socket()).await;
    let pause = kubelet.pod("shop-1", "prod").await;
    let init = kubelet.container(&pause, ("shop-1", "prod"), "prepare", IMAGE, &["/bin/true"]).await;
    let app = kubelet.container(&pause, ("shop-1", "prod"), "app", IMAGE, &["/bin/sleep", "1000"]).await;
    for sources in [by_socket(&containerd), by_bundles(&containerd)] {
        let cri = !sources.cri.is_empty();
        let mut told = Told::by(sources);
        let news = told.news(&app, ContainerState::Running).await;
        assert_eq!((news.name.as_deref(), news.image.as_deref()), (Some("app"), Some(IMAGE)));
        assert_eq!((news.pod.as_deref(), news.namespace.as_deref()), (Some("shop-1"), Some("prod")));
        assert_eq!((news.role, news.labels.contains_key("tier")), (Some(Role::Workload), cri));
        is_the_pause(&told.news(&pause, ContainerState::Running).await);
        if cri {
            let news = told.news(&init, ContainerState::Exited).await;
            // An init container that ended: CRI has no word for it.
            assert_eq!((news.name.as_deref(), news.role), (Some("prepare"), Some(Role::Workload)));
        }
    }
    let mut told = Told::by(by_socket(&containerd));
    told.news(&app, ContainerState::Running).await;
    kubelet.stop(&app).await;
    told.news(&app, ContainerState::Exited).await;
    kubelet.remove(&pause).await;
    told.news(&pause, ContainerState::Exited).await;
}

/// A watch that reads names from `containerd` alone.
fn watch(containerd: &Containerd) -> Watch {
    let config = containerd.path().join("ktrace.toml");
    let text = format!(
        "docker_sockets = []\ncri_sockets = ['{}']\nbundle_roots = ['{}']\n",
        containerd.socket().display(),
        containerd.state().display()
    );
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.args(["watch", "--format", "json", "--config"]).arg(config);
    command.arg("--record").arg(containerd.path().join("tape"));
    Watch::spawn(command)
}

/// Who came from outside: program, arguments, the runtime with its call, who called it.
type Entered = (String, Vec<String>, Option<(String, &'static str)>, String);

/// Whoever ran a program after it came into a container from outside, by the model that is made of what was recorded.
fn entered(containerd: &Containerd) -> Vec<Entered> {
    let mut tape = Recording::open(&containerd.path().join("tape")).unwrap();
    let batches = tape.outline().unwrap().spans.len();
    let events = (0..batches).flat_map(|at| tape.batch(at).unwrap().unpack().unwrap().events);
    let mut model = Model::default();
    let mut entered = Vec::new();
    for event in events {
        model.apply(&event);
        let Event::Process(event) = &event else { continue };
        let Kind::Exec(exec) = &event.kind else { continue };
        let name = exec.image.exe.file_name().lossless();
        let args = exec.image.argv.args.iter().map(|arg| arg.lossless()).collect();
        if let Some(entry) = model.entry(event.process) {
            let called = |runtime: &Process| runtime.image().unwrap().argv.args.get(0).unwrap().lossless();
            let call = entry.call.map(|(runtime, call)| (called(runtime), call));
            entered.push((name, args, call, entry.by.image().unwrap().exe.file_name().lossless()));
        }
    }
    entered
}

#[tokio::test(flavor = "current_thread")]
async fn what_a_kubelet_runs_in_a_container_is_told_as_entered_from_outside() {
    if !common::privileged(NEEDS) {
        return;
    }
    let containerd = Containerd::start();
    containerd.import();
    let mut kubelet = Kubelet::new(&containerd.socket()).await;
    let watch = watch(&containerd);
    let pause = kubelet.pod("shop-1", "prod").await;
    let app = kubelet.container(&pause, ("shop-1", "prod"), "app", IMAGE, &["/bin/sleep", "1000"]).await;
    kubelet.exec(&app, &["/bin/cat", "/proc/self/comm"]).await;
    watch.finish();
    kubelet.remove(&pause).await;
    let entered = entered(&containerd);
    let [(_, args, call, by)] = entered.as_slice() else { panic!("the probe alone: {entered:?}") };
    assert_eq!((args.join(" ").as_str(), by.as_str()), ("/bin/cat /proc/self/comm", "containerd-shim-runc-v2"));
    assert_eq!(*call, Some(("runc".to_owned(), "exec")));
}

#[test]
fn a_watch_names_the_pod_and_a_recording_tells_who_came_in_from_outside() {
    if !common::privileged(NEEDS) {
        return;
    }
    let containerd = Containerd::start();
    let watch = watch(&containerd);
    pod(&containerd);
    containerd.ctr(&["task", "exec", "--exec-id", "e1", APP, "/bin/sh", "-c", "sleep 0.5; sleep 1; true"]);
    let told = watch.finish();
    let of_app = |event: &&serde_json::Value| event["process"]["container"]["id"] == APP;
    let last = told.kind("exec").rfind(of_app).expect("its processes are told");
    let container = &last["process"]["container"];
    assert_eq!((&container["name"], &container["pod"]), (&"app".into(), &"shop-1".into()), "{container}");
    assert_eq!((&container["image"], &container["role"]), (&"registry.example/shop:1".into(), &"workload".into()));

    let entered = entered(&containerd);
    assert_eq!(entered.len(), 3, "the shell and what it ran: {entered:?}");
    for (_, _, call, by) in &entered {
        assert_eq!((call, by.as_str()), (&Some(("runc".to_owned(), "exec")), "containerd-shim-runc-v2"), "{entered:?}");
    }
    let firsts = entered.iter().filter(|(_, args, ..)| args.iter().any(|arg| arg == "1000")).count();
    assert_eq!(firsts, 0, "what the container was started with came from nowhere else: {entered:?}");
}

#[test]
fn doctor_names_every_source_of_names_and_what_is_reachable() {
    let node = tempfile::tempdir().unwrap();
    let at = |name: &str| node.path().join(name);
    let bundle = at("containerd/io.containerd.runtime.v2.task/k8s.io").join(APP);
    std::fs::create_dir_all(&bundle).unwrap();
    std::fs::write(bundle.join("config.json"), "{}").unwrap();
    // One that takes connections and says nothing, and one that speaks something else.
    let _mute = UnixListener::bind(at("mute.sock")).unwrap();
    let other = UnixListener::bind(at("other.sock")).unwrap();
    std::thread::spawn(move || {
        // Kept open: who hangs up at once may be met by what the other side still writes, and that is another fault.
        let mut open = Vec::new();
        for mut stream in other.incoming().flatten() {
            let _ = stream.write_all(b"220 mail.example ESMTP and more than a frame of it\r\n");
            open.push(stream);
        }
    });
    let sockets = ["mute.sock", "other.sock", "none.sock"].map(|name| format!("'{}'", at(name).display())).join(", ");
    let config =
        format!("docker_sockets = []\ncri_sockets = [{sockets}]\nbundle_roots = ['{}']\n", at("containerd").display());
    std::fs::write(at("config.toml"), config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    let output = command.args(["doctor", "--format", "json", "--config"]).arg(at("config.toml")).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let told = |topic: &str| -> (String, String) {
        let mut all = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let line = all.find(|line| line["topic"] == topic).unwrap_or_else(|| panic!("{topic}: {lines}"));
        (line["health"].as_str().unwrap().to_owned(), line["text"].as_str().unwrap().to_owned())
    };
    for (name, health, words) in [
        ("mute.sock", "degraded", "gives no answer in 5 s"),
        ("other.sock", "degraded", "speaks neither CRI v1 nor containerd's API"),
        ("none.sock", "missing", "no socket"),
    ] {
        let (is, text) = told(&at(name).display().to_string());
        assert!(is == health && text.contains(words), "{name}: {is}, {text}");
    }
    let (health, text) = told("bundles");
    assert!(health == "ok" && text.contains("1 there now"), "{health}, {text}");
}
