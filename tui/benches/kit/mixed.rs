//! A bit of everything, for as long as it is wanted; and connections that stay.

use std::ffi::CString;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use super::work::{Work, at_once, tell};
use super::{crowd, now, tiny};

/// What a mixed load made.
#[derive(Clone, Copy, Default)]
pub struct Made {
    /// Programs that ran: a fork, an exec and an exit each.
    pub programs: usize,
    /// Containers that came and went, with one program each.
    pub containers: usize,
    /// Connections over loopback, opened and closed.
    pub connections: usize,
}

impl Made {
    pub fn add(&mut self, other: Made) {
        self.programs += other.programs;
        self.containers += other.containers;
        self.connections += other.connections;
    }

    /// What there is to be told of it.
    pub fn events(&self) -> usize {
        // Either end of a connection tells that it was opened and that it was closed.
        3 * self.programs + 4 * self.connections
    }
}

impl Work {
    /// A bit of everything for as long as that takes: about `rate` events a second, or as many as go for 0; one in eight of
    /// its programs in a container of its own, a cgroup below `cgroups`. Tells its time, and what it made: see [`Made`].
    pub fn mixed(rate: usize, seconds: usize, program: &str, cgroups: &str) -> Work {
        Work::start(&["--work-mixed", &rate.to_string(), &seconds.to_string(), program, cgroups])
    }

    /// `count` connections over loopback that are there until they are released.
    pub fn held(count: usize) -> Work {
        let mut work = Work::start(&["--work-held", &count.to_string()]);
        let mut line = String::new();
        let out = work.0.stdout.as_mut().expect("piped");
        BufReader::new(out).read_line(&mut line).expect("it can be read");
        assert!(line.ends_with('\n'), "not all of {count} connections could be opened");
        work
    }

    /// Lets go what it held.
    pub fn release(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().expect("it can be waited for").success());
    }

    /// Waits until a mixed one is over.
    pub fn made(self) -> Made {
        let (_, text) = self.output();
        let mut numbers = text.lines().map(|line| line.parse().expect("a number"));
        let mut next = || numbers.next().expect("all that it made");
        let _nanos = next();
        Made { programs: next(), containers: next(), connections: next() }
    }
}

pub(super) fn mix(rate: usize, seconds: usize, program: &str, cgroups: &str) {
    let (path, listener) = (CString::new(program).expect("a path"), TcpListener::bind("127.0.0.1:0"));
    let address = listener.as_ref().expect("a port on loopback").local_addr().expect("its address");
    let (began, end, mut made) = (now(), seconds as u64 * 1_000_000_000, Made::default());
    while now() - began < end {
        for turn in 0..8 {
            match turn {
                0 => contained(program, cgroups, &mut made),
                _ => tiny::wait(tiny::spawn(&path, None)),
            }
            made.programs += 1;
        }
        for _ in 0..2 {
            let (client, server) = (TcpStream::connect(address), listener.as_ref().expect("it is there").accept());
            at_once(&client.expect("loopback connects"));
            drop(server);
            made.connections += 1;
        }
        let due = made.events() as u64 * 1_000_000_000 / rate.max(1) as u64;
        let ahead = due.saturating_sub(now() - began);
        if rate > 0 && ahead > 0 {
            sleep(Duration::from_nanos(ahead));
        }
    }
    tell(now() - began, &[made.programs, made.containers, made.connections].map(|count| count as i32));
}

/// A container that is there for one program.
fn contained(program: &str, cgroups: &str, made: &mut Made) {
    let number = made.containers + (std::process::id() as usize) * 10_000_000;
    let cgroup = Path::new(cgroups).join(crowd::container(number));
    std::fs::create_dir(&cgroup).expect("a cgroup can be made");
    let procs = File::options().write(true).open(cgroup.join("cgroup.procs")).expect("it can be entered");
    let mut command = Command::new(program);
    // SAFETY: one system call between fork and exec.
    unsafe {
        command.pre_exec(move || match libc::write(procs.as_raw_fd(), c"0".as_ptr().cast(), 1) {
            1 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        });
    }
    assert!(command.status().expect("the program runs").success());
    // One in which a process has just ended is still in use.
    while std::fs::remove_dir(&cgroup).is_err() {
        sleep(Duration::from_millis(1));
    }
    made.containers += 1;
}

/// Connections that are there until the input ends.
pub(super) fn hold(count: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
    let address = listener.local_addr().expect("its address");
    let both = |_| (TcpStream::connect(address).expect("loopback connects"), listener.accept().expect("it is there"));
    let all: Vec<_> = (0..count).map(both).collect();
    tell(0, &[]);
    std::io::stdin().read_to_end(&mut Vec::new()).expect("the benchmark ends it");
    all.iter().for_each(|(client, _)| at_once(client));
}
