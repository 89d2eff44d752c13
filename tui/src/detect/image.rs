//! What a program is, as far as its name and arguments tell: they raise or lower confidence, and decide nothing alone.

use crate::model::{Image, Process};

/// Command shells.
const SHELLS: &[&str] =
    &["sh", "ash", "bash", "dash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "rbash", "pwsh", "hush"];
/// Languages that run what they are given.
const LANGUAGES: &[&str] =
    &["python", "perl", "ruby", "php", "node", "nodejs", "lua", "luajit", "tclsh", "expect", "irb", "deno", "bun"];

/// The name that a program goes by: of its file, or for a program of many names that which it was called by.
fn name(image: &Image) -> String {
    let file = image.exe.file_name().lossless();
    let called = image.argv.args.first().map(|arg| arg.file_name().lossless()).unwrap_or_default();
    let many = matches!(file.as_str(), "busybox" | "toybox" | "");
    let name = if many { called } else { file };
    let name = name.trim_start_matches('-');
    // python3.11, lua5.4, php8.2
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned()
}

/// True for a known shell or language.
pub(super) fn interprets(image: &Image) -> bool {
    let name = name(image);
    SHELLS.contains(&name.as_str()) || LANGUAGES.contains(&name.as_str())
}

/// True for a known shell.
pub(super) fn is_shell(image: &Image) -> bool {
    SHELLS.contains(&name(image).as_str())
}

/// True when it takes its program from its input: no script, no code among its arguments, or `-i`.
pub(super) fn bare(image: &Image) -> bool {
    let mut args = image.argv.args.iter().skip(1);
    // `busybox sh`
    let busybox = image.argv.args.first().is_some_and(|arg| matches!(arg.file_name().bytes(), b"busybox" | b"toybox"));
    if busybox {
        args.next();
    }
    let mut bare = true;
    for arg in args {
        match arg.bytes() {
            b"-i" | b"-s" | b"--interactive" => return true,
            b"-" | b"--" => {}
            // Their values follow.
            [b'-', b'-', ..] => {}
            [b'-', letters @ ..] => {
                if letters.contains(&b'i') && letters.iter().all(u8::is_ascii_lowercase) && !letters.contains(&b'c') {
                    return true;
                }
                bare &= !letters.iter().any(|letter| matches!(letter, b'c' | b'e' | b'm' | b'r' | b'n' | b'p'));
            }
            _ => bare = false,
        }
    }
    bare
}

/// `bash (4711)`
pub(super) fn who(process: &Process) -> String {
    let name = process.image().map(|image| image.exe.file_name().lossless()).filter(|name| !name.is_empty());
    format!("{} ({})", name.unwrap_or_else(|| "a process".to_owned()), process.id.pid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Argv, Text, Time};

    fn image(exe: &str, args: &[&str]) -> Image {
        Image {
            time: Time(0),
            exe: exe.into(),
            given: exe.into(),
            argv: Argv { args: args.iter().collect(), ..Argv::default() },
            cwd: Text::default(),
            unlinked: false,
        }
    }

    #[test]
    fn what_reads_its_program_from_its_input_is_bare() {
        for args in [&["sh"][..], &["sh", "-i"], &["bash", "-li"], &["sh", "-s", "x"], &["python3", "-"], &["-bash"]] {
            assert!(bare(&image("/bin/x", args)), "{args:?}");
        }
        for args in
            [&["sh", "-c", "id"][..], &["sh", "/srv/handler.sh"], &["perl", "-ne", "print"], &["python3", "-m", "x"]]
        {
            assert!(!bare(&image("/bin/x", args)), "{args:?}");
        }
        assert!(bare(&image("/bin/busybox", &["busybox", "sh"])));
    }

    #[test]
    fn a_version_or_a_program_of_many_names_is_known() {
        assert!(interprets(&image("/usr/bin/python3.11", &["python"])));
        assert!(is_shell(&image("/bin/busybox", &["ash"])));
        assert!(!interprets(&image("/bin/busybox", &["wget"])));
        assert!(!interprets(&image("/usr/bin/shuf", &["shuf"])));
    }
}
