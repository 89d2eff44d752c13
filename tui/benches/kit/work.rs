//! The workloads: this program run again with a hidden argument, so that the tracer sees a process of its own.

use std::cell::RefCell;
use std::ffi::CString;
use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::process::{Child, Command, Stdio, exit};
use std::time::Duration;

use super::tiny::{self, Place};
use super::{mixed, now};

/// Runs a workload and ends, when the command line asks for one. The first thing that `main` does.
pub fn run_if_asked() {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse().expect("a number");
    match words[1..] {
        ["--work-exec", count, program] => execs(number(count), program),
        ["--work-fork", count] => forks(number(count)),
        ["--work-connect", count] => connects(number(count)),
        ["--work-open", count, program] => opens(number(count), program),
        ["--work-datagrams", count] => datagrams(number(count), 0),
        ["--work-answers", count] => datagrams(number(count), 53),
        ["--work-compile", _] => compile(),
        ["--work-paced", rate, count, program] => paced(number(rate), number(count), program),
        ["--work-mixed", rate, seconds, program, cgroups] => {
            mixed::mix(number(rate), number(seconds), program, cgroups)
        }
        ["--work-held", count] => mixed::hold(number(count)),
        ["--work-crowd", count, program, ref cgroups @ ..] => crowd(number(count), program, cgroups),
        _ => return,
    }
    exit(0);
}

/// What a workload tells when it is over.
pub struct Done {
    /// Its pid.
    pub pid: u32,
    /// Seconds that its loop took.
    pub seconds: f64,
    /// The pids of its children, in order.
    pub children: Vec<u32>,
}

