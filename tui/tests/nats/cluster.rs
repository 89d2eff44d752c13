//! Three servers that keep a stream together, and what becomes of it when the one that leads is killed.

use std::array::from_fn;
use std::collections::BTreeSet;

use async_nats::jetstream::stream::Info;

use super::*;
use agent::Agent;
use server::free_port;

/// Servers `n0`, `n1` and `n2`.
struct Cluster {
    servers: [Server; 3],
}

impl Cluster {
    fn started() -> Cluster {
        let ports: [u16; 3] = from_fn(|_| free_port());
        let routes = ports.map(|port| format!("nats-route://127.0.0.1:{port}")).join(", ");
        let servers = from_fn(|at| {
            let cluster = format!("{{ name: bus, listen: \"127.0.0.1:{}\", routes: [{routes}] }}", ports[at]);
            Server::started(&format!("server_name: n{at}\ncluster {cluster}"))
        });
        Cluster { servers }
    }

    fn urls(&self) -> [String; 3] {
        from_fn(|at| self.servers[at].url())
    }

    fn options(&self) -> BusOptions {
        let servers = self.urls().iter().map(|url| url.parse().unwrap()).collect();
        let options = self.servers[0].options();
        BusOptions { servers, stream: StreamOptions { replicas: 3, ..options.stream }, ..options }
    }

    /// How the stream is, as the server `at` says, once that is `right`.
    async fn info(&self, at: usize, what: &str, right: impl Fn(&Info) -> bool) -> Info {
        let context = context(&self.servers[at].url()).await;
        let began = Instant::now();
        loop {
            if let Ok(mut stream) = context.get_stream("KTRACE").await
                && let Ok(info) = stream.info().await
                && right(info)
            {
                return info.clone();
            }
            assert!(began.elapsed() < LATE, "{what} does not come");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Reads along, on a thread of its own, what `node.1` sends up to `last`; gives the numbers, and how often a server no
/// longer handed out what it had.
fn reader(options: BusOptions, last: u64) -> std::thread::JoinHandle<(Vec<u64>, usize)> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut reader = BusReader::since(&options, None).await.unwrap();
            let (mut numbers, mut errors, mut came) = (Vec::new(), Vec::new(), Instant::now());
            while numbers.last() != Some(&last) {
                let next = tokio::time::timeout(LATE, reader.next()).await;
                match next.map(|next| next.expect("the connection stays")) {
                    Ok(Ok(line)) => {
                        came = Instant::now();
                        if line.node == "node.1" {
                            numbers.push(line.number);
                        }
                    }
                    Ok(Err(error)) => errors.push(error),
                    Err(_) => {}
                }
                assert!(came.elapsed() < LATE, "nothing comes after {:?}; errors: {errors:?}", numbers.last());
            }
            (numbers, errors.len())
        })
    })
}

/// Waits until the servers have said of all of `count` that they are kept.
fn arrived(feed: &Feed, count: u64) {
    let sent = || Sort::ALL.iter().map(|sort| feed.counts().sent(*sort)).sum::<u64>() == count;
    let all = || sent() && feed.counts().held().is_some_and(|held| held.items == 0) && feed.counts().is_well();
    for _ in 0..2 {
        wait("what was sent", all);
        // What is held is looked at once a second.
        std::thread::sleep(Duration::from_millis(1_500));
    }
}

/// Which server leads the stream.
fn leader(info: &Info) -> Option<usize> {
    info.cluster.as_ref()?.leader.as_ref()?.strip_prefix('n')?.parse().ok()
}

/// Whether all three have everything.
fn whole(info: &Info) -> bool {
    let others = info.cluster.iter().flat_map(|cluster| &cluster.replicas);
    leader(info).is_some() && others.filter(|other| other.current && !other.offline).count() == 2
}

#[tokio::test]
async fn the_server_that_leads_is_killed_and_everything_arrives_once_and_in_order() {
    if !runs() {
        return;
    }
    let mut cluster = Cluster::started();
    let dir = tempfile::tempdir().unwrap();
    let spool = dir.path().join("spool");
    let more = ["--nats-replicas", "3", "--spool", spool.to_str().unwrap()];
    let real = Agent::start(&[], dir.path(), &cluster.urls().join(","), "ofthecluster", &more);
    real.says("nats: ok: connected");
    let info = cluster.info(0, "the stream on three servers", whole).await;
    assert_eq!(info.config.num_replicas, 3);

    let feed = start(cluster.options(), Some(Spool::open(&dir.path().join("other"), 64 << 20).unwrap()));
    let run = || assert!(Command::new("true").arg("ofthecluster").status().unwrap().success());
    let reading = reader(BusOptions { node: "reader".to_owned(), ..cluster.options() }, 11_199);
    feed.offer(1..1_000, 600);
    (0..20).for_each(|_| run());
    cluster.info(0, "half of it", |info| info.state.messages >= 500).await;
    let first = leader(&cluster.info(0, "who leads", |info| leader(info).is_some()).await).unwrap();
    cluster.servers[first].kill();
    let killed = Instant::now();
    for part in 1_u64..11 {
        feed.offer(part * 1_000..(part + 1) * 1_000, 300);
        (0..2).for_each(|_| run());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let other = (first + 1) % 3;
    arrived(&feed.feed, 10_999);
    let info = cluster.info(other, "all that was sent", |info| info.state.messages >= 10_999).await;
    assert_ne!(leader(&info), Some(first));
    println!("{:.1?} from the kill until all was kept", killed.elapsed());

    // It comes back, and is soon as good as the others: the next that leads may be killed.
    cluster.servers[first].start();
    let info = cluster.info(other, "three that have everything", whole).await;
    let second = leader(&info).unwrap();
    feed.offer(11_000..11_100, 10);
    cluster.servers[second].kill();
    feed.offer(11_100..11_200, 10);
    arrived(&feed.feed, 11_199);
    assert_eq!(feed.feed.counts().lost_in_all(), 0);
    feed.finish(LATE);
    real.stop();

    // Who reads it needs a server that leads all of them.
    cluster.servers[second].start();
    cluster.info(first, "three that have everything again", whole).await;
    let (read, errors) = reading.join().unwrap();
    assert_eq!(read, (1..11_200).collect::<Vec<_>>(), "who reads along has it once and in order");
    println!("who read along was let down {errors} times");
    let got = cluster.servers[first].execs_as(None, 40).await;
    let ids: BTreeSet<_> = got.iter().map(|got| got.id.clone()).collect();
    assert_eq!(ids.len(), got.len(), "none is there twice");
    let (real, sent): (Vec<_>, Vec<_>) = got.into_iter().partition(|got| got.subject.starts_with("ktrace.c.n%2E1."));
    assert_eq!(numbers(&sent), (1..11_200).collect::<Vec<_>>());
    assert!(numbers(&real).is_sorted_by(|a, b| a < b), "{:?}", numbers(&real));
}
