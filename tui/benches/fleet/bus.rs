//! Three servers of NATS on loopback.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use async_nats::jetstream;
use ktrace_tui::feed::{BusOptions, Names, StreamOptions};
use tempfile::TempDir;

use super::kit::cost::{cpu_seconds, memory_mb};

pub(crate) struct Bus {
    dir: TempDir,
    ports: [u16; 3],
    servers: [Option<Child>; 3],
    /// Seconds of CPU of servers that are gone.
    spent: [f64; 3],
}

impl Bus {
    pub(crate) fn start() -> Bus {
        let dir = tempfile::tempdir().expect("a folder");
        let free = || TcpListener::bind("127.0.0.1:0").expect("a port");
        let held: Vec<TcpListener> = (0..6).map(|_| free()).collect();
        let port = |at: usize| held[at].local_addr().expect("its address").port();
        let (ports, routes) = ([0, 1, 2].map(port), [3, 4, 5].map(port));
        drop(held);
        let known = routes.map(|port| format!("nats-route://127.0.0.1:{port}")).join(", ");
        for at in 0..3 {
            let store = dir.path().join(format!("store-{at}"));
            let config = format!(
                "server_name: n{at}\nlisten: 127.0.0.1:{}\njetstream {{ store_dir: {store:?} }}\n\
                 cluster {{ name: bus, listen: \"127.0.0.1:{}\", routes: [{known}] }}\n",
                ports[at], routes[at]
            );
            std::fs::write(dir.path().join(format!("config-{at}")), config).expect("a file");
        }
        let mut bus = Bus { dir, ports, servers: [None, None, None], spent: [0.0; 3] };
        (0..3).for_each(|at| bus.restart(at));
        bus.wait_for_stream();
        bus
    }

    pub(crate) fn restart(&mut self, at: usize) {
        let config = self.dir.path().join(format!("config-{at}"));
        let mut command = Command::new("nats-server");
        command.arg("-c").arg(config).arg("-l").arg(self.dir.path().join(format!("log-{at}")));
        self.servers[at] = Some(command.stdin(Stdio::null()).spawn().expect("nats-server is installed"));
    }

    pub(crate) fn folder(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    pub(crate) fn urls(&self) -> String {
        self.ports.map(|port| format!("nats://127.0.0.1:{port}")).join(",")
    }

    pub(crate) fn options(&self, node: &str) -> BusOptions {
        BusOptions {
            servers: self.urls().split(',').map(|url| url.parse().expect("a server")).collect(),
            creds: None,
            ca: None,
            identity: None,
            stream: StreamOptions { name: "KTRACE".into(), replicas: 3, max_age: None, max_bytes: None },
            names: Names::of_cluster("c"),
            node: node.to_owned(),
        }
    }

    fn ask<T>(&self, ask: impl AsyncFn(jetstream::Context) -> Option<T>) -> Option<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let urls: Vec<String> = self.urls().split(',').map(str::to_owned).collect();
            let client = async_nats::connect(urls).await.ok()?;
            ask(jetstream::new(client)).await
        })
    }

    /// Makes the stream, on all three.
    fn wait_for_stream(&self) {
        let config = jetstream::stream::Config {
            name: "KTRACE".into(),
            subjects: vec![Names::everything()],
            num_replicas: 3,
            allow_direct: true,
            ..Default::default()
        };
        let begun = Instant::now();
        while self.ask(async |context| context.get_or_create_stream(config.clone()).await.ok()).is_none() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the stream cannot be made");
            sleep(Duration::from_millis(200));
        }
    }

    fn leader(&self) -> Option<usize> {
        self.ask(async |context| {
            let mut stream = context.get_stream("KTRACE").await.ok()?;
            let info = stream.info().await.ok()?;
            info.cluster.as_ref()?.leader.as_ref()?.strip_prefix('n')?.parse().ok()
        })
    }

    /// Kills the server that leads the stream.
    pub(crate) fn kill_leader(&mut self) -> usize {
        let leader = self.leader().expect("one of them leads");
        if let Some(mut server) = self.servers[leader].take() {
            self.spent[leader] += cpu_seconds(server.id());
            server.kill().expect("a child");
            server.wait().expect("a child");
        }
        leader
    }

    /// Percent of a core, and MB, of each server.
    pub(crate) fn cost(&self, seconds: f64) -> Vec<(String, f64, f64)> {
        let of = |at: usize| {
            let pid = self.servers[at].as_ref().map_or(0, Child::id);
            let cpu = (self.spent[at] + cpu_seconds(pid)) / seconds * 100.0;
            (format!("nats-server {at}"), cpu, memory_mb(pid, "VmRSS"))
        };
        (0..3).map(of).collect()
    }

    /// Messages and bytes in the stream, of one copy.
    pub(crate) fn kept(&self) -> (u64, u64) {
        let told = self.ask(async |context| {
            let mut stream = context.get_stream("KTRACE").await.ok()?;
            let state = &stream.info().await.ok()?.state;
            Some((state.messages, state.bytes))
        });
        told.unwrap_or_default()
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        for server in self.servers.iter_mut().flatten() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}
