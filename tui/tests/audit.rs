//! `audit` of real containers: what the kernel says of them and what the runtime says, held against each other.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::containerd::{Containerd, IMAGE};
use common::cri::Kubelet;
use common::docker::{BUSYBOX, Dockerd};
use common::privileged;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ktrace-tui");
const NEEDS: &str = "dockerd and unshare";

/// A container that only waits.
fn start(dockerd: &Dockerd, name: &str, options: &[&str], script: &str) -> String {
    let network =
        if options.iter().any(|option| option.starts_with("--network")) { "--init=false" } else { "--network=none" };
    let mut all = vec!["run", "-d", "--name", name, network];
    all.extend(options);
    all.extend([BUSYBOX, "sh", "-c", script]);
    dockerd.docker(&all)
}

const WAIT: &str = "exec sleep 600";

/// A configuration that knows where this engine has its bundles.
fn config(dockerd: &Dockerd) -> String {
    let file = dockerd.path().join("config.toml");
    let bundles = dockerd.path().join("exec/containerd/daemon");
    std::fs::write(&file, format!("bundle_roots = [\"{}\"]\n", bundles.display())).unwrap();
    file.display().to_string()
}

/// What `audit` says on the node, by the names of containers.
fn audit(dockerd: &Dockerd, more: &[&str]) -> BTreeMap<String, Value> {
    let config = config(dockerd);
    let mut command = vec![PROGRAM, "audit", "--format", "json", "--at-least", "info", "--config", &config];
    command.extend(more);
    let output = dockerd.on_node(&command).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| (line["container"]["name"].as_str().unwrap_or("?").to_owned(), line)).collect()
}

/// Check and severity of each result.
fn results(line: &Value) -> BTreeMap<&str, &str> {
    let all = line["results"].as_array().unwrap();
    all.iter().map(|it| (it["check"].as_str().unwrap(), it["severity"].as_str().unwrap())).collect()
}

fn of<'a>(line: &'a Value, check: &str) -> &'a Value {
    let all = line["results"].as_array().unwrap();
    all.iter().find(|it| it["check"] == check).unwrap_or_else(|| panic!("no {check} in {line:#}"))
}

/// Everybody who says so.
fn witnesses(result: &Value) -> Vec<&str> {
    result["why"].as_array().unwrap().iter().map(|word| word["witness"].as_str().unwrap()).collect()
}

