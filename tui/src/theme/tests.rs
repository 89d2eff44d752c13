//! Tests of themes.
#![allow(clippy::unwrap_used, reason = "tests")]

mod colour;
mod contrast;
mod depth;
mod sight;

use super::*;

#[test]
fn every_embedded_theme_sets_every_field_and_warns_of_nothing() {
    for (name, text) in EMBEDDED {
        let loaded = Theme::load(name, None).unwrap();
        assert_eq!(loaded.warnings, Vec::<String>::new(), "{name}");
        let table: toml::Table = text.parse().unwrap();
        let mut keys: Vec<&str> = table.keys().map(String::as_str).collect();
        // Without colours there is nothing to know of what is behind them.
        keys.retain(|key| *key != "background" || *name == "mono");
        let mut fields = Theme::FIELDS.to_vec();
        fields.sort_unstable();
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, fields, "{name}");
    }
}

#[test]
fn each_says_in_a_line_what_it_is_for() {
    let longest = EMBEDDED.iter().map(|(name, _)| name.len()).max().unwrap();
    for listed in list(None) {
        let line = longest + "  light  ".len() + listed.about.len();
        assert!(listed.about.ends_with('.') && line <= 80, "{}: {line} {}", listed.name, listed.about);
    }
}

#[test]
fn the_mono_theme_names_no_colour() {
    let mono = Theme::mono();
    for field in Theme::FIELDS {
        let style = mono.get(field).unwrap();
        assert_eq!((style.fg, style.bg), (None, None), "{field}");
    }
    assert!(mono.selected.add_modifier.contains(Modifier::REVERSED));
}

#[test]
fn a_typo_in_a_theme_is_named_with_its_file_and_the_rest_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.toml");
    std::fs::write(&path, "slected = \"red\"\nwarn = \"#ff0000\"\nbad = \"redd\"\nkey = { bolt = true }\n").unwrap();
    let loaded = Theme::load("mine", Some(dir.path())).unwrap();
    assert_eq!(loaded.theme.warn, Style::new().fg(Color::Rgb(255, 0, 0)));
    assert_eq!(loaded.theme.bad, Theme::dark().bad);
    let file = path.display();
    assert_eq!(loaded.warnings.len(), 3, "{:?}", loaded.warnings);
    let all = loaded.warnings.join("\n");
    assert!(all.contains(&format!("{file}: unknown key `slected` was passed over; did you mean `selected`?")), "{all}");
    assert!(all.contains("`bad` was passed over: `redd` is no colour"), "{all}");
    assert!(all.contains("`bolt` is none of fg, bg"), "{all}");
    assert!(all.contains("crossed_out; did you mean `bold`?"), "{all}");
}

#[test]
fn a_colour_that_is_none_is_named_with_the_one_that_was_meant() {
    let warnings = |text: &str| read::text(text, "t").unwrap().warnings.join("\n");
    assert!(warnings("text = \"Yelow\"").ends_with("; did you mean `yellow`?"));
    assert!(warnings("text = { fg = \"lightbleu\" }").ends_with("; did you mean `lightblue`?"));
    assert!(warnings("text = \"ultramarine\"").ends_with("or \"#rrggbb\")"));
    assert!(warnings("backgruond = \"#000000\"").ends_with("did you mean `background`?"));
    assert!(warnings("background = 3").contains("`background` was passed over: expected a colour"));
    assert!(warnings("background = \"reset\"").contains("`background` was passed over: `reset`"));
    for name in read::COLOURS {
        assert!(name.parse::<Color>().is_ok(), "{name}");
    }
}

#[test]
fn what_a_theme_leaves_out_fits_its_background() {
    let read = |text: &str| read::text(text, "t").unwrap().theme;
    assert_eq!(read("background = \"#ffffff\"\ntext = \"1\"").high, Theme::on(Ground::Light).high);
    assert_eq!(read("background = \"#101010\"").high, Theme::dark().high);
    assert_eq!(read("").high, Theme::dark().high);
    assert_eq!(read("").background(), None, "what nobody has said is not known");
    assert_eq!(Theme::load("mono", None).unwrap().theme, Theme::mono());
}

#[test]
fn a_theme_that_is_not_there_is_named_with_those_that_are() {
    let error = Theme::load("drak", Some(Path::new("/nowhere"))).unwrap_err().to_string();
    assert_eq!(
        error,
        "no theme is called `drak` in /nowhere; themes that come with the program: dark, light, high-contrast, colour-blind, catppuccin, catppuccin-latte, solarized-dark, solarized-light, mono"
    );
    let error = Theme::load("/nowhere/x.toml", None).unwrap_err().to_string();
    assert!(error.starts_with("cannot read the theme /nowhere/x.toml: "), "{error}");
}

#[test]
fn a_theme_that_is_not_toml_is_refused_with_the_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("broken.toml");
    std::fs::write(&path, "text = \n").unwrap();
    let error = Theme::load(path.to_str().unwrap(), None).unwrap_err().to_string();
    assert!(error.contains("broken.toml is not a theme") && error.contains("line 1"), "{error}");
}

#[test]
fn the_users_own_theme_comes_before_an_embedded_one_of_the_same_name() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("dark.toml"), "text = \"1\"\n").unwrap();
    let loaded = Theme::load("dark", Some(dir.path())).unwrap();
    assert_eq!(loaded.theme.text, Style::new().fg(Color::Indexed(1)));
}
