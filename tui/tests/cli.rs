//! The command line, as a shell meets it: the real program, its words and its exit codes.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs::{self, File, Permissions};
use std::io::Read as _;
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const COMMANDS: [&str; 14] = [
    "watch",
    "demo",
    "replay",
    "picture",
    "findings",
    "events",
    "hunt",
    "verify",
    "redact",
    "report",
    "doctor",
    "config",
    "completions",
    "man",
];
const NOBODY: u32 = 65534;

/// The program with `arguments`, without a terminal, and with nothing of the tester's own in its environment.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.args(arguments).env_clear().env("XDG_CONFIG_HOME", "/nonexistent").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What is said on stdout by a run that succeeds in silence on stderr.
fn said(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{arguments:?}");
    text(&output.stdout)
}

/// What is said on stderr by a run that ends with `code` and says nothing on stdout.
fn refused(output: &Output, code: i32) -> String {
    let message = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(code), String::new()), "{message}");
    assert!(message.starts_with("error: "), "{message}");
    message
}

/// As [`refused`], for what is not clap's: it is one line.
fn refused_in_a_line(output: &Output, code: i32) -> String {
    let message = refused(output, code);
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

#[test]
fn help_says_what_each_command_does() {
    insta::assert_snapshot!("help", said(&["--help"]));
    for command in COMMANDS {
        insta::assert_snapshot!(format!("help_{command}"), said(&[command, "--help"]));
    }
}

#[test]
fn the_help_names_every_command_that_is_tested_here() {
    let help = said(&["--help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let mut listed: Vec<_> = listed.filter_map(|line| line.split_whitespace().next()).collect();
    listed.retain(|name| *name != "help");
    assert_eq!(listed, COMMANDS);
}

#[test]
fn the_default_configuration_is_printed_and_can_be_taken_as_it_is() {
    let printed = said(&["config"]);
    insta::assert_snapshot!("config", printed);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    fs::write(&file, printed).unwrap();
    // It goes on to what comes next: there is no terminal.
    let message = refused_in_a_line(&run(&["--config", file.to_str().unwrap()]), 1);
    assert!(message.contains("needs a terminal"), "{message}");
}

#[test]
fn wrong_usage_ends_with_2_and_names_what_was_wrong() {
    for (arguments, names) in [
        (&["--colour"][..], "--colour"),
        (&["wach"], "watch"),
        (&["watch", "--format", "xml"], "xml"),
        (&["watch", "--duration", "soon"], "soon"),
        (&["--ring-size", "3MiB"], "power of two"),
        (&["--no-runtimes", "--docker-socket", "/run/d.sock"], "--docker-socket"),
        (&["--include-self", "doctor"], "doctor"),
        (&["completions", "cmd"], "bash"),
        (&["report", "x", "--incident", "third"], "an incident is named like i3"),
        (&["report", "x", "--format", "pdf"], "html"),
    ] {
        let message = refused(&run(arguments), 2);
        assert!(message.contains(names), "{arguments:?}: {message}");
    }
}

#[test]
fn a_typo_in_the_configuration_is_named_with_file_line_and_the_right_key() {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().join("ktrace-tui");
    fs::create_dir(&home).unwrap();
    let file = home.join("config.toml");
    fs::write(&file, "# mine\nmouse = true\nframe_rat = 20\n").unwrap();
    let expected = format!("error: {}, line 3: unknown key `frame_rat`; did you mean `frame_rate`?\n", file.display());
    for command in [&[][..], &["watch"]] {
        let found = program(command).env("XDG_CONFIG_HOME", directory.path()).output().unwrap();
        assert_eq!(refused_in_a_line(&found, 1), expected);
        let named = program(command).args(["--config", file.to_str().unwrap()]).output().unwrap();
        assert_eq!(refused_in_a_line(&named, 1), expected);
    }
}

#[test]
fn a_configuration_or_theme_that_is_not_there_is_named() {
    let message = refused_in_a_line(&run(&["--config", "/nonexistent/c.toml"]), 1);
    assert!(message.contains("/nonexistent/c.toml"), "{message}");
    let message = refused_in_a_line(&run(&["--theme", "drak"]), 1);
    assert!(message.contains("`drak`") && message.contains("dark, light, mono"), "{message}");
}

#[test]
fn the_command_line_comes_before_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    fs::write(&file, "theme = 'of-the-file'\n").unwrap();
    let with = |more: &[&str]| {
        let output = program(&["--config", file.to_str().unwrap()]).args(more).output().unwrap();
        refused_in_a_line(&output, 1)
    };
    assert!(with(&[]).contains("`of-the-file`"));
    assert!(with(&["--theme", "of-the-line"]).contains("`of-the-line`"));
}

#[test]
fn without_a_terminal_the_live_screen_names_watch() {
    // Neither has nobody's right to trace been looked at by then, nor is a probe loaded by who has it.
    let mut nobody = as_nobody(&[]);
    for command in [&mut program(&[]), &mut nobody.command] {
        let message = refused_in_a_line(&command.output().unwrap(), 1);
        assert!(message.contains("needs a terminal") && message.contains("`ktrace-tui watch`"), "{message}");
    }
}

/// What must be said to somebody without rights.
fn names_what_is_missing(message: &str, command: &str) {
    for part in ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN", "CAP_SYS_PTRACE", &format!("sudo {command}")] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn without_the_right_to_trace_watch_says_what_is_missing() {
    let output = as_nobody(&["watch"]).command.output().unwrap();
    names_what_is_missing(&refused_in_a_line(&output, 3), "ktrace-tui watch");
}

#[test]
fn without_the_right_to_trace_the_live_screen_says_what_is_missing_and_leaves_the_terminal_alone() {
    let (mut ours, theirs) = terminal();
    let mut nobody = as_nobody(&[]);
    let command = nobody.command.env("TERM", "xterm-256color").stdin(theirs.try_clone().unwrap()).stdout(theirs);
    let output = command.stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    // It holds the other side, too.
    drop(nobody);
    names_what_is_missing(&refused_in_a_line(&output, 3), "ktrace-tui");
    let mut drawn = Vec::new();
    // It ends with EIO once nobody holds the other side.
    let _ = ours.read_to_end(&mut drawn);
    assert_eq!(text(&drawn), "");
}

/// A command of a user who may not trace, with the copy of the program that it may need.
struct Nobody {
    command: Command,
    _copy: Option<TempDir>,
}

/// The program as a user who may not trace: when the tests are run by root, as nobody.
fn as_nobody(arguments: &[&str]) -> Nobody {
    let command = program(arguments);
    if !rustix::process::geteuid().is_root() {
        return Nobody { command, _copy: None };
    }
    // Nobody may not be allowed into the build directory.
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let copy = directory.path().join("ktrace-tui");
    // Not fs::copy: a program that another test starts meanwhile would hold the file open for writing for a moment,
    // and it could not be run then.
    assert!(Command::new("cp").arg(env!("CARGO_BIN_EXE_ktrace-tui")).arg(&copy).status().unwrap().success());
    let mut nobody = Command::new(copy);
    nobody.args(arguments).env_clear().stdin(Stdio::null()).uid(NOBODY).gid(NOBODY).current_dir("/");
    Nobody { command: nobody, _copy: Some(directory) }
}

/// A terminal: the side that reads what is drawn, and the side that a program is given.
fn terminal() -> (File, OwnedFd) {
    let (mut ours, mut theirs) = (-1, -1);
    let none = std::ptr::null_mut();
    // SAFETY: both pointers are to live integers; null means the defaults.
    let opened = unsafe { libc::openpty(&mut ours, &mut theirs, none, none.cast(), none.cast()) };
    assert_eq!(opened, 0, "{}", std::io::Error::last_os_error());
    // SAFETY: both were just opened and belong to nobody else.
    unsafe { (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) }
}

#[test]
fn completions_name_every_command_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let completions = said(&["completions", shell]);
        for command in COMMANDS {
            assert!(completions.contains(command), "{shell}: {command}");
        }
        assert!(completions.contains("no-runtimes"), "{shell}");
    }
}

#[test]
fn the_manual_has_a_section_for_every_command() {
    let manual = said(&["man"]);
    assert!(manual.starts_with(".ie") || manual.contains(".TH ktrace-tui 1"), "{manual}");
    for command in COMMANDS {
        assert!(manual.contains(&format!(".SH \"COMMAND {}\"", command.to_uppercase())), "{command}");
    }
    assert!(manual.contains("Exit codes: 0 done"));
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let mut child = program(&["man"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn a_recording_is_refused_without_a_terminal_and_a_moment_that_is_none_is_wrong_usage() {
    let file = format!("{}/tests/data/tetragon/tetragon-attack.jsonl", env!("CARGO_MANIFEST_DIR"));
    let message = refused_in_a_line(&run(&["replay", &file]), 1);
    assert!(message.contains("needs a terminal") && message.contains("`ktrace-tui findings FILE`"), "{message}");
    let message = refused(&run(&["replay", &file, "--at", "start", "--walkthrough"]), 2);
    assert!(message.contains("--walkthrough"), "{message}");
}
