//! Every view of the bundled incident, in every size that people have, in every theme.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use insta::assert_snapshot;
use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::*;
use crate::app::View;
use crate::app::scene::settings;
use crate::runtime::deck::answer;
use crate::store::{Player, Recording};

/// A terminal as it opens, one of a laptop, one of a wide screen.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

/// The bundled incident, at its end, on a screen without anybody having touched it.
fn demo(size: (u16, u16)) -> App {
    const BUNDLED: &[u8] = include_bytes!("../../../../demo/kubernetes-attack/recording.zst");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), zstd::decode_all(BUNDLED).unwrap()).unwrap();
    let mut player = Player::new(Box::new(Recording::open(file.path()).unwrap()), crate::app::KEPT);
    let mut app = App::new(Settings { replay: true, ..settings() }, size.0, size.1);
    let mut first = true;
    while let Some(ask) = app.take_ask() {
        app.update(Message::Answer(answer(&mut player, ask, std::mem::take(&mut first))));
    }
    app
}

fn buffer(app: &mut App, theme: &Theme) -> Buffer {
    frame_in(app, theme).buffer().clone()
}

fn in_view(app: &mut App, view: View) {
    app.show_view(view);
    if view == View::Incidents {
        app.alarm_cursor = 0;
        press(app, "Right Right");
    }
}

pub(super) fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let line: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[test]
fn every_view_at_every_size() {
    for size in SIZES {
        let mut app = demo(size);
        for view in View::ALL {
            in_view(&mut app, view);
            let name = format!("every_{}_{}x{}", view.name().to_lowercase(), size.0, size.1);
            assert_snapshot!(name, text(&buffer(&mut app, &Theme::dark())));
        }
    }
}

/// How each cell looks: a letter for each style, runs of it counted, and what the letters stand for.
pub(super) fn looks(buffer: &Buffer, letters: &mut BTreeMap<String, usize>) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let style = buffer[(x, y)].style();
            let from = x;
            while x < buffer.area.width && buffer[(x, y)].style() == style {
                x += 1;
            }
            let next = letters.len();
            let letter = *letters.entry(said(style)).or_insert(next);
            write!(out, "{}{} ", char::from(b'a' + u8::try_from(letter % 26).unwrap()), x - from).unwrap();
            assert!(letter < 52, "more styles than letters");
            if letter >= 26 {
                out.pop();
                out.push_str("' ");
            }
        }
        out.pop();
        out.push('\n');
    }
    out
}

/// What the letters stand for.
pub(super) fn legend(letters: BTreeMap<String, usize>) -> String {
    let mut legend: Vec<_> = letters.into_iter().map(|(style, letter)| (letter, style)).collect();
    legend.sort_unstable();
    let line = |(letter, style): (usize, String)| {
        let prime = if letter >= 26 { "'" } else { "" };
        format!("{}{prime} = {style}\n", char::from(b'a' + (letter % 26) as u8))
    };
    legend.into_iter().map(line).collect()
}

fn said(style: Style) -> String {
    let colour = |colour: Option<ratatui::style::Color>| colour.unwrap_or_default().to_string();
    format!("{} on {} {:?}", colour(style.fg), colour(style.bg), style.add_modifier)
}

#[test]
fn every_view_in_every_theme_at_every_size() {
    let mut apps: Vec<App> = SIZES.into_iter().map(demo).collect();
    for (name, _) in crate::theme::EMBEDDED {
        let theme = Theme::load(name, None).unwrap().theme;
        for view in View::ALL {
            let (mut letters, mut out) = (BTreeMap::new(), String::new());
            for app in &mut apps {
                in_view(app, view);
                writeln!(out, "{}x{}", app.size.0, app.size.1).unwrap();
                out.push_str(&looks(&buffer(app, &theme), &mut letters));
            }
            out.push_str(&legend(letters));
            assert_snapshot!(format!("every_{}_{name}", view.name().to_lowercase()), out);
        }
    }
}