#[test]
fn what_docker_was_asked_for_is_what_the_kernel_allows_and_where_it_is_not_both_are_named() {
    if !privileged(NEEDS) {
        return;
    }
    let dockerd = Dockerd::on_a_node();
    start(&dockerd, "plain", &[], WAIT);
    let hard = ["--read-only", "--user=4242:4242", "--cap-drop=ALL", "--security-opt=no-new-privileges"];
    start(&dockerd, "hard", &hard, WAIT);
    start(&dockerd, "strong", &["--cap-add=SYS_ADMIN", "--security-opt=seccomp=unconfined"], WAIT);
    start(&dockerd, "shares", &["--pid=host", "--network=host", "--ipc=host", "--uts=host"], WAIT);
    start(&dockerd, "mounts", &["-v/:/host:ro", "-v/run/docker.sock:/run/docker.sock", "-v/etc:/conf"], WAIT);
    start(&dockerd, "device", &["--device=/dev/fuse"], WAIT);
    // It was started read-only, and made itself writable.
    let remount = "mount -o remount,rw / && touch /mark && exec sleep 600";
    start(&dockerd, "remounts", &["--read-only", "--cap-add=SYS_ADMIN", "--security-opt=seccomp=unconfined"], remount);
    published(&dockerd);
    let marked = || dockerd.command(&["exec", "remounts", "ls", "/mark"]).output().unwrap().status.success();
    let began = Instant::now();
    while !marked() {
        assert!(began.elapsed() < Duration::from_secs(60), "it cannot write to its root");
        sleep(Duration::from_millis(50));
    }
    let all = audit(&dockerd, &[]);
    assert_eq!(all.len(), 8, "{:?}", all.keys());
    standards(&all["published"]);

    let plain = BTreeMap::from([
        ("root_user", "low"),
        ("gains_privileges", "low"),
        ("net_raw", "low"),
        ("writable_image", "low"),
        ("capabilities_kept", "info"),
    ]);
    assert_eq!(results(&all["plain"]), plain);
    assert_eq!(all["plain"]["unknown"], serde_json::json!([]));
    assert_eq!(results(&all["hard"]), BTreeMap::new());

    assert_eq!(results(&all["strong"])["dangerous_capabilities"], "high");
    assert_eq!(results(&all["strong"])["seccomp_off"], "medium");
    assert_eq!(results(&all["strong"])["root_user"], "medium");

    let shares = results(&all["shares"]);
    let expected = [("host_pid", "high"), ("host_network", "medium"), ("host_ipc", "medium"), ("host_uts", "low")];
    for (check, severity) in expected {
        assert_eq!(shares.get(check), Some(&severity), "{check}");
    }
    assert_eq!(shares.len(), plain.len() + expected.len(), "{shares:?}");

    let text = of(&all["mounts"], "runtime_socket")["why"][0]["text"].as_str().unwrap();
    assert!(text.contains("/run/docker.sock at /run/docker.sock (writable)"), "{text}");
    let text = of(&all["mounts"], "host_path")["why"][0]["text"].as_str().unwrap();
    assert!(text.contains("/ at /host (read-only)") && text.contains("/etc at /conf (writable)"), "{text}");
    assert_eq!(results(&all["mounts"])["host_path"], "high");
    assert_eq!(of(&all["device"], "host_device")["why"][0]["text"], "/dev/fuse");

    // Both, and the specification between them, say the same of all that nobody changed.
    let changed = ["remounts", "published"];
    for (name, line) in all.iter().filter(|(name, _)| !changed.contains(&name.as_str())) {
        assert_eq!(line["witnesses"], serde_json::json!(["proc", "docker", "bundle"]), "{name}");
        for result in line["results"].as_array().unwrap() {
            assert_eq!(result["disagree"], Value::Null, "{name}");
            let expected: &[&str] = match result["check"].as_str() {
                // A device that a runtime makes is no mount.
                Some("host_device") => &["docker", "bundle"],
                // Rules of the node's network are nobody's but Docker's, and /proc has no sysctls of others.
                Some("host_port") => &["docker"],
                Some("unsafe_sysctl") => &["docker", "bundle"],
                // The specification names the namespace by a path, which may be anybody's.
                Some("host_network") => &["proc", "docker"],
                _ => &["proc", "docker", "bundle"],
            };
            assert_eq!(witnesses(result), expected, "{name}: {}", result["check"]);
        }
    }
    let image = of(&all["remounts"], "writable_image");
    let disagree = image["disagree"].as_str().unwrap();
    assert!(
        disagree.starts_with("proc says: its root is writable; but docker says: its root is read-only"),
        "{disagree}"
    );
    assert_eq!(image["severity"], "low");
    let others = all["remounts"]["results"].as_array().unwrap().iter().filter(|it| it["check"] != "writable_image");
    assert_eq!(others.filter(|it| !it["disagree"].is_null()).count(), 0, "{:#}", all["remounts"]);

    one_container_and_text(&dockerd);
    a_recording_says_the_same(&dockerd, &all);
}

/// A container that is reached by ports of the node, on a network of its own, and asks for what pods should not.
fn published(dockerd: &Dockerd) {
    dockerd.docker(&["network", "create", "--subnet=10.77.0.0/24", "shop"]);
    let ports = ["--network=shop", "--init", "-p8080:80", "-p127.0.0.1:5353:53/udp"];
    let others = ["--sysctl=net.core.somaxconn=9", "--sysctl=net.ipv4.tcp_syncookies=1", "-v/srv:/data:ro"];
    let label = ["--security-opt=label=type:spc_t"];
    start(dockerd, "published", &[&ports[..], &others, &label].concat(), WAIT);
}

/// What the standards of pods name: each said by whoever can know it.
fn standards(line: &Value) {
    let port = of(line, "host_port");
    assert_eq!((&port["severity"], &witnesses(port)[..]), (&"low".into(), &["docker"][..]));
    assert_eq!(port["why"][0]["text"], "8080/tcp to its 80, 127.0.0.1:5353/udp to its 53");
    let sysctl = of(line, "unsafe_sysctl");
    assert_eq!(
        (&sysctl["why"][0]["text"], &witnesses(sysctl)[..]),
        (&"net.core.somaxconn = 9".into(), &["docker", "bundle"][..])
    );
    let volume = of(line, "host_volume");
    let all = ["proc", "docker", "bundle"];
    assert_eq!((&volume["why"][0]["text"], &witnesses(volume)[..]), (&"/srv at /data (read-only)".into(), &all[..]));
    let label = of(line, "selinux_off");
    assert_eq!(label["why"][0]["text"], "SELinux label ::spc_t:");
    assert_eq!(label["severity"], "low");
}

