//! A node that never was: events as the sources tell them, without end, the same for the same seed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use ktrace_tui::model::*;

/// 2026-11-23 12:00:00 UTC.
pub(crate) const START: u64 = 1_795_435_200_000_000_000;
const BOOT: u64 = START - 3_600_000_000_000;
/// Containers that there are at a time.
const CONTAINERS: u64 = 40;
/// Processes alive at a time.
const ALIVE: usize = 400;
const PROGRAMS: [&str; 12] =
    ["bash", "curl", "ls", "python3", "make", "gcc", "ld", "sed", "git", "psql", "nginx", "sshd"];

/// Makes events.
pub(crate) struct Storm {
    state: u64,
    now: u64,
    /// Nanoseconds between two events, on average.
    pace: u64,
    live: Vec<(ProcessId, usize)>,
    pid: u32,
    cgroups: Vec<Arc<Cgroup>>,
    sockets: Vec<(ProcessId, Net)>,
    made: u64,
}

impl Storm {
    /// About `rate` events a second.
    pub(crate) fn new(seed: u64, rate: u64) -> Storm {
        let mut storm = Storm {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            now: START,
            pace: 1_000_000_000 / rate.max(1),
            live: Vec::new(),
            pid: 1,
            cgroups: vec![cgroup(GroupKey::Host, 1)],
            sockets: Vec::new(),
            made: 0,
        };
        for number in 0..CONTAINERS {
            storm.new_container(number);
        }
        storm
    }

    fn new_container(&mut self, number: u64) {
        let id = format!("{:016x}{:016x}{:016x}{number:016x}", self.dice(), self.dice(), self.dice());
        self.cgroups.push(cgroup(GroupKey::Container(id.into()), number + 2));
    }

    /// Any number (xorshift64*).
    fn dice(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        (self.dice() % end.max(1) as u64) as usize
    }

    fn new_id(&mut self) -> ProcessId {
        self.pid = if self.pid >= 4_000_000 { 300 } else { self.pid + 1 };
        ProcessId { pid: self.pid, start: Ticks::from_nanos(self.now - BOOT) }
    }

    fn event(&self, process: ProcessId, place: usize, kind: Kind) -> Event {
        let cgroup = Some(Arc::clone(&self.cgroups[place]));
        Event::Process(ProcessEvent { time: Time(self.now), process, tid: process.pid, cgroup, kind })
    }

    fn first(&mut self) -> Event {
        match self.made {
            1 => {
                let boot = Boot { id: "storm".into(), host: "node-1".into(), time: Time(BOOT), ..Boot::default() };
                Event::Boot(boot)
            }
            _ => {
                let id = ProcessId { pid: 1, start: Ticks(1) };
                self.live.push((id, 0));
                let seen = Seen {
                    parent: None,
                    image: Some(image(self.now, "/sbin/init", &["/sbin/init".into()])),
                    born: Time(BOOT),
                    ns_pid: 1,
                    creds: Creds::default(),
                    caps: Caps::default(),
                    namespaces: Namespaces([1, 2, 3, 4, 5, 6, 7, 8]),
                    tty: Text::default(),
                    connections: Vec::new(),
                    stdio: [const { None }; 3],
                    fifos: Vec::new(),
                };
                self.event(id, 0, Kind::Seen(Box::new(seen)))
            }
        }
    }

    fn fork(&mut self) -> Event {
        let at = self.below(self.live.len());
        let (maker, place) = self.live[at];
        // Now and then a runtime starts something in a container.
        let place = if self.below(10) == 0 { self.below(self.cgroups.len()) } else { place };
        let child = self.new_id();
        self.live.push((child, place));
        let creds = Creds { uid: (place % 5) as u32 * 1_000, ..Creds::default() };
        self.event(child, place, Kind::Fork(Fork { maker, parent: maker, ns_pid: child.pid, creds }))
    }

    fn exec(&mut self) -> Event {
        // Whoever was made last, as it is on a real node.
        let at = self.live.len() - 1;
        let (process, place) = self.live[at];
        let program = PROGRAMS[self.below(PROGRAMS.len())];
        let number = self.below(50_000);
        let args = [program.to_owned(), "-c".to_owned(), format!("/srv/job-{number}/run --token=t{number}")];
        let exec = Exec {
            image: image(self.now, &format!("/usr/bin/{program}"), &args),
            parent: None,
            ns_pid: process.pid,
            creds: Creds { uid: (place % 5) as u32 * 1_000, ..Creds::default() },
            caps: Caps { effective: 0xa804_25fb, permitted: 0xa804_25fb },
            namespaces: Namespaces([place as u32 + 10, 2, place as u32 + 10, 4, 5, 6, 7, 8]),
            tty: Text::default(),
            stdio: [const { None }; 3],
            file: None,
        };
        self.event(process, place, Kind::Exec(Box::new(exec)))
    }

