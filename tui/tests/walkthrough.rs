//! The bundled incident gone through on a real terminal by keys alone: told note by note, its chain, its evidence, who
//! talked to whom, and out of it what a report needs.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::os::unix::fs::PermissionsExt as _;

use common::terminal::Terminal;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ktrace-tui");
const NOTES: usize = 8;

/// Runs where there is a tmux; in CI that is everywhere.
fn terminal(command: &str, size: (u16, u16)) -> Option<Terminal> {
    let there = std::process::Command::new("tmux").arg("-V").output().is_ok();
    if !there && !common::privileged("tmux") {
        return None;
    }
    Some(Terminal::start(command, size))
}

fn go_through(size: (u16, u16)) {
    let wide = size.0 >= 140;
    let folder = tempfile::tempdir().unwrap();
    // Neither the configuration nor the colours of whoever runs the tests.
    let home = folder.path().display();
    let command =
        format!("env -u NO_COLOR -u COLORFGBG HOME={home} XDG_CONFIG_HOME={home} TZ=UTC {PROGRAM} demo --theme dark");
    let Some(screen) = terminal(&command, size) else { return };

    // Within the first frames: that something is wrong, where, and which key comes next.
    screen.shows("1 medium");
    screen.shows("A container with too many rights: debugger");
    screen.shows(&format!("1/{NOTES}"));
    screen.shows("n next");
    for note in 2..=NOTES {
        screen.keys("n");
        screen.shows(&format!("{note}/{NOTES}"));
    }
    screen.shows("1 critical");
    screen.keys("Escape");
    screen.shows_no(&format!("{NOTES}/{NOTES}"));

    // The chain, from stage to stage, and from one to its process.
    screen.keys("2");
    screen.shows("Container escape, reverse shell and fileless execution");
    screen.keys("Home");
    screen.shows("┏1 exposure");
    screen.keys("Right Right");
    screen.shows("┏3 command and");
    screen.shows("its input comes from a connection that was opened from here");
    screen.keys("Enter");
    screen.shows("Incidents i1 › Tree");
    screen.shows("(625)");

    // What is known of it, tab by tab.
    if !wide {
        screen.keys("d");
    }
    screen.shows("found");
    screen.keys(".");
    screen.shows("Ancestors");
    screen.keys(".");
    screen.shows("127.0.0.1:6443");
    screen.keys(". .");
    screen.shows("CAP_");
    screen.keys(".");
    screen.shows("its output goes to a connection that was opened from here");
    if !wide {
        screen.keys("Escape");
    }
    screen.keys("BSpace");
    screen.shows("┏3 command and");

    // Out of it, to the clipboard and to files.
    screen.keys("y");
    screen.shows("copy the command line, fit to be pasted");
    screen.keys("y");
    screen.shows("copied");
    assert_eq!(screen.tmux(&["show-buffer"]), "sh", "what the payload calls itself");
    let report = folder.path().join("incident.md");
    screen.keys("x m");
    screen.shows("Write to");
    screen.keys("C-u");
    screen.types(report.to_str().unwrap());
    screen.keys("Enter");
    screen.shows("written to");
    let written = std::fs::read_to_string(&report).unwrap();
    assert!(written.contains("Container escape, reverse shell and fileless execution"), "{written}");
    assert_eq!(report.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    // The other views.
    screen.keys("3");
    screen.shows("FROM");
    screen.shows(":6443");
    screen.keys("4");
    screen.shows("ACTIVITY");
    screen.shows("CRITICAL");
    screen.keys("5");
    screen.shows("▸ Events");
    screen.keys("6");
    screen.shows("WHEN");

    // Found by a few letters, by a filter, by a word in the palette.
    screen.keys("1 /");
    screen.types("nsentr");
    screen.shows("close to it");
    screen.keys("Enter");
    screen.shows("nsenter");
    screen.keys("Escape &");
    screen.types("name = curl");
    screen.keys("Enter");
    screen.shows("curl");
    screen.keys("Escape :");
    screen.types("mono");
    screen.shows("theme mono");
    screen.keys("Enter");
    screen.shows("theme mono;");

    // To a moment, to a process by its pid, to the help, and out.
    screen.keys("T");
    screen.types("start");
    screen.keys("Enter");
    screen.shows("20:11:09.75");
    screen.keys("0");
    screen.shows("20:11:13.773");
    screen.keys("#");
    screen.shows("Go to the pid");
    screen.types("633");
    screen.keys("Enter");
    screen.shows("(633)");
    screen.keys("?");
    screen.shows("Keys ·");
    screen.keys("q");
    screen.ends();
}

#[test]
fn the_whole_incident_is_gone_through_by_keys_alone_on_a_small_terminal() {
    go_through((80, 24));
}

#[test]
fn the_whole_incident_is_gone_through_by_keys_alone_on_a_large_terminal() {
    go_through((200, 50));
}
