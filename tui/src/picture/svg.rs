//! A frame as SVG: shapes for grounds, lines and blocks, and text that keeps to the grid whatever the font.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::buffer::Buffer;

use super::colour::{Paper, Rgb};
use super::glyph::{self, Glyph, Look};
use super::lines::{self, CELL};

/// Between the window and the cells.
const PADDING: usize = 16;
/// From the top of a row to the line that its text stands on.
const BASE: usize = 14;
/// Blanks that text goes on over; more of them end a run.
const BRIDGED: usize = 2;
const FONTS: &str =
    "ui-monospace,'SF Mono',Menlo,'Cascadia Mono',Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

/// The picture of a buffer, called `title` by those who cannot see it.
///
/// It is whole in itself: no script, no font, no other file. Every run of text says where it begins and how wide it is,
/// so that the columns hold in any font. Nothing that stands in a cell gets out of its text.
pub fn svg(buffer: &Buffer, paper: Paper, title: &str) -> String {
    let mut drawing = Drawing::default();
    for row in 0..usize::from(buffer.area.height) {
        drawing.line(buffer, row, paper);
    }
    let body = drawing.take();
    page((buffer.area.width.into(), buffer.area.height.into()), paper, title, &drawing.rules(), &body)
}

/// What is drawn, until it is taken; the looks are those of all that was.
#[derive(Default)]
pub(super) struct Drawing {
    /// What is behind the text, by its colour.
    grounds: BTreeMap<Rgb, String>,
    /// Lines and blocks, by their colour.
    shapes: BTreeMap<Rgb, String>,
    /// Texts, each with the number of its look.
    texts: Vec<(usize, String)>,
    looks: BTreeMap<Look, usize>,
}

/// Text that is gathered while it goes on.
struct Run {
    look: Look,
    column: usize,
    /// Columns up to the end of the last glyph that is no blank.
    columns: usize,
    text: String,
    /// Blanks after it.
    blanks: usize,
}

impl Drawing {
    /// Draws a line of a buffer.
    pub(super) fn line(&mut self, buffer: &Buffer, row: usize, paper: Paper) {
        let glyphs = glyph::line(buffer, row, paper);
        self.grounds(&glyphs, row, paper.behind);
        self.text(&glyphs, row);
    }

    fn grounds(&mut self, glyphs: &[Glyph<'_>], row: usize, behind: Rgb) {
        for run in glyphs.chunk_by(|a, b| a.behind == b.behind) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            if first.behind == behind {
                continue;
            }
            let (x, y) = (first.column * CELL.0, row * CELL.1);
            let (width, height) = ((last.column + last.columns - first.column) * CELL.0, CELL.1);
            let path = self.grounds.entry(first.behind).or_default();
            // Writing to a String cannot fail, here and below.
            let _ = write!(path, "M{x} {y}h{width}v{height}h-{width}z");
        }
    }