    fn exit(&mut self) -> Event {
        let at = 1 + self.below(self.live.len() - 1);
        let (process, place) = self.live.swap_remove(at);
        let run_time = self.dice() % 1_000_000_000;
        let heir = Some(ProcessId { pid: 1, start: Ticks(1) });
        let code = Some(u8::from(self.below(20) == 0));
        self.event(process, place, Kind::Exit(Exit { code, run_time: Some(run_time), heir, ..Exit::default() }))
    }

    fn net(&mut self) -> Event {
        if self.sockets.len() > 50 || (!self.sockets.is_empty() && self.below(2) == 0) {
            let at = self.below(self.sockets.len());
            let (process, mut net) = self.sockets.swap_remove(at);
            (net.op, net.sent, net.received) = (NetOp::Close, Some(self.dice() % 9_999), Some(self.dice() % 99_999));
            let place = self.live.iter().find(|(id, _)| *id == process).map_or(0, |(_, place)| *place);
            return self.event(process, place, Kind::Net(Box::new(net)));
        }
        let at = self.below(self.live.len());
        let (process, place) = self.live[at];
        let bytes = self.dice();
        let remote = Ipv4Addr::new(10, (bytes >> 8) as u8 % 4, (bytes >> 16) as u8, (bytes >> 24) as u8);
        let net = Net {
            op: NetOp::Connect,
            protocol: Protocol::Tcp,
            direction: Direction::Outbound,
            local: Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(172, 17, 0, 2)), (bytes >> 32) as u16 | 0x8000)),
            remote: Some(SocketAddr::new(IpAddr::V4(remote), 443)),
            socket: 0xffff_8880_0000_0000 + self.made * 64,
            sent: None,
            received: None,
            error: None,
        };
        self.sockets.push((process, net.clone()));
        self.event(process, place, Kind::Net(Box::new(net)))
    }

    fn act(&mut self) -> Event {
        let at = self.below(self.live.len());
        let (process, place) = self.live[at];
        let number = self.below(20_000);
        let path = Text::from(format!("/var/lib/app/data-{number}").as_str());
        let opened =
            Opened { path: path.clone(), inside: path, read: true, inode: 7 + number as u64, ..Opened::default() };
        self.event(process, place, Kind::Act(Box::new(Act { error: None, what: Deed::Open(Box::new(opened)) })))
    }
}

impl Iterator for Storm {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.made += 1;
        self.now += self.dice() % (2 * self.pace) + 1;
        if self.made <= 2 {
            return Some(self.first());
        }
        if self.made.is_multiple_of(20_011) {
            let (time, from) = (Time(self.now), Time(self.now - 5_000_000));
            return Some(Event::Loss(Loss { time, kind: LossKind::Exec, count: 3, from, to: time }));
        }
        if self.made.is_multiple_of(50_021) {
            let number = self.made;
            self.new_container(number);
        }
        let full = self.live.len() > ALIVE;
        Some(match self.below(100) {
            _ if self.live.len() < 4 => self.fork(),
            0..30 if !full => self.fork(),
            30..58 => self.exec(),
            58..88 => self.exit(),
            88..95 => self.net(),
            _ if full => self.exit(),
            _ => self.act(),
        })
    }
}

fn image(now: u64, exe: &str, args: &[String]) -> Image {
    Image {
        time: Time(now),
        exe: Text::from(exe),
        given: Text::from(exe),
        argv: Argv { args: args.iter().collect(), cut_from: None, unreadable: false },
        cwd: Text::from("/srv"),
        unlinked: false,
    }
}

fn cgroup(key: GroupKey, id: u64) -> Arc<Cgroup> {
    let path = match &key {
        GroupKey::Container(id) => format!("/system.slice/docker-{id}.scope"),
        _ => "/init.scope".to_owned(),
    };
    let runtime = matches!(key, GroupKey::Container(_)).then_some(Runtime::Docker);
    Arc::new(Cgroup { id, path: Text::from(path.as_str()), place: Place { key, runtime, ..Place::default() } })
}
