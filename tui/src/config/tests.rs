//! What a configuration file may say, and what is said of one that cannot be taken.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::read::parse;
use super::*;
use crate::action::Keymap;
use crate::theme::{Depth, EMBEDDED};

fn read(text: &str) -> Result<Config, String> {
    parse(text, Path::new("/etc/ktrace-tui/config.toml")).map_err(|error| error.to_string())
}

fn refused(text: &str) -> String {
    read(text).expect_err("this must be refused")
}

#[test]
fn the_default_file_says_what_holds_without_it() {
    assert_eq!(read(DEFAULT_FILE), Ok(Config::default()));
    assert_eq!(read(""), Ok(Config::default()));
}

#[test]
fn the_default_file_has_a_comment_and_a_value_for_every_key() {
    for key in KEYS {
        let is_value = |line: &str| {
            let line = line.trim_start_matches("# ");
            line.starts_with(&format!("{key} = ")) || line == format!("[[{key}]]") || line == format!("[{key}]")
        };
        let lines: Vec<&str> = DEFAULT_FILE.lines().collect();
        let at = lines.iter().position(|line| is_value(line)).expect(key);
        assert!(lines[at - 1].starts_with("# "), "{key}");
    }
    let uncommented = DEFAULT_FILE.replace("# docker_sockets", "docker_sockets");
    let sockets = read(&uncommented).expect("the commented key is right too").docker_sockets;
    assert_eq!(sockets.map(|sockets| sockets.len()), Some(2));
    for key in ["cri_sockets", "bundle_roots"] {
        let config = read(&DEFAULT_FILE.replace(&format!("# {key}"), key)).expect("so is this one");
        assert_eq!(
            [config.cri_sockets, config.bundle_roots].into_iter().flatten().map(|it| it.len()).sum::<usize>(),
            2
        );
    }
}

#[test]
fn the_default_file_names_every_theme_and_every_number_of_colours() {
    for name in EMBEDDED.iter().map(|(name, _)| *name).chain(Depth::NAMES.iter().map(|(name, _)| *name)) {
        assert!(DEFAULT_FILE.contains(&format!("\"{name}\"")), "{name}");
        let says = |key: &str| read(&format!("{key} = '{name}'"));
        assert!(says("theme").is_ok() || says("colours").is_ok(), "{name}");
    }
    assert_eq!(read("colours = 'none'").map(|config| config.colours), Ok(Some(Depth::None)));
    assert_eq!(read("ascii = false").map(|config| config.ascii), Ok(Some(false)));
}

#[test]
fn every_key_can_be_set() {
    let config = read(
        "theme = 'light'\ncolours = '256'\nascii = true\nring_size = 65536\nhistory_size = '1GiB'\nfade_after = 0.5\nframe_rate = 1\ninclude_self = true\nread_programs = false\n\
         docker_sockets = ['/run/d.sock']\ncri_sockets = []\nbundle_roots = ['/run/b']\nrules = ['/r']\nsigma = ['/s']\nsigma_critical = 'critical'\nmouse = false\n[keys]\nquit = 'Ctrl-x'\ngo-parent = ['g u', 'u']\n[[exception]]\nclass = 'recon'\nbecause = 'scans'",
    );
    let mut keymap = Keymap::default();
    keymap.bind("quit", &["Ctrl-x"]).expect("it can be bound");
    keymap.bind("go-parent", &["g u", "u"]).expect("and so can that");
    let expected = Config {
        keymap,
        theme: "light".into(),
        colours: Some(Depth::Indexed),
        ascii: Some(true),
        ring_size: 65536,
        history_size: 1 << 30,
        fade_after: Duration::from_millis(500),
        frame_rate: 1,
        include_self: true,
        read_programs: false,
        docker_sockets: Some(vec!["/run/d.sock".into()]),
        cri_sockets: Some(Vec::new()),
        bundle_roots: Some(vec!["/run/b".into()]),
        rules: vec!["/r".into()],
        file: None,
        rules_beside: Vec::new(),
        sigma: vec!["/s".into()],
        sigma_critical: Severity::Critical,
        mouse: false,
        exceptions: vec![Exception { class: Some("recon".into()), because: "scans".into(), ..Exception::default() }],
    };
    assert_eq!(config, Ok(expected));
}

