//! The manual: one page for the program, with a section for each command, and one for all keys.

use std::io;

use clap::Command;
use clap_mangen::Man;

use crate::action::ALL;

/// Files that are looked for, and what they are.
const FILES: [(&str, &str); 5] = [
    ("~/.config/ktrace-tui/config.toml", "The configuration; `ktrace-tui config` prints one with all keys."),
    ("/etc/ktrace-tui/config.toml", "That of everybody who has none of their own."),
    ("~/.config/ktrace-tui/themes/NAME.toml", "Themes of your own."),
    ("/var/run/docker.sock", "Docker's socket, which names containers."),
    ("/run/podman/podman.sock", "Podman's."),
];

/// What is looked at in the environment.
const ENVIRONMENT: [(&str, &str); 11] = [
    ("XDG_CONFIG_HOME", "Where configuration and themes are looked for instead of ~/.config."),
    ("HOME", "Below it is ~/.config."),
    ("NO_COLOR", "Set to anything: no colours, unless a theme is asked for."),
    ("COLORTERM", "What the terminal says of its colours: `truecolor` or `24bit` where it has all of them."),
    ("TERM", "What the terminal is: `dumb` cannot show the screen, and those that begin with `vt` have no colours."),
    ("DOCKER_HOST", "Docker's socket, as unix://PATH. Other machines are not asked."),
    ("OTEL_EXPORTER_OTLP_HEADERS", "Headers for the collector of `agent --otlp`, as name=value,name=value."),
    (
        "HTTPS_PROXY",
        "The proxy through which `agent` reaches webhooks and collectors over HTTP; NO_PROXY has the exceptions.",
    ),
    ("TZ", "The time zone of what is shown."),
    ("SUDO_USER", "Whose notes they are, where root writes them for somebody."),
    ("USER", "Whose notes they are otherwise."),
];

/// The page, as roff.
pub(super) fn page(mut program: Command) -> io::Result<Vec<u8>> {
    program.build();
    let commands: Vec<_> = program.get_subcommands().filter(|command| command.get_name() != "help").cloned().collect();
    let man = Man::new(program);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    for command in commands {
        page.extend(section(command)?);
    }
    let keys = ALL.iter().map(|action| (action.keys.join(", "), format!("{} ({})", action.does, action.name)));
    page.extend(list("KEYS", "On the screen. Keys with a blank between are pressed one after the other.", keys));
    page.extend(list("FILES", "", FILES.map(|(file, is)| (file.to_owned(), is.to_owned()))));
    page.extend(list("ENVIRONMENT", "", ENVIRONMENT.map(|(name, is)| (name.to_owned(), is.to_owned()))));
    man.render_extra_section(&mut page)?;
    man.render_version_section(&mut page)?;
    Ok(page)
}

/// A section of things and what they are; words are not divided, so that names are found.
fn list(name: &str, before: &str, items: impl IntoIterator<Item = (String, String)>) -> Vec<u8> {
    let mut section = format!(".SH {name}\n.nh\n");
    if !before.is_empty() {
        section.push_str(&format!("{}\n", plain(before)));
    }
    for (term, is) in items {
        let term = if term.is_empty() { "(no key)".to_owned() } else { term };
        section.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", plain(&term), plain(&is)));
    }
    section.into_bytes()
}

/// Text that roff takes as it stands: no escape, no request at the start of a line, signs as they are typed.
fn plain(text: &str) -> String {
    let mut safe = String::new();
    if text.starts_with(['.', '\'']) {
        safe.push_str("\\&");
    }
    for c in text.chars() {
        match c {
            '\\' => safe.push_str("\\e"),
            '-' => safe.push_str("\\-"),
            '\'' => safe.push_str("\\(aq"),
            '`' => safe.push_str("\\(ga"),
            '^' => safe.push_str("\\(ha"),
            '~' => safe.push_str("\\(ti"),
            '"' => safe.push_str("\\(dq"),
            c if c.is_ascii() => safe.push(c),
            c => safe.push_str(&format!("\\[u{:04X}]", u32::from(c))),
        }
    }
    safe
}

/// A command as a section, with what would be the sections of a page of its own as parts.
fn section(command: Command) -> io::Result<Vec<u8>> {
    let mut section = format!(".SH \"COMMAND {}\"\n", command.get_name().to_uppercase()).into_bytes();
    let has_arguments = command.get_arguments().next().is_some();
    let man = Man::new(command);
    let mut parts = Vec::new();
    man.render_description_section(&mut parts)?;
    man.render_synopsis_section(&mut parts)?;
    if has_arguments {
        man.render_options_section(&mut parts)?;
    }
    let parts = String::from_utf8_lossy(&parts).replace(".SH ", ".SS ");
    section.extend(parts.into_bytes());
    Ok(section)
}
