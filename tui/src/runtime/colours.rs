//! What the terminal can show: how many colours, on which ground, and whether more than ASCII.

use std::io::IsTerminal as _;
use std::time::Duration;

use crossterm::event as term;
use supports_color::{ColorLevel, Stream};
use terminal_colorsaurus::{QueryOptions, background_color};

use crate::theme::{Depth, Ground};

/// How long the terminal may take to tell its background: what is seen first does not wait longer.
const PATIENCE: Duration = Duration::from_millis(100);
/// Keys that an answer which comes late can look like, at most.
const LATE: usize = 64;

/// Terminals with all colours whose names do not say so; `sudo` and `ssh` take away `COLORTERM`, which would.
const FULL: [&str; 6] = ["alacritty", "contour", "foot", "ghostty", "kitty", "wezterm"];
/// Terminals that are not asked for their background: those that do not answer, or show what they are asked.
const SILENT: [&str; 6] = ["linux", "ansi", "cons25", "dumb", "vt", "sun"];
/// Terminals, and consoles, whose fonts have little beyond ASCII.
const ASCII_ONLY: [&str; 6] = ["linux", "ansi", "cons25", "dumb", "vt", "sun"];

/// The environment, as far as it is asked for.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// How many colours the terminal has, whatever the user thinks of colours.
pub fn depth() -> Depth {
    depth_of(supports_color::on(Stream::Stdout).map(level), crossterm::style::available_color_count(), &variable)
}

fn level(level: ColorLevel) -> Depth {
    match level {
        ColorLevel { has_16m: true, .. } => Depth::True,
        ColorLevel { has_256: true, .. } => Depth::Indexed,
        ColorLevel { has_basic: true, .. } => Depth::Basic,
        _ => Depth::None,
    }
}

/// `told` by a crate that takes `NO_COLOR` into account: then it has nothing to say of the terminal, and the number of
/// `colours` that another one knows is taken.
fn depth_of(told: Option<Depth>, colours: u16, variables: Variables<'_>) -> Depth {
    let term = variables("TERM").unwrap_or_default();
    if is_one_of(&term, &["vt", "dumb"]) || term.ends_with("-mono") || term.ends_with("-m") {
        return Depth::None;
    }
    let told = match told {
        None if variables("NO_COLOR").is_some() && !term.is_empty() => match colours {
            u16::MAX => Depth::True,
            256.. => Depth::Indexed,
            _ => Depth::Basic,
        },
        told => told.unwrap_or(Depth::None),
    };
    // Whoever says how many there are to be has said it.
    if variables("FORCE_COLOR").is_some() {
        return told;
    }
    match term.as_str() {
        _ if FULL.iter().any(|name| term.contains(name)) => Depth::True,
        // What runtimes of containers call every terminal; none that is still called so has fewer.
        "xterm" => told.max(Depth::Indexed),
        _ => told,
    }
}