fn one_container_and_text(dockerd: &Dockerd) {
    let config = config(dockerd);
    let one = dockerd
        .on_node(&[PROGRAM, "audit", "--config", &config, "--container", "shares", "--at-least", "high"])
        .output()
        .unwrap();
    let text = String::from_utf8(one.stdout).unwrap();
    assert!(text.starts_with("shares  HIGH  ("), "{text}");
    assert!(text.contains("proc, docker, bundle: its pid namespace is the node's"), "{text}");
    assert!(text.ends_with("1 container: 1 high\n"), "{text}");
    let none = dockerd.on_node(&[PROGRAM, "audit", "--container", "nobody"]).output().unwrap();
    let said = String::from_utf8_lossy(&none.stderr);
    assert_eq!(none.status.code(), Some(1));
    assert!(said.contains("no container on this node is called nobody"), "{said}");
}

/// What was recorded is held against the same checks, by the same witnesses.
fn a_recording_says_the_same(dockerd: &Dockerd, live: &BTreeMap<String, Value>) {
    let file = dockerd.path().join("node.ktrace");
    record(dockerd, &file, || drop(start(dockerd, "late", &["--security-opt=seccomp=unconfined"], WAIT)));
    let mut recorded = audit(dockerd, &[file.to_str().unwrap()]);
    let late = recorded.remove("late").expect("started while it was recorded");
    assert_eq!(late["witnesses"], serde_json::json!(["proc", "docker", "bundle"]));
    assert_eq!(results(&late)["seccomp_off"], "medium");
    for (name, line) in live {
        assert_eq!(line["results"], recorded[name]["results"], "{name}");
    }
}

#[test]
fn what_changes_while_it_is_recorded_is_looked_at_again() {
    if !privileged(NEEDS) {
        return;
    }
    let dockerd = Dockerd::on_a_node();
    let remount = "until [ -e /go ]; do sleep 0.1; done; mount -o remount,ro / && exec sleep 600";
    start(&dockerd, "shuts", &["--cap-add=SYS_ADMIN", "--security-opt=seccomp=unconfined"], remount);
    let before = audit(&dockerd, &[]);
    assert_eq!(of(&before["shuts"], "writable_image")["disagree"], Value::Null);
    let file = dockerd.path().join("node.ktrace");
    record(&dockerd, &file, || drop(dockerd.docker(&["exec", "shuts", "touch", "/go"])));
    let after = audit(&dockerd, &[file.to_str().unwrap()]);
    let image = of(&after["shuts"], "writable_image");
    let disagree = image["disagree"].as_str().unwrap();
    assert!(disagree.ends_with("but proc says: its root is read-only"), "{disagree}");
    assert_eq!(witnesses(image), ["docker", "bundle"]);
}

fn record(dockerd: &Dockerd, file: &Path, meanwhile: impl FnOnce()) {
    let mut watch = dockerd.on_node(&[
        PROGRAM,
        "watch",
        "--config",
        &config(dockerd),
        "--only",
        "findings",
        "--duration",
        "8s",
        "--record",
    ]);
    let mut watch = watch.arg(file).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut err = std::io::BufReader::new(watch.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("ready") {
        line.clear();
        assert_ne!(std::io::BufRead::read_line(&mut err, &mut line).unwrap(), 0, "it never was ready");
    }
    meanwhile();
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut err, &mut rest).unwrap();
    assert!(watch.wait().unwrap().success(), "{rest}");
}

/// Puts itself into every cgroup of the process `$1`, and into its namespaces, with the rights that it has.
const ENTER: &str = r#"while IFS=: read -r _ controller path; do
    for top in "/sys/fs/cgroup/$controller" /sys/fs/cgroup/unified /sys/fs/cgroup; do
        procs="$top$path/cgroup.procs"
        if [ "$path" != / ] && [ -w "$procs" ]; then echo $$ >"$procs" || true; break; fi
    done
