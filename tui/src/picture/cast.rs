//! Frames one after the other as an asciicast (version 2): what a terminal is told to show each, and when.

use std::borrow::Cow;
use std::time::Duration;

use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::crossterm::style::force_color_output;
use serde_json::json;

use super::colour::Paper;
use super::glyph::safe;

/// A cast that is being made.
#[derive(Debug)]
pub struct Cast {
    shown: Buffer,
    lines: Vec<String>,
}

impl Cast {
    /// Begins one for frames as large as `frame`.
    pub fn new(frame: &Buffer, paper: Paper, title: &str) -> Cast {
        let palette: Vec<String> = Paper::sixteen().iter().map(ToString::to_string).collect();
        let head = json!({
            "version": 2,
            "width": frame.area.width,
            "height": frame.area.height,
            "title": title,
            "env": { "TERM": "xterm-256color" },
            "theme": {
                "fg": paper.text.to_string(),
                "bg": paper.behind.to_string(),
                "palette": palette.join(":"),
            },
        });
        Cast { shown: Buffer::empty(frame.area), lines: vec![head.to_string()] }
    }

    /// Shows `frame` after `at`; gives whether that is another one.
    pub fn show(&mut self, at: Duration, frame: &Buffer) -> bool {
        let (first, frame) = (self.lines.len() == 1, harmless(frame));
        let changes = self.shown.diff(&frame);
        if changes.is_empty() && !first {
            return false;
        }
        let before = if first { "\u{1b}[?25l\u{1b}[0m\u{1b}[2J" } else { "" };
        let bytes = told(changes);
        self.line(at, &format!("{before}{}", String::from_utf8_lossy(&bytes)));
        self.shown = frame;
        true
    }

    /// The file, whose last frame stays until `end`.
    pub fn finish(mut self, end: Duration) -> String {
        self.line(end, "");
        let mut file = self.lines.join("\n");
        file.push('\n');
        file
    }

    fn line(&mut self, at: Duration, told: &str) {
        // As digits, so that the same moment is the same text on every machine.
        let (seconds, millis) = (at.as_secs(), at.subsec_millis());
        self.lines.push(format!("[{seconds}.{millis:03}, \"o\", {}]", json!(told)));
    }
}

/// As the live screen tells its terminal.
fn told(changes: Vec<(u16, u16, &Cell)>) -> Vec<u8> {
    // A file is no terminal of this user's: what NO_COLOR says of that is not meant.
    force_color_output(true);
    let mut bytes = Vec::new();
    // Writing to memory cannot fail.
    let _ = CrosstermBackend::new(&mut bytes).draw(changes.into_iter());
    bytes
}

/// A terminal obeys what it is told: no cell tells it anything but text.
fn harmless(frame: &Buffer) -> Buffer {
    let mut frame = frame.clone();
    for cell in &mut frame.content {
        if let Cow::Owned(text) = safe(cell.symbol()) {
            cell.set_symbol(&text);
        }
    }
    frame
}