    fn text(&mut self, glyphs: &[Glyph<'_>], row: usize) {
        let mut run: Option<Run> = None;
        for glyph in glyphs {
            let blank = glyph.is_blank() && !glyph.look.is_lined();
            if blank {
                if let Some(open) = &mut run {
                    open.blanks += 1;
                    if open.blanks > BRIDGED {
                        self.end(run.take(), row);
                    }
                }
                continue;
            }
            if !glyph.is_plain() {
                self.end(run.take(), row);
                self.single(glyph, row);
                continue;
            }
            match &mut run {
                Some(open) if open.look == glyph.look => {
                    open.text.extend(std::iter::repeat_n(' ', std::mem::take(&mut open.blanks)));
                    open.text.push_str(&glyph.text);
                    open.columns = glyph.column + 1 - open.column;
                }
                _ => {
                    self.end(run.take(), row);
                    let text = glyph.text.clone().into_owned();
                    run = Some(Run { look: glyph.look, column: glyph.column, columns: 1, text, blanks: 0 });
                }
            }
        }
        self.end(run, row);
    }

    fn end(&mut self, run: Option<Run>, row: usize) {
        if let Some(Run { look, column, columns, text, .. }) = run {
            self.put(look, &text, column, columns, row, false);
        }
    }

    /// What fonts do not agree on stands alone, in the width that it has on the grid.
    fn single(&mut self, glyph: &Glyph<'_>, row: usize) {
        let path = self.shapes.entry(glyph.look.color).or_default();
        if !lines::draw(path, &glyph.text, glyph.column, row) {
            self.put(glyph.look, &glyph.text, glyph.column, glyph.columns, row, true);
        }
    }

    fn put(&mut self, look: Look, text: &str, column: usize, columns: usize, row: usize, squeeze: bool) {
        let next = self.looks.len();
        let number = *self.looks.entry(look).or_insert(next);
        let (x, y, width) = (column * CELL.0, row * CELL.1 + BASE, columns * CELL.0);
        let squeeze = if squeeze { " lengthAdjust=\"spacingAndGlyphs\"" } else { "" };
        let text = escaped(text);
        self.texts.push((number, format!(" x=\"{x}\" y=\"{y}\" textLength=\"{width}\"{squeeze}>{text}</text>")));
    }

    /// What was drawn since this was asked last: grounds, shapes upon them, and text upon those.
    pub(super) fn take(&mut self) -> String {
        let mut body = String::new();
        let (grounds, shapes) = (std::mem::take(&mut self.grounds), std::mem::take(&mut self.shapes));
        for (color, path) in grounds.iter().chain(&shapes).filter(|(_, path)| !path.is_empty()) {
            let _ = writeln!(body, "<path fill=\"{color}\" d=\"{path}\"/>");
        }
        for (number, text) in self.texts.drain(..) {
            let _ = writeln!(body, "<text class=\"{}\"{text}", class(number));
        }
        body
    }

    /// The rules of the looks.
    pub(super) fn rules(&self) -> String {
        let mut all = String::new();
        for (look, number) in &self.looks {
            let _ = writeln!(all, ".{}{{{}}}", class(*number), rules(*look));
        }
        all
    }
}

/// The whole picture: a quiet window, and what is in it.
pub(super) fn page((columns, rows): (usize, usize), paper: Paper, title: &str, rules: &str, body: &str) -> String {
    let (width, height) = (columns * CELL.0 + 2 * PADDING, rows * CELL.1 + 2 * PADDING);
    let Paper { text, behind } = paper;
    let (edge, title) = (text.over(behind, 25), escaped(&glyph::safe(title)));
    let (inner_width, inner_height) = (width - 1, height - 1);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{title}</title>\n\
         <style>\ntext{{font:15px {FONTS};white-space:pre;font-variant-ligatures:none}}\n\
         path{{shape-rendering:crispEdges}}\n{rules}</style>\n\
         <rect x=\".5\" y=\".5\" width=\"{inner_width}\" height=\"{inner_height}\" rx=\"8\" fill=\"{behind}\" stroke=\"{edge}\"/>\n\
         <g transform=\"translate({PADDING} {PADDING})\" xml:space=\"preserve\">\n{body}</g>\n</svg>\n"
    )
}

/// A short name for a look: a, b, … z, ba, bb.
fn class(mut number: usize) -> String {
    let mut name = Vec::new();
    loop {
        name.push(char::from(b'a' + u8::try_from(number % 26).unwrap_or(0)));
        number /= 26;
        if number == 0 {
            return name.into_iter().rev().collect();
        }
    }
}

fn rules(look: Look) -> String {
    let mut rules = format!("fill:{}", look.color);
    if look.bold {
        rules.push_str(";font-weight:700");
    }
    if look.italic {
        rules.push_str(";font-style:italic");
    }
    match (look.underlined, look.crossed_out) {
        (true, true) => rules.push_str(";text-decoration:underline line-through"),
        (true, false) => rules.push_str(";text-decoration:underline"),
        (false, true) => rules.push_str(";text-decoration:line-through"),
        (false, false) => {}
    }
    rules
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}