/// True when the user wants no colours (no-color.org): set, and not empty.
pub fn refused() -> bool {
    variable("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// True when the terminal, or its character set, has nothing but ASCII. A locale that says nothing counts for nothing:
/// in containers it mostly does not.
pub fn ascii_only() -> bool {
    ascii_of(&variable)
}

fn ascii_of(variables: Variables<'_>) -> bool {
    let term = variables("TERM").unwrap_or_default();
    // The first that is set and not empty holds (POSIX).
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| variables(name).filter(|v| !v.is_empty()));
    let charset = locale.as_deref().and_then(|locale| locale.split_once('.')).map(|(_, set)| {
        let set = set.split('@').next().unwrap_or_default();
        set.replace(['-', '_'], "").to_ascii_lowercase()
    });
    is_one_of(&term, &ASCII_ONLY) || charset.is_some_and(|charset| charset != "utf8")
}

/// True for a terminal of one of these names, or of one that goes on with a digit or a dash: `vt220`, `linux-16color`.
fn is_one_of(term: &str, names: &[&str]) -> bool {
    let rest = names.iter().find_map(|name| term.strip_prefix(name));
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// The ground of the terminal, and whether it was asked: then an answer may still be on its way, for [`Late`].
///
/// To be called while the terminal is not in use: the question is written and the answer read past everybody else.
pub fn ground() -> (Ground, bool) {
    let asked = std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && answers(&variable);
    let told = asked.then(|| {
        let mut options = QueryOptions::default();
        options.timeout = PATIENCE;
        background_color(options).ok()
    });
    let told = told.flatten().map(|color| Ground::of(color.scale_to_8bit()));
    (told.or_else(|| said(&variable)).unwrap_or(Ground::Dark), asked)
}

/// True for a terminal that can be asked.
fn answers(variables: Variables<'_>) -> bool {
    let term = variables("TERM").unwrap_or_default();
    // GNU screen answers too late, and in another order.
    !term.is_empty() && !is_one_of(&term, &SILENT) && variables("STY").is_none()
}

/// What `COLORFGBG` says, which some terminals set: `15;0`, the last of them the background.
fn said(variables: Variables<'_>) -> Option<Ground> {
    let colours = variables("COLORFGBG")?;
    let background: u8 = colours.rsplit(';').next()?.parse().ok()?;
    Some(if matches!(background, 7 | 9..=15) { Ground::Light } else { Ground::Dark })
}

/// Takes an answer out of the keys that comes after nobody waits for it any more, as over a slow line: it begins like
/// Alt-], goes on as if typed, and would do whatever its letters are keys for.
#[derive(Debug, Default)]
pub(super) struct Late {
    /// How many keys it may still have; none while there is no answer.
    left: usize,
    /// False when nobody has asked.
    expected: bool,
}

impl Late {
    pub(super) fn after(asked: bool) -> Late {
        Late { left: 0, expected: asked }
    }

    /// True when this is a part of an answer and nobody's key.
    pub(super) fn takes(&mut self, input: &term::Event) -> bool {
        use term::{Event, KeyCode, KeyModifiers};
        let Event::Key(key) = input else { return false };
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        if self.left == 0 {
            if self.expected && alt && key.code == KeyCode::Char(']') {
                // There is only one.
                (self.expected, self.left) = (false, LATE);
            }
            return self.left > 0;
        }
        let bell = key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('g');
        let end = bell || alt && key.code == KeyCode::Char('\\');
        self.left = if end { 0 } else { self.left - 1 };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(variables: &[(&str, &str)], ask: impl FnOnce(Variables<'_>) -> T) -> T {
        ask(&|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_terminal_has_the_colours_that_its_name_says() {
        let depth = |told, term| with(&[("TERM", term)], |variables| depth_of(told, 8, variables));
        assert_eq!(depth(Some(Depth::True), "xterm-256color"), Depth::True);
        assert_eq!(depth(Some(Depth::Indexed), "xterm-256color"), Depth::Indexed);
        assert_eq!(depth(Some(Depth::Basic), "linux"), Depth::Basic);
        assert_eq!(depth(Some(Depth::Basic), "xterm-kitty"), Depth::True, "sudo has taken COLORTERM away");
        assert_eq!(depth(Some(Depth::Basic), "xterm"), Depth::Indexed, "in a container");
        for term in ["vt100", "vt220", "xterm-mono", "dumb"] {
            assert_eq!(depth(Some(Depth::True), term), Depth::None, "{term}");
        }
        assert_eq!(depth(Some(Depth::Indexed), "vte-256color"), Depth::Indexed);
        assert_eq!(depth(None, "xterm-256color"), Depth::None);
        let forced = [("TERM", "xterm"), ("FORCE_COLOR", "1")];
        assert_eq!(with(&forced, |variables| depth_of(Some(Depth::Basic), 8, variables)), Depth::Basic);
    }

    #[test]
    fn who_wants_no_colours_has_a_terminal_all_the_same() {
        // For a theme that was asked for on the command line.
        let variables = [("TERM", "xterm-256color"), ("NO_COLOR", "1")];
        let depth = |colours| with(&variables, |variables| depth_of(None, colours, variables));
        assert_eq!([u16::MAX, 256, 8].map(depth), [Depth::True, Depth::Indexed, Depth::Basic]);
    }

    #[test]
    fn only_what_says_that_it_has_no_more_is_given_ascii() {
        let ascii = |variables: &[(&str, &str)]| with(variables, ascii_of);
        for more in [
            &[][..],
            &[("TERM", "xterm-256color")],
            &[("TERM", "xterm"), ("LANG", "C")],
            &[("LANG", "en_GB.UTF-8")],
            &[("LANG", "de_DE.utf8@euro")],
            &[("LC_ALL", ""), ("LC_CTYPE", "C.UTF-8"), ("LANG", "de_DE.ISO-8859-1")],
            &[("TERM", "vte-256color")],
        ] {
            assert!(!ascii(more), "{more:?}");
        }
        for less in [
            &[("TERM", "vt100")][..],
            &[("TERM", "vt220")],
            &[("TERM", "linux")],
            &[("TERM", "linux-16color")],
            &[("TERM", "xterm"), ("LANG", "de_DE.ISO-8859-1")],
            &[("LC_ALL", "ru_RU.KOI8-R"), ("LANG", "en_GB.UTF-8")],
            &[("LC_CTYPE", "en_US.US-ASCII")],
        ] {
            assert!(ascii(less), "{less:?}");
        }
    }

    #[test]
    fn only_terminals_that_answer_are_asked() {
        let asked = |variables: &[(&str, &str)]| with(variables, answers);
        assert!(asked(&[("TERM", "xterm-256color")]) && asked(&[("TERM", "tmux-256color")]));
        for silent in ["", "linux", "vt220", "dumb", "ansi"] {
            assert!(!asked(&[("TERM", silent)]), "{silent}");
        }
        assert!(!asked(&[("TERM", "screen-256color"), ("STY", "1.x")]));
    }

    #[test]
    fn the_environment_may_say_which_ground_it_is() {
        let ground = |value| with(&[("COLORFGBG", value)], said);
        assert_eq!(ground("15;0"), Some(Ground::Dark));
        assert_eq!(ground("0;15"), Some(Ground::Light));
        assert_eq!(ground("0;default;7"), Some(Ground::Light));
        assert_eq!(ground("12;8"), Some(Ground::Dark));
        assert_eq!(ground("default;default"), None);
        assert_eq!(with(&[], said), None);
    }

    #[test]
    fn an_answer_that_comes_late_presses_no_key() {
        use term::{Event, KeyCode, KeyEvent, KeyModifiers};
        let key = |code, modifiers| Event::Key(KeyEvent::new(KeyCode::Char(code), modifiers));
        let plain = |code| key(code, KeyModifiers::NONE);
        let answer = |end: Event| {
            let text = "11;rgb:1e1e/1e1e/2e2e".chars().map(plain);
            std::iter::once(key(']', KeyModifiers::ALT)).chain(text).chain([end]).collect::<Vec<_>>()
        };
        for end in [key('g', KeyModifiers::CONTROL), key('\\', KeyModifiers::ALT)] {
            let mut late = Late::after(true);
            assert!(!late.takes(&plain('q')), "keys go on meanwhile");
            assert!(answer(end).iter().all(|event| late.takes(event)));
            assert!(!late.takes(&plain('q')) && !late.takes(&key(']', KeyModifiers::ALT)), "and afterwards");
        }
        let mut nobody = Late::after(false);
        assert!(!nobody.takes(&key(']', KeyModifiers::ALT)));
        let mut cut = Late::after(true);
        cut.takes(&key(']', KeyModifiers::ALT));
        let taken = (0..200).filter(|_| cut.takes(&plain('j'))).count();
        assert_eq!(taken, LATE, "what never ends is no answer");
    }
}
