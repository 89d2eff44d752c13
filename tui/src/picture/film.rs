//! Frames one after the other as a picture that moves: an SVG with an animation, and still no script.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use ratatui::buffer::Buffer;

use super::colour::Paper;
use super::svg::{Drawing, page};

/// Shorter than this nobody sees a frame: it is left out where another one follows.
const SHORTEST: Duration = Duration::from_millis(400);

/// The last is there at least this long.
const LAST: Duration = Duration::from_secs(1);

/// A film that is being made.
#[derive(Debug)]
pub struct Film {
    paper: Paper,
    title: String,
    size: (usize, usize),
    frames: Vec<(Duration, Buffer)>,
}

impl Film {
    /// Begins one for frames as large as `frame`.
    pub fn new(frame: &Buffer, paper: Paper, title: &str) -> Film {
        let size = (frame.area.width.into(), frame.area.height.into());
        Film { paper, title: title.to_owned(), size, frames: Vec::new() }
    }

    /// Shows `frame` after `at`.
    pub fn show(&mut self, at: Duration, frame: &Buffer) {
        match self.frames.last_mut() {
            Some((_, last)) if last == frame => {}
            Some((since, last)) if at.saturating_sub(*since) < SHORTEST => last.clone_from(frame),
            _ => self.frames.push((at, frame.clone())),
        }
    }

    /// The file, whose last frame stays until `end`; then it begins anew. Whoever wants nothing to move sees the last.
    pub fn finish(self, end: Duration) -> String {
        let end = self.frames.last().map_or(end, |(last, _)| end.max(*last + LAST));
        let mut drawing = Drawing::default();
        // What is the same on a line in many frames is there once, with the times at which it is seen.
        let mut seen: BTreeMap<(usize, String), Vec<(Duration, Duration)>> = BTreeMap::new();
        let ends = self.frames.iter().skip(1).map(|(at, _)| *at).chain([end]);
        for ((from, frame), to) in self.frames.iter().zip(ends) {
            for row in 0..self.size.1 {
                drawing.line(frame, row, self.paper);
                let times = seen.entry((row, drawing.take())).or_default();
                match times.last_mut() {
                    Some((_, until)) if *until == *from => *until = to,
                    _ => times.push((*from, to)),
                }
            }
        }
        let (mut rules, mut body) = (drawing.rules(), String::new());
        let seconds = end.as_secs_f64();
        // Writing to a String cannot fail.
        let _ = writeln!(
            rules,
            "g[style]{{visibility:hidden;animation:{seconds}s step-end infinite}}g.z{{visibility:visible}}\
             \n@media(prefers-reduced-motion){{g[style]{{animation:none}}}}"
        );
        let mut moves: BTreeMap<String, usize> = BTreeMap::new();
        for ((_, line), times) in seen.iter().filter(|((_, line), _)| !line.is_empty()) {
            if times[..] == [(Duration::ZERO, end)] {
                body.push_str(line);
                continue;
            }
            let next = moves.len();
            let number = *moves.entry(keyframes(times, end)).or_insert(next);
            let last = if times.last().is_some_and(|(_, until)| *until == end) { " class=\"z\"" } else { "" };
            let _ = write!(body, "<g{last} style=\"animation-name:k{number}\">\n{line}</g>\n");
        }
        for (frames, number) in &moves {
            let _ = writeln!(rules, "@keyframes k{number}{{{frames}}}");
        }
        page(self.size, self.paper, &self.title, &rules, &body)
    }
}

/// When something is seen, in hundredths of the whole.
fn keyframes(times: &[(Duration, Duration)], end: Duration) -> String {
    let mut frames = String::new();
    let part = |at: Duration| at.as_millis() * 100_000 / end.as_millis().max(1);
    let mut at = |time: Duration, seen: &str| {
        let part = part(time);
        let _ = write!(frames, "{}.{:03}%{{visibility:{seen}}}", part / 1_000, part % 1_000);
    };
    if times.first().is_none_or(|(from, _)| *from > Duration::ZERO) {
        at(Duration::ZERO, "hidden");
    }
    for (from, to) in times {
        at(*from, "visible");
        if *to < end {
            at(*to, "hidden");
        }
    }
    frames
}
