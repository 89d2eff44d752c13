//! Completions and the manual, as the shells and troff take them.
//!
//! With `KTRACE_TEST_SHELLS=1` bash, zsh, fish and groff must be installed; without it, what is not there is passed over.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What the program prints, in a file of this name.
fn printed(arguments: &[&str], name: &str) -> (TempDir, PathBuf) {
    let out = Command::new(env!("CARGO_BIN_EXE_ktrace-tui")).args(arguments).output().unwrap();
    assert!(out.status.success(), "{arguments:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, out.stdout).unwrap();
    (folder, file)
}

/// What a tool says of it; `None` where it is not there.
fn asked(tool: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(tool).args(arguments).env("LC_ALL", "C.UTF-8").output() {
        Ok(out) => Some(out),
        Err(_) if std::env::var_os("KTRACE_TEST_SHELLS").is_none() => {
            eprintln!("passed over: {tool} is not installed, and KTRACE_TEST_SHELLS is not set");
            None
        }
        Err(error) => panic!("{tool}: {error}"),
    }
}

/// What it prints, with nothing to complain about.
fn taken(tool: &str, arguments: &[&str]) -> Option<String> {
    let out = asked(tool, arguments)?;
    let complaints = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success() && complaints.is_empty(), "{tool} {arguments:?}: {complaints}");
    Some(String::from_utf8_lossy(&out.stdout).into_owned())
}

#[test]
fn bash_completes_commands_and_what_an_option_takes() {
    let (_folder, file) = printed(&["completions", "bash"], "ktrace-tui");
    let file = file.to_str().unwrap();
    let Some(_) = taken("bash", &["-n", file]) else { return };
    let complete = |words: &str, last: usize| {
        let script = format!(
            "source {file}; spec=$(complete -p ktrace-tui); completer=${{spec##*-F }}; \
             COMP_WORDS=({words}); COMP_CWORD={last}; \
             ${{completer%% *}} ktrace-tui \"${{COMP_WORDS[{last}]}}\" \"${{COMP_WORDS[{last}-1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        taken("bash", &["--norc", "-c", &script]).unwrap()
    };
    assert_eq!(complete("ktrace-tui pic", 1).trim(), "picture");
    assert_eq!(complete("ktrace-tui picture --view in", 3).trim(), "incidents");
}

#[test]
fn fish_completes_commands_and_what_an_option_takes() {
    let (_folder, file) = printed(&["completions", "fish"], "ktrace-tui.fish");
    let file = file.to_str().unwrap();
    let Some(_) = taken("fish", &["--no-config", "-n", file]) else { return };
    let complete =
        |line: &str| taken("fish", &["--no-config", "-c", &format!("source {file}; complete -C '{line}'")]).unwrap();
    assert!(complete("ktrace-tui pic").starts_with("picture"));
    assert!(complete("ktrace-tui picture --view in").starts_with("incidents"));
}

#[test]
fn zsh_takes_the_completions_as_its_own() {
    let (folder, file) = printed(&["completions", "zsh"], "_ktrace-tui");
    let Some(_) = taken("zsh", &["-f", "-n", file.to_str().unwrap()]) else { return };
    let script = format!(
        "fpath=({} $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[ktrace-tui]; autoload +X _ktrace-tui; \
         print $functions[_ktrace-tui]",
        folder.path().display()
    );
    let says = taken("zsh", &["-f", "-c", &script]).unwrap();
    assert!(says.starts_with("_ktrace-tui\n") && says.contains("picture"), "{says}");
}

#[test]
fn troff_takes_the_manual_without_a_warning_and_it_tells_of_every_key() {
    let (_folder, file) = printed(&["man"], "ktrace-tui.1");
    let file = file.to_str().unwrap();
    let Some(page) = taken("groff", &["-man", "-ww", "-Tutf8", "-P-cbou", "-K", "utf8", file]) else { return };
    for section in ["KEYS", "FILES", "ENVIRONMENT", "COMMAND PICTURE"] {
        assert!(page.lines().any(|line| line == section), "{section}: {page}");
    }
    // A line may end at any blank, and after a hyphen.
    let letters = |text: &str| text.split_whitespace().collect::<String>();
    let page = letters(&page);
    for action in ktrace_tui::action::ALL {
        let wanted = format!("{} {} ({})", action.keys.join(", "), action.does, action.name);
        assert!(page.contains(&letters(&wanted)), "{wanted}");
    }
    for name in ["NO_COLOR", "COLORTERM", "TERM", "DOCKER_HOST", "XDG_CONFIG_HOME", "config.toml"] {
        assert!(page.contains(name), "{name}");
    }
}
