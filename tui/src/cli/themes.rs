//! `themes`: every theme, shown in its own colours.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use crossterm::style::{ContentStyle, PrintStyledContent, StyledContent};
use ratatui::backend::IntoCrossterm as _;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Failure;
use super::arguments::{ThemesArguments, places};
use super::print::print;
use crate::escape::shown;
use crate::runtime::colours;
use crate::theme::{self, Depth, Ground, Listed, Loaded, Theme};
use crate::view;

/// How wide a sample is.
const WIDTH: u16 = 76;

/// Lines of a sample: texts with the fields that they look like.
const SAMPLE: &[&[(&str, &str)]] = &[
    &[(" ktrace-tui", "title"), ("  node-7  ", "text"), (" 1 critical ", "critical"), ("  paused ", "paused")],
    &[("▾ ", "dim"), ("web-1", "container"), ("  nginx:1.27", "text"), ("  pod shop/web-7d9f", "dim")],
    &[
        ("│", "border_container"),
        ("  2140 101   1h  ", "dim"),
        ("├ ", "faint"),
        ("nginx: worker process", "command"),
        ("  → 10.0.0.7:5432", "net"),
        ("  found", "found"),
    ],
    &[
        ("│", "border_container"),
        ("  3001 root  2s  ", "dim"),
        ("├ ", "faint"),
        ("sh -i", "outside"),
        ("  CRITICAL", "critical"),
        ("  HIGH", "high"),
        ("  MEDIUM", "medium"),
        ("  LOW", "low"),
    ],
    &[
        ("│", "border_container"),
        ("  3002 root new  ", "dim"),
        ("└ ", "faint"),
        ("curl -s http://198.51.100.7/x", "born"),
    ],
    &[
        ("▾ ", "dim"),
        ("host", "host"),
        ("  sshd.service", "service"),
        ("  ✓ docker", "good"),
        ("  ! podman", "warn"),
        ("  LOST 12", "bad"),
        ("  ? ", "key"),
        ("help", "dim"),
    ],
    &[
        ("║", "border_host"),
        ("  1950", "dim"),
        ("  ada¹", "session_1"),
        ("  9m", "dim"),
        ("  └", "faint"),
        ("  vim", "dead"),
        (" a.txt", "dead_fading"),
        ("  ✕ exit 0", "dead_gone"),
        ("  from 412", "crossing"),
        ("  bob²", "session_2"),
        ("  eve³", "session_3"),
        ("  kim⁴", "session_4"),
    ],
];
/// The line of the sample that is selected.
const SELECTED: u16 = 4;

/// Shows all of them, or prints the file of one.
pub(super) fn themes(arguments: &ThemesArguments) -> Result<(), Failure> {
    let user = places().themes();
    if let Some(name) = &arguments.print {
        return print(theme::text(name, user.as_deref())?.as_bytes());
    }
    let depth = if std::io::stdout().is_terminal() && !colours::refused() { colours::depth() } else { Depth::None };
    // Whether there are to be colours was just decided.
    crossterm::style::force_color_output(true);
    let all = theme::list(user.as_deref());
    let longest = all.iter().map(|listed| listed.name.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for listed in &all {
        tell(&mut out, listed, longest, depth);
    }
    if let Some(user) = user {
        let _ = writeln!(out, "Your own: NAME.toml in {}", shown(&user.display().to_string()).as_str());
    }
    print(out.as_bytes())
}

/// One theme: what it is, and what it looks like where there are colours.
fn tell(out: &mut String, listed: &Listed, longest: usize, depth: Depth) {
    let name = shown(&listed.name);
    let name = format!("{:longest$}", name.as_str());
    // Writing to a String cannot fail.
    match &listed.theme {
        Ok(loaded) => {
            let _ = writeln!(out, "{name}  {:5}  {}", ground(&loaded.theme), says(listed));
            for warning in &loaded.warnings {
                let _ = writeln!(out, "{:longest$}  wrong: {}", "", shown(warning).as_str());
            }
            if depth > Depth::None {
                sample(out, loaded, depth);
            }
        }
        Err(error) => {
            let error = error.to_string();
            let lines: Vec<&str> = error.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            let _ = writeln!(out, "{name}  wrong: {}", shown(&lines.join(", ")).as_str());
        }
    }
}

fn says(listed: &Listed) -> String {
    let own = listed.file.as_ref().map(|file| format!("{} ", shown(&file.display().to_string()).as_str()));
    format!("{}{}", own.unwrap_or_default(), shown(&listed.about).as_str())
}

fn ground(theme: &Theme) -> &'static str {
    match theme.ground() {
        Some(Ground::Dark) => "dark",
        Some(Ground::Light) => "light",
        None => "any",
    }
}

