//! Many nodes onto a bus of three servers, one of which is killed on the way, and from there onto one screen: what arrives,
//! how soon, and what it costs.

#[path = "fleet/bus.rs"]
mod bus;
#[path = "kit/mod.rs"]
mod kit;
#[path = "fleet/looker.rs"]
mod looker;
#[path = "fleet/node.rs"]
mod node;
#[path = "kit/storm.rs"]
mod storm;

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use bus::Bus;
use kit::cost::{cpu_seconds, memory_mb};
use kit::{median, number, percentile, word};
use looker::Seen;
use node::Node;

fn main() {
    // `cargo test --benches` builds it, and has nothing to run here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    kit::root();
    let (nodes, rate, seconds) = (number("--nodes", 20), number("--rate", 2_000), number("--seconds", 300));
    let events = word("--events");
    let mut bus = Bus::start();
    let looker = looker::start(bus.options("looker"));
    let mut real = real(&bus, events.as_deref());
    let all: Vec<Node> = (0..nodes)
        .map(|at| Node::start(at, bus.options(&node::name(at)), rate as u64, seconds as u64, events.clone()))
        .collect();
    let begun = Instant::now();
    let before = [std::process::id(), real.id()].map(cpu_seconds);
    let third = Duration::from_secs(seconds as u64 / 3);
    sleep(third);
    let killed_at = node::wall();
    let killed = bus.kill_leader();
    sleep(third / 2);
    bus.restart(killed);
    let sent: Vec<node::Sent> = all.into_iter().map(Node::join).collect();
    let lasted = begun.elapsed().as_secs_f64();
    let cost = |at: usize, pid: u32| (cpu_seconds(pid) - before[at]) / lasted * 100.0;
    let (ours, its) = (cost(0, std::process::id()), cost(1, real.id()));
    let memory = memory_mb(real.id(), "VmRSS");
    let told = end(&mut real);
    sleep(Duration::from_secs(5));
    let servers = bus.cost(lasted);
    let kept = bus.kept();
    let seen = looker.stop();
    report(&Run { nodes, rate, seconds: lasted, events: events.as_deref(), sent: &sent, seen: &seen, killed_at });
    println!("\n| | CPU % of a core | RSS MB |\n| --- | --- | --- |");
    println!("| the real agent, on this node | {its:.2} | {memory:.1} |");
    println!(
        "| {nodes} agents, what makes their events, and the screen, in one process | {ours:.1} | {:.1} |",
        memory_mb(std::process::id(), "VmRSS")
    );
    for (name, cpu, memory) in servers {
        println!("| {name} | {cpu:.1} | {memory:.1} |");
    }
    println!("\nThe real agent's last words: {told}");
    let (messages, bytes) = kept;
    let of_node = bytes as f64 / (nodes as f64 + 1.0) / lasted;
    println!(
        "\nThe stream holds {messages} messages of {bytes} bytes in all: {of_node:.0} bytes a second of each node, {:.1} MB a day.",
        of_node * 86_400.0 / 1e6
    );
}

/// An agent as users start it, on this very node.
fn real(bus: &Bus, events: Option<&str>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.args(["agent", "--no-runtimes", "--cluster", "c", "--node", "real", "--nats", &bus.urls()]);
    command.args(["--spool", &bus.folder("real")]).args(events.iter().flat_map(|events| ["--events", events]));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the agent starts")
}

fn end(real: &mut Child) -> String {
    // SAFETY: a child that nobody waited for.
    unsafe { libc::kill(real.id() as i32, libc::SIGTERM) };
    let said = real.stderr.take().map(std::io::read_to_string).and_then(Result::ok).unwrap_or_default();
    real.wait().expect("the agent ends");
    said.lines().last().unwrap_or_default().to_owned()
}

struct Run<'a> {
    nodes: usize,
    rate: usize,
    seconds: f64,
    events: Option<&'a str>,
    sent: &'a [node::Sent],
    seen: &'a Seen,
    /// When a server was killed, by the wall clock.
    killed_at: u64,
}

fn report(run: &Run<'_>) {
    let Run { nodes, rate, seconds, events, sent, seen, killed_at } = run;
    let happened: u64 = sent.iter().map(|sent| sent.events).sum();
    let left: u64 = sent.iter().map(|sent| sent.lines).sum();
    let findings: u64 = sent.iter().map(|sent| sent.findings).sum();
    let lost: u64 = sent.iter().map(|sent| sent.lost).sum();
    println!(
        "\n{nodes} nodes of {rate} events a second for {seconds:.0} s, and this one; events that leave: {}; the server that \
         leads is killed after a third, and comes back after half.\n",
        events.unwrap_or("none")
    );
    println!("| | |\n| --- | --- |");
    println!("| events that happened | {happened} ({:.0} a second) |", happened as f64 / seconds);
    println!("| lines that left | {left} |");
    println!("| findings of them | {findings} |");
    println!("| lines that agents lost | {lost} |");
    let of = |name: &String| name.starts_with("sim-");
    let came: u64 = seen.lines.iter().filter(|(name, _)| of(name)).map(|(_, lines)| lines).sum();
    let found: u64 = seen.findings.iter().filter(|(name, _)| of(name)).map(|(_, count)| count).sum();
    println!("| lines on the screen | {came} |");
    println!("| findings of them | {found} |");
    println!("| missing, twice, out of order | {}, {}, {} |", seen.missing, seen.again, seen.disorder);
    println!("| incidents on the screen | {} |", seen.incidents);
    let (before, after): (Vec<_>, Vec<_>) = seen.latencies.iter().partition(|(made, _)| made < killed_at);
    for (name, values) in [("before the server is killed", before), ("from then on", after)] {
        let values: Vec<f64> = values.into_iter().map(|(_, late)| late).collect();
        println!(
            "| from the event that was found to the frame that shows it, {name} | median {:.0} ms, p99 {:.0} ms, highest \
             {:.0} ms ({}) |",
            median(&values),
            percentile(&values, 99.0),
            percentile(&values, 100.0),
            values.len()
        );
    }
    println!(
        "| a frame of the screen: prepared and drawn | median {:.2} ms, p99 {:.2} ms |",
        median(&seen.frames),
        percentile(&seen.frames, 99.0)
    );
}
