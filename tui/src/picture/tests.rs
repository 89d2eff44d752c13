//! Pictures of buffers, good and bad.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use roxmltree::{Document, Node};

use super::*;
use crate::theme::Theme;

const PAPER: Paper = Paper { text: Rgb(200, 200, 200), behind: Rgb(0, 0, 0) };

fn lines(lines: &[&str]) -> Buffer {
    Buffer::with_lines(lines.iter().copied())
}

/// Where each text begins, how wide it is, and what it says.
fn texts(svg: &str) -> Vec<(usize, usize, String)> {
    let document = Document::parse(svg).unwrap();
    let number = |node: &Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse::<usize>().unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|node| (number(&node, "x"), number(&node, "textLength"), node.text().unwrap().to_owned())).collect()
}

#[test]
fn text_stands_on_the_grid_whatever_its_width() {
    let svg = svg(&lines(&["ab  cd    ef", "日x…é ⚑ ok"]), PAPER, "t");
    let wanted = [(0, 54, "ab  cd"), (90, 18, "ef"), (0, 18, "日"), (18, 27, "x…é"), (54, 9, "⚑"), (72, 18, "ok")];
    assert_eq!(texts(&svg), wanted.map(|(x, width, text)| (x, width, text.to_owned())));
}

#[test]
fn lines_and_blocks_are_shapes_that_fill_their_cells() {
    let svg = svg(&lines(&["│─█▄▌╔", "│╭┏╬ ║"]), PAPER, "t");
    let told: Vec<_> = texts(&svg).into_iter().map(|(.., text)| text).collect();
    assert_eq!(told, ["╬"], "what is not drawn stays text");
    for upright in ["M48 7h1v11h-1z", "M50 9h1v9h-1z", "M48 18h1v18h-1z", "M50 18h1v18h-1z"] {
        assert!(svg.contains(upright), "two lines go down into the next row: {upright} is not in {svg}");
    }
    assert!(svg.contains("M4 0h1v18h-1z") && svg.contains("M4 18h1v18h-1z"), "one goes on where the other ends: {svg}");
    assert!(svg.contains("M9 8h9v1h-9z"), "{svg}");
    assert!(svg.contains("M18 0h9v18h-9z") && svg.contains("M27 9h9v9h-9z") && svg.contains("M36 0h4.5v18h-4.5z"));
}

#[test]
fn looks_become_rules_and_grounds_become_shapes() {
    let mut buffer = lines(&["bold dim back over"]);
    buffer.set_style(Rect::new(0, 0, 4, 1), Style::new().fg(Color::Indexed(196)).add_modifier(Modifier::BOLD));
    buffer.set_style(Rect::new(5, 0, 3, 1), Style::new().add_modifier(Modifier::DIM | Modifier::ITALIC));
    buffer.set_style(Rect::new(9, 0, 4, 1), Style::new().add_modifier(Modifier::REVERSED));
    let lined = Modifier::CROSSED_OUT | Modifier::UNDERLINED;
    buffer.set_style(Rect::new(14, 0, 4, 1), Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(lined));
    let svg = svg(&buffer, PAPER, "t");
    for rule in [
        "{fill:#ff0000;font-weight:700}",
        "{fill:#7c7c7c;font-style:italic}",
        "{fill:#000000}",
        "{fill:#010203;text-decoration:underline line-through}",
        "<path fill=\"#c8c8c8\" d=\"M81 0h36v18h-36z\"/>",
    ] {
        assert!(svg.contains(rule), "{rule} is not in {svg}");
    }
}

#[test]
fn a_theme_stands_on_the_ground_that_it_is_made_for() {
    let light = Theme::load("light", None).unwrap().theme;
    let brightness = |theme: &Theme| Paper::of(theme).behind.0;
    assert!(brightness(&Theme::dark()) < 64 && brightness(&Theme::mono()) < 64 && brightness(&light) > 192);
}

#[test]
fn a_film_shows_each_line_while_it_is_there() {
    use std::time::Duration;
    let second = Duration::from_secs;
    let mut film = Film::new(&lines(&["same", "one"]), PAPER, "t");
    film.show(second(0), &lines(&["same", "one"]));
    film.show(second(1), &lines(&["same", "two"]));
    film.show(second(1) + Duration::from_millis(100), &lines(&["same", "2"]));
    film.show(second(3), &lines(&["same", "one"]));
    let svg = film.finish(second(4));
    let said: Vec<_> = texts(&svg).into_iter().map(|(.., text)| text).collect();
    assert_eq!(said, ["same", "one", "2"], "each once; what nobody sees, not at all");
    let document = Document::parse(&svg).unwrap();
    let moving = |text: &str| {
        let node = document.descendants().find(|node| node.text() == Some(text)).unwrap();
        node.parent().unwrap().attribute("style").and_then(|style| style.strip_prefix("animation-name:"))
    };
    assert_eq!(moving("same"), None);
    let keyframes = |text: &str| format!("@keyframes {}{{", moving(text).unwrap());
    let (one, two) = (keyframes("one"), keyframes("2"));
    assert!(svg.contains(&format!(
        "{one}0.000%{{visibility:visible}}25.000%{{visibility:hidden}}75.000%{{visibility:visible}}}}"
    )));
    assert!(svg.contains(&format!(
        "{two}0.000%{{visibility:hidden}}25.000%{{visibility:visible}}75.000%{{visibility:hidden}}}}"
    )));
    assert!(svg.contains("animation:4s step-end infinite") && svg.contains("prefers-reduced-motion"));
}

