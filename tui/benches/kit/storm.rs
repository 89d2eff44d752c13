//! A node that never was: events as the sources tell them, without end, the same for the same seed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use ktrace_tui::model::*;

/// 2026-11-23 12:00:00 UTC.
pub(crate) const START: u64 = 1_795_435_200_000_000_000;
/// How long the node has run when it begins, in nanoseconds.
const UP: u64 = 3_600_000_000_000;
/// Events from one attack to the next, where there are any.
const CALM: u64 = 10_007;
const PROGRAMS: [&str; 12] =
    ["bash", "curl", "ls", "python3", "make", "gcc", "ld", "sed", "git", "psql", "nginx", "sshd"];

/// Makes events.
pub(crate) struct Storm {
    state: u64,
    now: u64,
    boot: u64,
    /// Nanoseconds between two events, on average.
    pace: u64,
    live: Vec<(ProcessId, usize)>,
    pid: u32,
    cgroups: Vec<Arc<Cgroup>>,
    sockets: Vec<(ProcessId, Net)>,
    made: u64,
    /// Processes alive at a time.
    alive: usize,
    /// Processes that are there when it begins.
    there: usize,
    /// Events of an attack that is under way, the next one last.
    attack: Vec<Kind>,
    attacker: (ProcessId, usize),
}

impl Storm {
    /// About `rate` events a second, on a node with some 400 processes in 40 containers.
    #[allow(dead_code, reason = "not every benchmark has this one")]
    pub(crate) fn new(seed: u64, rate: u64) -> Storm {
        Storm::on(seed, rate, 40, 400)
    }

    /// A node with `alive` processes in `containers` containers, all of which are there when it begins: most of what
    /// comes lives briefly, and now and then somebody attacks.
    #[allow(dead_code, reason = "nor this one")]
    pub(crate) fn crowd(seed: u64, rate: u64, containers: u64, alive: usize) -> Storm {
        Storm { there: alive, ..Storm::on(seed, rate, containers, alive) }
    }

    /// The same, but beginning at another moment.
    #[allow(dead_code, reason = "nor this one")]
    pub(crate) fn beginning(self, now: u64) -> Storm {
        Storm { now, boot: now - UP, ..self }
    }