done <"/proc/$1/cgroup"
exec nsenter --target "$1" --mount --uts --ipc --net --pid sleep 600"#;

#[test]
fn who_has_more_rights_than_its_container_was_given_is_named() {
    if !privileged(NEEDS) {
        return;
    }
    let dockerd = Dockerd::on_a_node();
    start(&dockerd, "shop", &[], WAIT);
    assert!(!results(&audit(&dockerd, &[])["shop"]).contains_key("gained_rights"));
    let first = dockerd.docker(&["inspect", "-f", "{{.State.Pid}}", "shop"]);
    let mut entered = dockerd.on_node(&["sh", "-euc", ENTER, "enter", &first]).spawn().unwrap();
    let began = Instant::now();
    let found = loop {
        let all = audit(&dockerd, &[]);
        let found =
            all["shop"]["results"].as_array().unwrap().iter().find(|it| it["check"] == "gained_rights").cloned();
        if let Some(found) = found {
            break found;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{:#}", all["shop"]);
    };
    // With the node everything there ends, the one that entered, too.
    drop(dockerd);
    let _ = entered.wait();
    assert_eq!(found["severity"], "high");
    let text = found["why"][0]["text"].as_str().unwrap();
    assert!(["nsenter", "sleep", "busybox"].iter().any(|name| text.contains(name)), "{text}");
    assert!(text.contains("SYS_MODULE"), "{text}");
    assert!(found["process"]["pid"].as_u64().is_some_and(|pid| pid > 0));
    assert!(found["disagree"].as_str().unwrap().contains("says: without "), "{found:#}");
}

#[tokio::test(flavor = "current_thread")]
async fn what_a_kubelet_asked_for_is_told_by_cri_by_its_specification_and_by_the_kernel() {
    if !privileged("containerd, ctr and runc") {
        return;
    }
    let containerd = Containerd::start();
    containerd.import();
    let mut kubelet = Kubelet::new(&containerd.socket()).await;
    let pause = kubelet.pod("shop-1", "prod").await;
    let app = kubelet.container(&pause, ("shop-1", "prod"), "app", IMAGE, &["/bin/sleep", "1000"]).await;
    let config = containerd.path().join("ktrace.toml");
    let (socket, state) = (containerd.socket(), containerd.state());
    let text = format!(
        "docker_sockets = []\ncri_sockets = ['{}']\nbundle_roots = ['{}']\n",
        socket.display(),
        state.display()
    );
    std::fs::write(&config, text).unwrap();
    // Of this container alone: the machine may have others.
    let audit = |id: &str| {
        let mut command = Command::new(PROGRAM);
        command.args(["audit", "--format", "json", "--at-least", "info", "--container", id, "--config"]).arg(&config);
        command.output().unwrap()
    };
    let told = audit(&app);
    let sandbox = audit(&pause);
    kubelet.stop(&app).await;
    kubelet.remove(&pause).await;
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let text = String::from_utf8(told.stdout).unwrap();
    let line: Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(line["witnesses"], serde_json::json!(["proc", "cri", "bundle"]), "{line:#}");
    assert_eq!((&line["container"]["name"], &line["container"]["pod"]), (&"app".into(), &"shop-1".into()));
    assert_eq!(results(&line)["root_user"], "medium", "root, and unfiltered: {line:#}");
    assert_eq!(witnesses(of(&line, "seccomp_off")), ["proc", "cri", "bundle"]);
    assert!(witnesses(of(&line, "host_network")).contains(&"proc"), "the pod is in the node's network");
    let (port, sysctl) = (of(&line, "host_port"), of(&line, "unsafe_sysctl"));
    assert_eq!((&port["why"][0]["text"], &witnesses(port)[..]), (&"8080/tcp to its 80".into(), &["cri"][..]));
    assert_eq!(sysctl["why"][0]["text"], "kernel.msgmax = 8192");
    assert_eq!(witnesses(sysctl), ["cri", "bundle"], "of the sandbox of its pod");
    for result in line["results"].as_array().unwrap() {
        assert_eq!(result["disagree"], Value::Null, "{}", result["check"]);
    }
    assert_eq!(sandbox.status.code(), Some(1), "a sandbox is no container that anybody asked for");
}
