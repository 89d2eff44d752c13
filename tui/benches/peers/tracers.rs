//! Who traces: how each is started, and the word by which it tells of each loop.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::empty::Empty;
use crate::kit::cost::{cpu_seconds, memory_mb};
use crate::kit::watched::Watched;

/// Time that each has to begin.
const SETTLE: Duration = Duration::from_secs(3);

/// One that traces.
pub(crate) struct Tracer {
    pub(crate) name: &'static str,
    program: &'static str,
    /// Its arguments for a loop, and the file that it writes where that is not its standard output.
    arguments: fn(&str, &str) -> Vec<String>,
    /// By loop, what stands in its lines; nothing where what it tells is not counted.
    lines: &'static [(&'static str, &'static str)],
    how: How,
}

/// How it runs.
#[derive(Clone, Copy, PartialEq)]
enum How {
    /// Beside the loop, and writes to a file.
    Headless,
    /// The same on a terminal.
    Screen,
    /// It starts the loop itself, and ends with it.
    Starts,
    /// There is nobody: the kernel calls programs that do nothing.
    Empty,
}

const OWN: &str = env!("CARGO_BIN_EXE_ktrace-tui");

/// The words of `watch`. Next to no open is told: which are, is said in docs/DETECTIONS.md.
const TOLD: &[(&str, &str)] = &[
    ("exec", r#""kind":"exec""#),
    ("fork", r#""kind":"fork""#),
    ("connect", r#""kind":"connect""#),
    ("open", ""),
    ("compile", ""),
];

/// Every loop, and nothing of any of them is counted.
const UNTOLD: &[(&str, &str)] = &[("exec", ""), ("fork", ""), ("connect", ""), ("open", ""), ("compile", "")];

pub(crate) const TRACERS: &[Tracer] = &[
    Tracer {
        name: "ktrace-tui watch",
        program: OWN,
        arguments: |_, _| words("watch --format json --no-runtimes"),
        lines: TOLD,
        how: How::Headless,
    },
    Tracer {
        name: "ktrace-tui watch --record",
        program: OWN,
        arguments: |_, file| words(&format!("watch --format json --no-runtimes --record {file}.ktrace")),
        lines: TOLD,
        how: How::Headless,
    },
    Tracer {
        name: "ktrace-tui, the screen",
        program: OWN,
        arguments: |_, _| words("--no-runtimes"),
        lines: UNTOLD,
        how: How::Screen,
    },
    Tracer { name: "empty probes", program: "", arguments: |_, _| Vec::new(), lines: UNTOLD, how: How::Empty },
    Tracer {
        name: "bpftrace",
        program: "bpftrace",
        arguments: |work, _| {
            let script = match work {
                "exec" | "compile" => {
                    "tracepoint:syscalls:sys_enter_execve { printf(\"exec %d \", pid); join(args->argv); } tracepoint:sched:sched_process_exit { printf(\"exit %d\\n\", pid); }"
                }
                "fork" => {
                    "tracepoint:sched:sched_process_fork { printf(\"fork %d\\n\", args->child_pid); } tracepoint:sched:sched_process_exit { printf(\"exit %d\\n\", pid); }"
                }
                "connect" => "tracepoint:syscalls:sys_enter_connect { printf(\"connect %d\\n\", pid); }",
                _ => "tracepoint:syscalls:sys_enter_openat { printf(\"open %d %s\\n\", pid, str(args->filename)); }",
            };
            vec!["-B".to_owned(), "full".to_owned(), "-e".to_owned(), script.to_owned()]
        },
        lines: &[("exec", "exec "), ("fork", "fork "), ("connect", "connect "), ("open", "open "), ("compile", "")],
        how: How::Headless,
    },
    Tracer {
        name: "forkstat",
        program: "forkstat",
        arguments: |_, _| words("-e fork,exec,exit"),
        lines: &[("exec", "exec"), ("fork", "fork"), ("compile", "")],
        how: How::Headless,
    },
    Tracer {
        name: "perf trace",
        program: "perf",
        arguments: |work, file| words(&format!("trace -a -e {} -o {file}", calls(work))),
        // Paths are numbers in its lines.
        lines: &[("exec", ""), ("fork", "clone"), ("connect", "connect("), ("open", ""), ("compile", "")],
        how: How::Headless,
    },
    Tracer {
        name: "strace -f",
        program: "strace",
        // It follows the children of this benchmark: the loops.
        arguments: |work, file| words(&format!("-f -q -e trace={} -o {file} -p {}", calls(work), std::process::id())),
        lines: &[("exec", "execve("), ("fork", "clone"), ("connect", "connect("), ("open", "openat("), ("compile", "")],
        how: How::Headless,
    },
    Tracer {
        name: "tracexec",
        program: "tracexec",
        arguments: |_, file| {
            words(&format!("--no-profile --color never log --no-foreground --show-argv --no-show-env -o {file} --"))
        },
        lines: &[("exec", ">: "), ("compile", "")],
        how: How::Starts,
    },
];

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn calls(work: &str) -> &str {
    match work {
        "exec" | "compile" => "execve",
        "fork" => "clone,fork,vfork",
        "connect" => "connect",
        _ => "openat",
    }
}

impl Tracer {
    /// Whether it is installed.
    pub(crate) fn is_there(&self) -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        self.how == How::Empty
            || Path::new(self.program).is_absolute()
            || std::env::split_paths(&path).any(|dir| dir.join(self.program).is_file())
    }

    /// What stands in its lines about a loop; `None` where it tells nothing of such.
    pub(crate) fn line(&self, work: &str) -> Option<&'static str> {
        self.lines.iter().find(|(of, _)| *of == work).map(|(_, line)| *line)
    }

    /// The command line in front of that of a loop, where it starts it itself; its lines go into `file`.
    pub(crate) fn starts(&self, work: &str, file: &Path) -> Option<Vec<String>> {
        let path = file.to_str().expect("a path in UTF-8");
        let line = || [self.program.to_owned()].into_iter().chain((self.arguments)(work, path)).collect();
        (self.how == How::Starts).then(line)
    }

    /// Starts it, its lines into `file`.
    pub(crate) fn start(&self, work: &str, file: &Path) -> Running {
        let path = file.to_str().expect("a path in UTF-8");
        if self.how == How::Empty {
            return Running { traced: Traced::Empty(Empty::attach()), cpu: 0.0 };
        }
        let mut command = Command::new(self.program);
        command.args((self.arguments)(work, path));
        let traced = if self.how == How::Screen {
            Traced::Screen(Watched::start(command, 200, 50))
        } else {
            let out = File::create(file).expect("a file for its lines");
            // What it says while it is told to end is nobody's.
            command.stdin(Stdio::null()).stdout(out).stderr(Stdio::null());
            Traced::Headless(command.spawn().expect("the tracer starts"))
        };
        sleep(SETTLE);
        let mut running = Running { traced, cpu: 0.0 };
        running.cpu = running.pid().map_or(0.0, cpu_seconds);
        running
    }
}

enum Traced {
    Headless(Child),
    Screen(Watched),
    Empty(Empty),
}

/// A tracer that runs.
pub(crate) struct Running {
    traced: Traced,
    cpu: f64,
}

impl Running {
    fn pid(&self) -> Option<u32> {
        match &self.traced {
            Traced::Headless(child) => Some(child.id()),
            Traced::Screen(watched) => Some(watched.pty.pid()),
            Traced::Empty(_) => None,
        }
    }

    /// Ends it as a user does; the seconds of CPU that it used since it began, and the peak of its memory in MB.
    pub(crate) fn finish(self) -> (f64, f64) {
        let cost = self.pid().map_or((0.0, 0.0), |pid| (cpu_seconds(pid) - self.cpu, memory_mb(pid, "VmHWM")));
        match self.traced {
            Traced::Empty(probes) => drop(probes),
            Traced::Screen(watched) => watched.quit(),
            Traced::Headless(mut child) => {
                // bpftrace overhears it now and then.
                let ended = (0..20).any(|tries| {
                    if tries % 5 == 0 {
                        // SAFETY: the child was not waited for, so that the pid is still its own.
                        unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) };
                    }
                    sleep(Duration::from_millis(200));
                    child.try_wait().expect("it can be waited for").is_some()
                });
                if !ended {
                    child.kill().and_then(|()| child.wait().map(drop)).expect("it can be ended");
                }
            }
        }
        cost
    }
}