#[test]
fn nothing_gets_out_of_its_text() {
    let bad = lines(&["</text><script>alert(1)</script>&amp;\"'"]);
    let svg = svg(&bad, PAPER, "</title><script>\u{1b}[2J");
    let document = Document::parse(&svg).unwrap();
    assert!(!document.descendants().any(|node| node.has_tag_name("script")));
    assert_eq!(texts(&svg)[0].2, "</text><script>alert(1)</script>&amp;\"'");
    let title = document.descendants().find(|node| node.has_tag_name("title")).unwrap();
    assert_eq!(title.text(), Some("</title><script>\u{fffd}[2J"));
}

/// What may stand in a cell, and some of what may not.
fn symbol() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<char>().prop_map(String::from),
        proptest::collection::vec(any::<char>(), 0..4).prop_map(|chars| chars.into_iter().collect()),
        proptest::sample::select(vec![
            "<",
            "&",
            "]]>",
            "\u{0}",
            "\u{1b}[31m",
            "\u{202e}",
            "\u{ffff}",
            "日",
            "│",
            "▄",
            "👨‍👩‍👧",
            "e\u{301}",
            ""
        ])
        .prop_map(String::from),
        Just(" ".to_owned()),
    ]
}

fn color() -> impl Strategy<Value = Color> {
    prop_oneof![
        Just(Color::Reset),
        Just(Color::LightMagenta),
        any::<u8>().prop_map(Color::Indexed),
        any::<(u8, u8, u8)>().prop_map(|(red, green, blue)| Color::Rgb(red, green, blue)),
    ]
}

fn buffer() -> impl Strategy<Value = Buffer> {
    (1_u16..12, 1_u16..5).prop_flat_map(|(width, height)| {
        let count = usize::from(width * height);
        let cell = (symbol(), color(), color(), any::<u16>());
        proptest::collection::vec(cell, count..=count).prop_map(move |cells| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
            for (cell, (symbol, fg, bg, modifier)) in buffer.content.iter_mut().zip(cells) {
                cell.set_symbol(&symbol).set_fg(fg).set_bg(bg).modifier = Modifier::from_bits_truncate(modifier);
            }
            buffer
        })
    })
}

fn obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

proptest! {
    #[test]
    fn any_buffer_makes_a_picture_that_is_well_formed_and_tells_nobody_anything(buffer in buffer(), title in ".*") {
        let svg = svg(&buffer, PAPER, &title);
        prop_assert!(!svg.contains(|c| obeyed(c) && c != '\n'), "{svg:?}");
        let document = Document::parse(&svg).map_err(|error| TestCaseError::fail(format!("{error}: {svg:?}")))?;
        let known = ["svg", "title", "style", "rect", "g", "path", "text"];
        for node in document.descendants().filter(Node::is_element) {
            prop_assert!(known.contains(&node.tag_name().name()), "{svg:?}");
            prop_assert!(node.attributes().all(|attribute| !attribute.name().starts_with("on") && attribute.name() != "href"));
        }
        let width = usize::from(buffer.area.width) * 9;
        for (x, length, _) in texts(&svg) {
            prop_assert!(x % 9 == 0 && length % 9 == 0 && x + length <= width, "{svg:?}");
        }
    }

    #[test]
    fn no_cell_of_a_cast_tells_the_terminal_what_to_do(buffer in buffer()) {
        let mut cast = Cast::new(&buffer, PAPER, "t");
        cast.show(std::time::Duration::ZERO, &buffer);
        let file = cast.finish(std::time::Duration::from_secs(1));
        let line: serde_json::Value = serde_json::from_str(file.lines().nth(1).unwrap()).unwrap();
        let told = line[2].as_str().unwrap();
        // What is left without the sequences of the program itself is text.
        let own = regex::Regex::new("\u{1b}\\[[0-9;?]*[A-Za-z]").unwrap();
        let text = own.replace_all(told, "");
        prop_assert!(!text.contains(obeyed), "{text:?}");
    }
}