/// A few lines of a screen, on the background that the theme is for.
fn sample(out: &mut String, loaded: &Loaded, depth: Depth) {
    let theme = loaded.theme.fit(depth);
    let lines = u16::try_from(SAMPLE.len()).unwrap_or(u16::MAX);
    let mut buffer = Buffer::empty(Rect::new(0, 0, WIDTH, lines));
    buffer.set_style(buffer.area, loaded.theme.ground_style(depth));
    for (y, line) in (0..lines).zip(SAMPLE) {
        let mut x = 1;
        for (text, field) in *line {
            // Two blanks before a text keep it from the one before; they are not part of it.
            let (blank, text) = text.split_at(text.len() - text.trim_start().len());
            x += blank.chars().count() as u16;
            (x, _) = buffer.set_stringn(x, y, text, usize::from(WIDTH), theme.get(field).unwrap_or_default());
        }
    }
    buffer.set_style(Rect::new(0, SELECTED, WIDTH, 1), theme.selected);
    if colours::ascii_only() {
        view::ascii(&mut buffer);
    }
    for row in buffer.content.chunks(usize::from(WIDTH)) {
        out.push_str("  ");
        for same in row.chunk_by(|a, b| look(a) == look(b)) {
            let text: String = same.iter().map(Cell::symbol).collect();
            let style: ContentStyle = look(&same[0]).into_crossterm();
            let _ = write!(out, "{}", PrintStyledContent(StyledContent::new(style, text)));
        }
        out.push('\n');
    }
    out.push('\n');
}

fn look(cell: &Cell) -> Style {
    cell.style()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_shows_fields_that_there_are_and_every_severity() {
        let fields: Vec<&str> = SAMPLE.iter().copied().flatten().map(|(_, field)| *field).collect();
        for field in &fields {
            assert!(Theme::FIELDS.contains(field), "{field}");
        }
        for field in
            Theme::FIELDS.iter().filter(|field| !["label", "focus", "selected", "selected_away"].contains(field))
        {
            assert!(fields.contains(field), "{field} is not shown");
        }
        for line in SAMPLE {
            let width: usize = line.iter().map(|(text, _)| shown(text).width()).sum();
            assert!(width < usize::from(WIDTH), "{line:?}");
        }
    }

    #[test]
    fn a_sample_is_as_deep_as_the_terminal() {
        crossterm::style::force_color_output(true);
        let loaded = Theme::load("catppuccin", None).expect("it comes with the program");
        let drawn = |depth| {
            let mut out = String::new();
            sample(&mut out, &loaded, depth);
            out
        };
        let (all, some, few) = (drawn(Depth::True), drawn(Depth::Indexed), drawn(Depth::Basic));
        assert!(all.contains("38;2;") && all.contains("48;2;30;30;46"), "{all:?}");
        assert!(some.contains("38;5;") && !some.contains("38;2;"), "{some:?}");
        assert!(!few.contains(";2;") && few.contains("CRITICAL"), "{few:?}");
        assert_eq!(all.lines().count(), SAMPLE.len() + 1);
    }
}