thread_local! {
    static STARTER: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Has `words` start the workload that `start` asks for, in front of its own command line.
#[allow(dead_code, reason = "not every benchmark asks for it")]
pub fn started_by(words: Vec<String>, start: impl FnOnce() -> Work) -> Work {
    STARTER.set(words);
    let work = start();
    STARTER.take();
    work
}

/// A workload that runs.
pub struct Work(pub(super) Child);

impl Work {
    /// `count` programs, one after the other.
    pub fn execs(count: usize, program: &str) -> Work {
        Work::start(&["--work-exec", &count.to_string(), program])
    }

    /// `count` processes that end at once, one after the other.
    #[allow(dead_code, reason = "not every benchmark asks for it")]
    pub fn forks(count: usize) -> Work {
        Work::start(&["--work-fork", &count.to_string()])
    }

    /// `count` connections to a listener of its own, each closed before the next.
    pub fn connects(count: usize) -> Work {
        Work::start(&["--work-connect", &count.to_string()])
    }

    /// An ordinary file opened and closed `count` times.
    pub fn opens(count: usize, file: &str) -> Work {
        Work::start(&["--work-open", &count.to_string(), file])
    }

    /// `count` datagrams over loopback, each received before the next, of which no name server sent one.
    #[allow(dead_code, reason = "not every benchmark asks for it")]
    pub fn datagrams(count: usize) -> Work {
        Work::start(&["--work-datagrams", &count.to_string()])
    }

    /// The same as answers of a name server, at an address of the loopback that nobody else uses.
    #[allow(dead_code, reason = "nor for this one")]
    pub fn answers(count: usize) -> Work {
        Work::start(&["--work-answers", &count.to_string()])
    }

    /// `cargo build` of a crate of middling size and what it needs (petgraph), into a folder of its own.
    pub fn compile(count: usize) -> Work {
        Work::start(&["--work-compile", &count.to_string()])
    }

    /// Programs at a steady rate a second, with `count` markers among them, a tenth of a second apart on average.
    pub fn paced(rate: usize, count: usize, program: &str) -> Work {
        Work::start(&["--work-paced", &rate.to_string(), &count.to_string(), program])
    }

    pub(super) fn start(arguments: &[&str]) -> Work {
        let own = std::env::current_exe().expect("the path of this program");
        let mut words = STARTER.with_borrow(Clone::clone).into_iter().map(Into::into).chain([own.into_os_string()]);
        let mut command = Command::new(words.next().expect("a program"));
        command.args(words).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        Work(command.spawn().expect("the workload starts"))
    }

    /// The pid of who started it, or its own.
    #[allow(dead_code, reason = "not every benchmark asks for it")]
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// What it printed when it is over; panics where it failed.
    pub(super) fn output(mut self) -> (u32, String) {
        let mut text = String::new();
        self.0.stdout.take().expect("piped").read_to_string(&mut text).expect("the workload tells in UTF-8");
        let status = self.0.wait().expect("it can be waited for");
        assert!(status.success(), "the workload failed: {status}");
        (self.0.id(), text)
    }

    /// Waits until it is over.
    pub fn done(self) -> Done {
        let (pid, text) = self.output();
        let mut lines = text.lines();
        let nanos: u64 = lines.next().and_then(|line| line.parse().ok()).expect("the time that the loop took");
        let children = lines.map(|line| line.parse().expect("a pid")).collect();
        Done { pid, seconds: nanos as f64 / 1e9, children }
    }

    /// Waits until a paced one is over: how many programs a second it came to, and when each marker was started.
    pub fn markers(self) -> (f64, Vec<u64>) {
        let (_, text) = self.output();
        let mut lines = text.lines();
        let rate = lines.next().and_then(|line| line.parse().ok()).expect("the rate");
        (rate, lines.map(|line| line.parse().expect("a time")).collect())
    }
}

fn execs(count: usize, program: &str) {
    let program = CString::new(program).expect("a path");
    let mut pids = Vec::with_capacity(count);
    let began = now();
    for _ in 0..count {
        let pid = tiny::spawn(&program, None);
        tiny::wait(pid);
        pids.push(pid);
    }
    tell(now() - began, &pids);
}

fn forks(count: usize) {
    let mut pids = Vec::with_capacity(count);
    let began = now();
    for _ in 0..count {
        // SAFETY: this process has one thread, and its child does nothing but end.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            // SAFETY: it does not return.
            unsafe { libc::_exit(0) };
        }
        assert!(pid > 0, "no more processes: {}", std::io::Error::last_os_error());
        tiny::wait(pid);
        pids.push(pid);
    }
    tell(now() - began, &pids);
}

fn connects(count: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
    let address = listener.local_addr().expect("its address");
    let began = now();
    for _ in 0..count {
        let client = TcpStream::connect(address).expect("loopback connects");
        at_once(&client);
        let server = listener.accept().expect("the connection is there");
        drop((client, server));
    }
    tell(now() - began, &[]);
}

/// Lets a connection be gone when it is closed. Without this the ports would run out: a closed one keeps its port for a minute.
pub(super) fn at_once(client: &TcpStream) {
    let at_once = libc::linger { l_onoff: 1, l_linger: 0 };
    // SAFETY: the option is a linger of the size that is given.
    let set = unsafe {
        let size = size_of::<libc::linger>() as libc::socklen_t;
        libc::setsockopt(client.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, (&raw const at_once).cast(), size)
    };
    assert_eq!(set, 0, "SO_LINGER");
}

/// An answer of a name server: `www.kt.test` is 127.0.0.77, for a minute (RFC 1035, 4.1).
const ANSWER: &[u8] = b"\x13\x37\x81\x80\0\x01\0\x01\0\0\0\0\x03www\x02kt\x04test\0\0\x01\0\x01\
    \xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x7f\0\0\x4d";

fn datagrams(count: usize, port: u16) {
    let server = UdpSocket::bind(("127.53.0.1", port)).expect("a port on loopback");
    let client = UdpSocket::bind("127.0.0.1:0").expect("a port on loopback");
    let to = client.local_addr().expect("its address");
    let mut room = [0; 512];
    let began = now();
    for _ in 0..count {
        server.send_to(ANSWER, to).expect("loopback takes it");
        client.recv(&mut room).expect("it is there");
    }
    tell(now() - began, &[]);
}