    /// The moment of the last event.
    #[allow(dead_code, reason = "nor this one")]
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    fn on(seed: u64, rate: u64, containers: u64, alive: usize) -> Storm {
        let mut storm = Storm {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            now: START,
            boot: START - UP,
            pace: 1_000_000_000 / rate.max(1),
            live: Vec::new(),
            pid: 1,
            cgroups: vec![cgroup(GroupKey::Host, 1)],
            sockets: Vec::new(),
            made: 0,
            alive,
            there: 0,
            attack: Vec::new(),
            attacker: (ProcessId::default(), 0),
        };
        for number in 0..containers {
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
        ProcessId { pid: self.pid, start: Ticks::from_nanos(self.now - self.boot) }
    }

    fn event(&self, process: ProcessId, place: usize, kind: Kind) -> Event {
        let cgroup = Some(Arc::clone(&self.cgroups[place]));
        Event::Process(ProcessEvent { time: Time(self.now), process, tid: process.pid, cgroup, kind })
    }

    fn first(&mut self) -> Event {
        match self.made {
            1 => {
                let boot = Boot { id: "storm".into(), host: "node-1".into(), time: Time(self.boot), ..Boot::default() };
                Event::Boot(boot)
            }
            _ => {
                let init = ProcessId { pid: 1, start: Ticks(1) };
                self.live.push((init, 0));
                self.event(init, 0, seen((self.now, self.boot), init, None, "/sbin/init", 0))
            }
        }
    }

    /// One of those that are there: the first of each container hangs under init, the rest under one of their own.
    fn inhabitant(&mut self) -> Event {
        let at = self.live.len();
        let place = at % self.cgroups.len();
        let before = at.checked_sub(self.cgroups.len() * (1 + self.below(3))).and_then(|at| self.live.get(at));
        let parent = before.map_or(ProcessId { pid: 1, start: Ticks(1) }, |(parent, _)| *parent);
        self.pid += 1;
        let id = ProcessId { pid: self.pid, start: Ticks(100 + at as u64) };
        self.live.push((id, place));
        self.event(
            id,
            place,
            seen((self.now, self.boot), id, Some(parent), &format!("/usr/bin/service-{}", at % 50), place),
        )
    }

    /// A program that is only in memory, made by who runs it.
    fn attack(&mut self) -> Event {
        let (attacker, place) = self.attacker;
        match self.attack.pop() {
            Some(kind) => self.event(attacker, place, kind),
            None => {
                let at = self.below(self.live.len());
                let (maker, place) = self.live[at];
                let child = self.new_id();
                self.live.push((child, place));
                self.attacker = (child, place);
                let mut exec = self.program(child, place);
                exec.image.exe = Text::from("/memfd:x");
                exec.image.unlinked = true;
                exec.file = Some(Box::new(ImageFile { inode: 9, in_memory: true, ..ImageFile::default() }));
                let memfd = Act { error: None, observer: None, what: Deed::Memfd { name: Text::from("x") } };
                self.attack = vec![Kind::Exec(Box::new(exec)), Kind::Act(Box::new(memfd))];
                let creds = Creds::default();
                self.event(child, place, Kind::Fork(Fork { maker, parent: maker, ns_pid: child.pid, creds }))
            }
        }
    }

    fn fork(&mut self) -> Event {
        let at = self.below(self.live.len());
        let (maker, place) = self.live[at];
        // Now and then a runtime starts something in a container; in a crowd that are only those of the host.
        let starts = self.below(10) == 0 && (self.there == 0 || place == 0);
        let place = if starts { self.below(self.cgroups.len()) } else { place };
        let child = self.new_id();
        self.live.push((child, place));
        let creds = Creds { uid: (place % 5) as u32 * 1_000, ..Creds::default() };
        self.event(child, place, Kind::Fork(Fork { maker, parent: maker, ns_pid: child.pid, creds }))
    }

    fn exec(&mut self) -> Event {
        // Whoever was made last, as it is on a real node.
        let at = self.live.len() - 1;
        let (process, place) = self.live[at];
        let exec = self.program(process, place);
        self.event(process, place, Kind::Exec(Box::new(exec)))
    }

    fn program(&mut self, process: ProcessId, place: usize) -> Exec {
        // A server that runs a shell would be a finding each time.
        let servers = if self.there > 0 { 2 } else { 0 };
        let program = PROGRAMS[self.below(PROGRAMS.len() - servers)];
        let number = self.below(50_000);
        let args = [program.to_owned(), "-c".to_owned(), format!("/srv/job-{number}/run --token=t{number}")];
        Exec {
            image: image(self.now, &format!("/usr/bin/{program}"), &args),
            parent: None,
            ns_pid: process.pid,
            creds: Creds { uid: (place % 5) as u32 * 1_000, ..Creds::default() },
            caps: Caps { effective: 0xa804_25fb, permitted: 0xa804_25fb },
            namespaces: Namespaces([place as u32 + 10, 2, place as u32 + 10, 4, 5, 6, 7, 8]),
            tty: Text::default(),
            stdio: [const { None }; 3],
            file: None,
        }
    }

    fn exit(&mut self) -> Event {
        // On a node with a crowd, nine of ten are of those that came last.
        let young = self.there > 0 && self.below(10) > 0;
        let first = if young { self.live.len().saturating_sub(32).max(1) } else { 1 };
        let at = first + self.below(self.live.len() - first);
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
        self.event(
            process,
            place,
            Kind::Act(Box::new(Act { error: None, observer: None, what: Deed::Open(Box::new(opened)) })),
        )
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
        if self.live.len() < self.there && self.made as usize <= self.there + 1 {
            return Some(self.inhabitant());
        }
        if self.there > 0 && (!self.attack.is_empty() || self.made.is_multiple_of(CALM)) {
            return Some(self.attack());
        }
        if self.made.is_multiple_of(20_011) {
            let (time, from) = (Time(self.now), Time(self.now - 5_000_000));
            return Some(Event::Loss(Loss { time, kind: LossKind::Exec, count: 3, from, to: time, group: None }));
        }
        if self.made.is_multiple_of(50_021) {
            let number = self.made;
            self.new_container(number);
        }
        let full = self.live.len() > self.alive;
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

fn seen((now, boot): (u64, u64), id: ProcessId, parent: Option<ProcessId>, exe: &str, place: usize) -> Kind {
    Kind::Seen(Box::new(Seen {
        parent,
        image: Some(image(now, exe, &[exe.to_owned(), "--foreground".to_owned()])),
        born: Time(boot + Ticks::NANOS * id.start.0),
        ns_pid: id.pid,
        creds: Creds::default(),
        caps: Caps::default(),
        namespaces: if place == 0 {
            Namespaces([1, 2, 3, 4, 5, 6, 7, 8])
        } else {
            Namespaces([place as u32 + 10, 2, place as u32 + 10, 4, 5, 6, 7, 8])
        },
        tty: Text::default(),
        connections: Vec::new(),
        stdio: [const { None }; 3],
        fifos: Vec::new(),
    }))
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