#[test]
fn a_binding_that_cannot_be_made_is_named_with_its_line_and_the_nearest_right_one() {
    let of = |text: &str| refused(&format!("mouse = true\n[keys]\nquit = 'q'\n{text}"));
    assert!(
        of("qiut = 'x'").contains("line 4: `keys` cannot be taken: no action is called `qiut`; did you mean `quit`?")
    );
    assert!(of("search = 'Ctl-x'").contains("line 4: `keys` cannot be taken: `Ctl-x` is no key"));
    assert!(of("search = 3").contains("of `search` must be a key or a list of keys, not the integer 3"));
    assert!(refused("keys = 3").contains("a table of actions and their keys"));
}

#[test]
fn an_exception_that_mutes_everything_or_nothing_is_refused() {
    let of = |text: &str| refused(&format!("[[exception]]\nclass = 'recon'\nbecause = 'x'\n[[exception]]\n{text}"));
    assert!(of("class = 'recon'").contains("line 1: `exception` number 2 has no `because`"));
    assert!(of("because = 'x'").contains("would mute everything"));
    assert!(of("class = 'recom'\nbecause = 'x'").contains("did you mean `recon`?"));
    assert!(of("because = 'x'\nimagee = 'x'").contains("did you mean `image`?"));
    assert!(of("because = 'x'\nimage = 3").contains("`image` that must be a text"));
    assert!(refused("exception = 1").contains("[[exception]]"));
}

#[test]
fn an_exception_may_say_where_in_the_language_of_filters() {
    let text = r#"exe ~ "^/opt/ci/" and uid = 1000"#;
    let config = read(&format!("[[exception]]\nwhere = '{text}'\nbecause = 'x'")).expect("it is right");
    let exception = &config.exceptions[0];
    assert_eq!(exception.filter.as_ref().map(|filter| filter.text()), Some(text));
    assert_eq!(read(&exception.to_toml()), Ok(config.clone()), "what is written is read as the same");
}

#[test]
fn a_where_that_is_wrong_is_named_with_file_line_and_column() {
    let of = |filter: &str| {
        let first = "[[exception]]\nclass = 'recon'\nbecause = 'x'\n\n";
        refused(&format!("{first}[[exception]]\nbecause = 'y'\nrule = 'drift_exec'\nwhere = '{filter}'\n"))
    };
    assert_eq!(
        of("uid = 0 and pidd = 1"),
        "/etc/ktrace-tui/config.toml, line 8: `exception` number 2 has a `where` that is wrong at `pidd`, column 13: \
         there is no field `pidd`; did you mean `pid`?"
    );
    assert!(
        of("uid = 0 and").contains("line 8: `exception` number 2 has a `where` that is wrong at its end, column 12")
    );
    assert!(of("time > -5m and uid = 0").contains("`time`, column 1: this moment needs a day and an offset"));
    assert!(of("time > 2026-11-23").contains("needs a day and an offset"));
    assert!(of("uid = 0 and kind = exec").contains("wrong at `kind`, column 13: `kind` is nothing that a finding"));
    assert!(of(" ").contains("nothing is said"));
    assert!(refused("[[exception]]\nwhere = 3\nbecause = 'x'").contains("a `where` that must be a text"));
}

#[test]
fn an_unknown_key_is_named_with_file_line_and_the_nearest_key() {
    let message = refused("# mine\nmouse = true\nring_sise = '8MiB'\n");
    assert_eq!(message, "/etc/ktrace-tui/config.toml, line 3: unknown key `ring_sise`; did you mean `ring_size`?");
    assert!(refused("sound = 1").contains("the keys are theme, colours, ascii, ring_size"));
    assert!(refused("[screen]\nmouse = true").contains("line 1: unknown key `screen`"));
}

