//! The script that an interpreter was started with.

use crate::model::{Arg, Image, Text};

/// Shells, and other programs that run what others wrote, by how their names begin; what may follow is a version.
const SHELLS: [&[u8]; 6] = [b"bash", b"sh", b"dash", b"ksh", b"zsh", b"ash"];
const OTHERS: [&[u8]; 10] =
    [b"python", b"pypy", b"perl", b"ruby", b"node", b"nodejs", b"php", b"lua", b"tclsh", b"Rscript"];

/// The path of the script that an image runs, as the process sees it; `None` for what is no interpreter, and for one that was
/// given its text (`-c`, `-e`), a module (`-m`) or nothing but its input.
pub(super) fn script(image: &Image) -> Option<Text> {
    let name = image.exe.file_name();
    let is = |known: &[&[u8]]| known.iter().any(|known| name.bytes().strip_prefix(*known).is_some_and(is_version));
    // Options after which no script comes, by their letters.
    let text: &[u8] = match (is(&SHELLS), is(&OTHERS)) {
        (true, _) => b"cs",
        (_, true) => b"ceEmr",
        _ => return None,
    };
    let mut arguments = image.argv.args.iter().skip(1).map(Arg::bytes);
    let first = arguments.find(|argument| !argument.starts_with(b"-") || is_text(argument, text))?;
    (!first.is_empty() && !first.starts_with(b"-")).then(|| absolute(first, image.cwd.bytes()))
}

fn is_version(rest: &[u8]) -> bool {
    rest.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
}

/// An option after which no script comes: its letter alone, or as one of several (`-lc`).
fn is_text(option: &[u8], letters: &[u8]) -> bool {
    match option {
        b"-" | b"--eval" | b"--print" => true,
        _ => !option.starts_with(b"--") && option[1..].iter().any(|letter| letters.contains(letter)),
    }
}

/// A path as it is from the root on, without `.` and doubled slashes; `..` stays, as links may lead elsewhere.
fn absolute(path: &[u8], cwd: &[u8]) -> Text {
    let whole = if path.starts_with(b"/") { path.to_vec() } else { [cwd, b"/", path].concat() };
    let parts = whole.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    Text::from(parts.fold(Vec::new(), |path, part| [&path[..], b"/", part].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Argv, Time};

    fn of(exe: &str, args: &[&str]) -> Option<String> {
        let argv = Argv { args: args.iter().collect(), ..Argv::default() };
        let (exe, given, cwd) = (exe.into(), Text::default(), Text::from("/app"));
        script(&Image { time: Time(1), exe, given, argv, cwd, unlinked: false }).map(|path| path.lossless())
    }

    #[test]
    fn a_script_is_the_first_argument_that_is_no_option() {
        let is = |exe: &str, args: &[&str], path: &str| assert_eq!(of(exe, args).as_deref(), Some(path), "{args:?}");
        is("/usr/bin/python3.11", &["python3", "-u", "/srv/x.py", "-c", "y"], "/srv/x.py");
        is("/usr/bin/node", &["node", "--inspect", "./lib//x.js"], "/app/lib/x.js");
        is("/bin/bash", &["bash", "-ex", "run.sh"], "/app/run.sh");
        is("/bin/dash", &["sh", "/docker-entrypoint.sh", "nginx"], "/docker-entrypoint.sh");
    }

    #[test]
    fn text_modules_input_and_other_programs_are_no_scripts() {
        for (exe, args) in [
            ("/bin/bash", &["bash", "-c", "/x.sh"][..]),
            ("/bin/bash", &["-bash"]),
            ("/bin/sh", &["sh", "-lc", "id"]),
            ("/bin/sh", &["sh", "-s", "x"]),
            ("/usr/bin/python3", &["python3", "-m", "http.server"]),
            ("/usr/bin/python3", &["python3", "-"]),
            ("/usr/bin/perl", &["perl", "-ne", "print"]),
            ("/usr/bin/node", &["node", "--eval", "1"]),
            ("/usr/bin/shred", &["shred", "/x"]),
            ("/usr/bin/nginx", &["nginx", "/x"]),
            ("/bin/sh", &["sh", ""]),
            ("/bin/sh", &[]),
        ] {
            assert_eq!(of(exe, args), None, "{args:?}");
        }
    }
}