fn opens(count: usize, file: &str) {
    let file = CString::new(file).expect("a path");
    let began = now();
    for _ in 0..count {
        // SAFETY: the path is NUL-terminated, and the descriptor is closed once.
        let closed = unsafe { libc::close(libc::open(file.as_ptr(), libc::O_RDONLY)) };
        assert_eq!(closed, 0, "the file can be opened");
    }
    tell(now() - began, &[]);
}

fn compile() {
    let target = tempfile::tempdir().expect("a folder for the compile");
    let mut cargo = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    cargo.args(["build", "--quiet", "--offline", "--locked", "--package", "petgraph", "--target-dir"]);
    cargo.arg(target.path()).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).stdin(Stdio::null());
    let began = now();
    let status = cargo.status().expect("cargo starts");
    assert!(status.success(), "petgraph compiles: {status}");
    tell(now() - began, &[]);
}

/// Sleepers, spread evenly, until the input ends.
fn crowd(count: usize, program: &str, cgroups: &[&str]) {
    let program = CString::new(program).expect("a path");
    let open = |path: &str| File::options().read(true).write(true).open(path).expect("a file that is there");
    let (nowhere, mut places) = (open("/dev/null"), cgroups.iter().map(|it| Place::new(open(it))).collect::<Vec<_>>());
    let containers = places.len().max(1);
    let pids: Vec<i32> =
        (0..count).map(|at| tiny::spawn_in(&program, &nowhere, places.get_mut(at % containers))).collect();
    tell(0, &pids);
    std::io::stdin().read_to_end(&mut Vec::new()).expect("the benchmark ends it");
    for pid in pids {
        let mut status = 0;
        // SAFETY: its own child, which nobody waited for; `status` is valid to write to.
        unsafe {
            libc::kill(pid, libc::SIGKILL);
            libc::waitpid(pid, &mut status, 0);
        }
    }
}

/// What a marker has as its argument.
pub fn marker(number: usize) -> String {
    format!("zqm{number:05}")
}

fn paced(rate: usize, count: usize, program: &str) {
    let program = CString::new(program).expect("a path");
    let gap = 1_000_000_000 / rate as u64;
    let mut times = Vec::with_capacity(count);
    let (mut due, mut random) = (now(), 0x9e37_79b9_7f4a_7c15_u64);
    let (began, mut programs, mut marker_due) = (due, 0, due);
    while times.len() < count {
        let argument = (now() >= marker_due).then(|| CString::new(marker(times.len())).expect("no NUL"));
        if argument.is_some() {
            times.push(now());
            // xorshift: markers come at random times, so that they do not fall in step with the frames.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            marker_due += 50_000_000 + random % 100_000_000;
        }
        tiny::wait(tiny::spawn(&program, argument.as_ref()));
        programs += 1;
        due += gap;
        std::thread::sleep(Duration::from_nanos(due.saturating_sub(now())));
    }
    let rate = f64::from(programs) * 1e9 / (now() - began) as f64;
    // The last marker is to be shown before its parent goes.
    std::thread::sleep(Duration::from_secs(1));
    let mut out = BufWriter::new(std::io::stdout());
    writeln!(out, "{rate}").expect("the benchmark reads");
    for time in times {
        writeln!(out, "{time}").expect("the benchmark reads");
    }
    out.flush().expect("the benchmark reads");
}

pub(super) fn tell(nanos: u64, pids: &[i32]) {
    let mut out = BufWriter::new(std::io::stdout());
    writeln!(out, "{nanos}").expect("the benchmark reads");
    for pid in pids {
        writeln!(out, "{pid}").expect("the benchmark reads");
    }
    out.flush().expect("the benchmark reads");
}