#[test]
fn a_value_of_the_wrong_kind_or_out_of_range_is_named_with_what_would_be_right() {
    let begin = "/etc/ktrace-tui/config.toml, line 1: ";
    for (line, says) in [
        ("history_size = '1KiB'", "`history_size` must be a size like \"16MiB\": `1KiB` is not from 1MiB to 64GiB"),
        ("mouse = 'yes'", "`mouse` must be true or false, not the string \"yes\""),
        ("include_self = 1", "`include_self` must be true or false, not the integer 1"),
        ("theme = 5", "`theme` must be the name or the path of a theme, not the integer 5"),
        ("theme = ''", "`theme` must be the name or the path of a theme, not the string \"\""),
        ("colours = 256", "`colours` must be \"auto\", \"truecolor\", \"256\", \"16\", \"none\", not the integer 256"),
        ("ascii = 'yes'", "`ascii` must be \"auto\", true or false, not the string \"yes\""),
        ("frame_rate = 31", "`frame_rate` must be a whole number from 1 to 30, not the integer 31"),
        ("frame_rate = 0", "`frame_rate` must be a whole number from 1 to 30, not the integer 0"),
        ("frame_rate = 9.5", "`frame_rate` must be a whole number from 1 to 30, not the float 9.5"),
        ("fade_after = -1", "`fade_after` must be a number of seconds from 0 to 86400, not the integer -1"),
        ("fade_after = nan", "`fade_after` must be a number of seconds from 0 to 86400, not the float nan"),
        ("fade_after = [1]", "`fade_after` must be a number of seconds from 0 to 86400, not the array"),
        ("ring_size = true", "`ring_size` must be a size like \"8MiB\", not the boolean true"),
    ] {
        assert_eq!(refused(line), format!("{begin}{says}"));
    }
    assert!(refused("ring_size = '3MiB'").contains("`ring_size` must be a size like \"8MiB\": `3MiB` is not a power"));
    assert!(refused("docker_sockets = ['run/d']").contains("`docker_sockets` must be a list of absolute paths"));
    assert!(refused("docker_sockets = '/run/d'").contains("not the string \"/run/d\""));
}

#[test]
fn what_is_not_toml_is_named_with_its_line() {
    let message = refused("mouse = true\ntheme = \n");
    assert!(message.starts_with("/etc/ktrace-tui/config.toml, line 2: this is not TOML"), "{message}");
    assert!(!message.contains('\n'), "{message}");
    assert!(refused("mouse = true\nmouse = false").contains("line 2"), "a key said twice");
}

#[test]
fn a_theme_path_is_as_seen_from_the_file() {
    assert_eq!(read("theme = './own.toml'").map(|config| config.theme), Ok("/etc/ktrace-tui/./own.toml".into()));
    assert_eq!(read("theme = '/own.toml'").map(|config| config.theme), Ok("/own.toml".into()));
}

#[test]
fn sizes_of_a_ring_are_powers_of_two_from_a_page() {
    assert_eq!(ring_size("8MiB"), Ok(8 << 20));
    assert_eq!(ring_size("8 mib"), Ok(8 << 20));
    assert_eq!(ring_size("512K"), Ok(512 << 10));
    assert_eq!(ring_size("1G"), Ok(1 << 30));
    assert_eq!(ring_size("2GiB"), Ok(1 << 31));
    for wrong in
        ["", "MiB", "8MB", "-8MiB", "1.5MiB", "3MiB", "0", "1024", "4GiB", "99999999999999999999", "99999999999G"]
    {
        let message = ring_size(wrong).expect_err(wrong);
        assert!(message.contains(wrong), "{message}");
    }
}

#[test]
fn places_follow_the_base_directory_specification() {
    let places = |variables: &[(&str, &str)]| {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        Places::of(find).user
    };
    assert_eq!(places(&[("HOME", "/h")]), Some(PathBuf::from("/h/.config/ktrace-tui")));
    assert_eq!(places(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")]), Some(PathBuf::from("/x/ktrace-tui")));
    assert_eq!(places(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "x")]), Some(PathBuf::from("/h/.config/ktrace-tui")));
    assert_eq!(places(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "")]), Some(PathBuf::from("/h/.config/ktrace-tui")));
    assert_eq!(places(&[]), None);
}

#[test]
fn the_users_file_comes_before_that_of_the_system_and_the_named_file_must_be_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let (user, system) = (directory.path().join("user"), directory.path().join("system"));
    let places = Places { user: Some(user.clone()), system: system.clone() };
    let rate = |file: Option<&Path>| load(file, &places).map(|config| config.frame_rate);
    assert_eq!(rate(None).ok(), Some(30), "no file at all");
    for (place, text) in [(&system, "frame_rate = 5"), (&user, "frame_rate = 7")] {
        std::fs::create_dir(place).expect("a directory");
        std::fs::write(place.join("config.toml"), text).expect("a file");
        assert_eq!(rate(None).ok(), text[13..].parse().ok());
    }
    assert_eq!(rate(Some(&system.join("config.toml"))).ok(), Some(5));
    let missing = rate(Some(&directory.path().join("none.toml"))).expect_err("it is not there").to_string();
    assert!(missing.contains("none.toml") && missing.contains("ktrace-tui config"), "{missing}");
}
