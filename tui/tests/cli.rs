//! The command line, as a shell meets it: the real program, its words and its exit codes.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const COMMANDS: [&str; 21] = [
    "watch",
    "agent",
    "fleet",
    "demo",
    "replay",
    "picture",
    "findings",
    "events",
    "hunt",
    "verify",
    "redact",
    "report",
    "audit",
    "policy",
    "baseline",
    "rules",
    "doctor",
    "themes",
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
    assert!(message.contains("`drak`") && message.contains("dark, light, high-contrast"), "{message}");
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
    let size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the pointers are to live integers and a live size; null means the defaults.
    let opened = unsafe { libc::openpty(&mut ours, &mut theirs, none, none.cast(), (&raw const size).cast_mut()) };
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

#[test]
fn the_themes_are_listed_also_those_of_the_user_and_a_broken_one_does_not_stop_the_rest() {
    let listed = said(&["themes"]);
    assert!(!listed.contains('\u{1b}'), "it goes to no terminal: {listed}");
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let help = said(&["demo", "--help"]);
    for (name, _) in ktrace_tui::theme::EMBEDDED {
        assert!(names.contains(name) && help.contains(name), "{name}: {listed}");
    }

    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("ktrace-tui/themes");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("bright.toml"), "# Mine.\nbackground = \"#ffffff\"\ntxet = \"red\"\n").unwrap();
    fs::write(directory.join("broken.toml"), "text = \n").unwrap();
    let output = program(&["themes"]).env("XDG_CONFIG_HOME", home.path()).output().unwrap();
    let listed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let line = |name: &str| listed.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{listed}"));
    assert!(line("bright").contains(" light ") && line("bright").ends_with("Mine."), "{listed}");
    assert!(listed.contains("unknown key `txet` was passed over; did you mean `text`?"), "{listed}");
    assert!(line("broken").contains("wrong: ") && line("broken").contains("broken.toml is not a theme"), "{listed}");
    assert!(line("mono").contains(" any "), "{listed}");
}

#[test]
fn a_theme_is_printed_as_a_file_to_start_from() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("mine.toml");
    fs::write(&file, said(&["themes", "--print", "colour-blind"])).unwrap();
    let message = refused_in_a_line(&run(&["--theme", file.to_str().unwrap()]), 1);
    assert!(message.contains("needs a terminal"), "it is taken as it is: {message}");
    let message = refused_in_a_line(&run(&["themes", "--print", "drak"]), 1);
    assert!(message.contains("no theme is called `drak`"), "{message}");
}

#[test]
fn on_a_terminal_the_themes_are_drawn_in_their_colours_and_not_where_nobody_wants_them() {
    let drawn = |variables: &[(&str, &str)]| {
        let (mut ours, theirs) = terminal();
        let mut command = program(&["themes"]);
        command.envs(variables.iter().copied()).stdout(theirs);
        let mut child = command.spawn().unwrap();
        drop(command);
        let mut drawn = Vec::new();
        // It ends with EIO once nobody holds the other side.
        let _ = ours.read_to_end(&mut drawn);
        assert!(child.wait().unwrap().success());
        text(&drawn)
    };
    let all = drawn(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]);
    assert!(all.contains("48;2;30;30;46"), "the background of catppuccin: {all}");
    let some = drawn(&[("TERM", "xterm-256color")]);
    assert!(some.contains("38;5;117") && !some.contains(";2;30;30;46"), "{some}");
    let console = drawn(&[("TERM", "linux")]);
    assert!(console.contains("CRITICAL") && console.is_ascii() && !console.contains(";2;"), "{console}");
    for none in [&[("TERM", "xterm-256color"), ("NO_COLOR", "1")][..], &[("TERM", "vt100")]] {
        assert!(!drawn(none).contains('\u{1b}'), "{none:?}");
    }
}

/// The demo on a terminal that is `told` what follows the question for its background, `late` after it was asked; what
/// was drawn until then and for a second after.
fn demo_on(told: &[u8], late: Duration, variables: &[(&str, &str)]) -> String {
    let (mut ours, theirs) = terminal();
    let mut command = program(&["demo"]);
    command.envs(variables.iter().copied()).stdin(theirs.try_clone().unwrap()).stdout(theirs);
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    drop(command);
    let (mut writer, mut drawn) = (ours.try_clone().unwrap(), Vec::new());
    let (send, pieces) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut piece = [0; 65536];
        while let Ok(length @ 1..) = ours.read(&mut piece) {
            if send.send(piece[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    let (begun, mut asked) = (Instant::now(), false);
    let mut until = begun + Duration::from_secs(20);
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        drawn.extend(pieces.recv_timeout(left).unwrap_or_default());
        if !asked && drawn.windows(5).any(|part| part == b"\x1b]11;") {
            asked = true;
            std::thread::sleep(late);
            writer.write_all(told).unwrap();
        }
        if until > begun + Duration::from_secs(19) && text_within(&drawn).contains("1/8") {
            until = Instant::now() + Duration::from_secs(1);
        }
    }
    let _ = child.kill();
    child.wait().unwrap();
    text_within(&drawn)
}

fn text_within(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_terminal_is_asked_for_its_background_and_nothing_waits_for_one_that_does_not_answer() {
    const WHITE: &[u8] = b"\x1b]11;rgb:ffff/ffff/ffff\x07\x1b[?62c";
    let (light, dark) = ("38;5;236;", "38;5;252;");
    let xterm = [("TERM", "xterm-256color")];
    let drawn = demo_on(WHITE, Duration::ZERO, &xterm);
    assert!(drawn.contains(light) && !drawn.contains(dark), "{drawn:?}");
    let drawn = demo_on(b"\x1b[?62c", Duration::ZERO, &xterm);
    assert!(drawn.contains(dark) && !drawn.contains(light), "it knows no such question: {drawn:?}");
    let drawn = demo_on(b"", Duration::ZERO, &[("TERM", "xterm-256color"), ("COLORFGBG", "0;15")]);
    assert!(drawn.contains(light), "it says nothing, the environment does: {drawn:?}");
    // `1`, `b` and `:` of it are keys; they would leave the caption, go back, or open the palette.
    let drawn = demo_on(WHITE, Duration::from_millis(600), &xterm);
    assert!(drawn.contains(dark) && !drawn.contains("Everything"), "what comes late is nobody's key: {drawn:?}");
    let drawn = demo_on(WHITE, Duration::ZERO, &[("TERM", "linux")]);
    assert!(!drawn.contains("\x1b]11;") && drawn.contains("1/8"), "the console is not asked: {drawn:?}");
}
