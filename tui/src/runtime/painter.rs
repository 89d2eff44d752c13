//! Puts frames on the terminal: each as one update, so that none is ever seen half, and none where nothing changed.

use std::io::{self, Write};

use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// What writes to a terminal. Terminals that know synchronized updates (DEC private mode 2026) show what stands between
/// their begin and end at once; others take no notice of them.
pub(super) struct Painter<W: Write> {
    inner: CrosstermBackend<W>,
    /// True between the begin of an update and its end.
    open: bool,
}

impl<W: Write> Painter<W> {
    pub(super) fn new(writer: W) -> Painter<W> {
        Painter { inner: CrosstermBackend::new(writer), open: false }
    }

    fn begin(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.open, true) { Ok(()) } else { queue!(self.inner, BeginSynchronizedUpdate) }
    }
}

impl<W: Write> Write for Painter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.inner)
    }
}

impl<W: Write> Backend for Painter<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut cells = content.peekable();
        if cells.peek().is_some() {
            self.begin()?;
            self.inner.draw(cells)?;
        }
        if std::mem::take(&mut self.open) { queue!(self.inner, EndSynchronizedUpdate) } else { Ok(()) }
    }

    /// It was hidden when the terminal was taken, and nothing shows it: not to be said again with each frame.
    fn hide_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Each frame says where it writes. A terminal that is asked answers among the keys, or not at all.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, _: P) -> io::Result<()> {
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    /// What is cleared is seen together with the frame that comes in its place.
    fn clear_region(&mut self, what: ClearType) -> io::Result<()> {
        self.begin()?;
        self.inner.clear_region(what)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::cell::RefCell;
    use std::rc::Rc;

    use ratatui::layout::Rect;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    use super::*;

    #[derive(Clone, Default)]
    struct Line(Rc<RefCell<Vec<u8>>>);

    impl Write for Line {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_is_one_update_and_one_that_changes_nothing_is_no_byte() {
        let line = Line::default();
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, 20, 2)) };
        let mut terminal = Terminal::with_options(Painter::new(line.clone()), options).unwrap();
        let mut draw = |text: &'static str| {
            line.0.borrow_mut().clear();
            terminal.draw(|frame| frame.render_widget(text, frame.area())).unwrap();
            String::from_utf8(line.0.borrow().clone()).unwrap()
        };
        let first = draw("calm");
        assert!(first.starts_with("\u{1b}[?2026h") && first.ends_with("\u{1b}[?2026l"), "{first:?}");
        assert!(first.contains("calm"));
        assert_eq!(draw("calm"), "");
        let next = draw("calmer");
        assert!(next.contains("er") && !next.contains("calm"), "only what changed: {next:?}");
        assert!(!next.contains("[2J") && !next.contains("[J"), "nothing is cleared between frames");
    }

    #[test]
    fn what_is_cleared_is_seen_with_the_frame_that_follows() {
        let line = Line::default();
        let mut painter = Painter::new(line.clone());
        painter.clear().unwrap();
        painter.draw(std::iter::empty()).unwrap();
        painter.draw(std::iter::empty()).unwrap();
        let said = String::from_utf8(line.0.borrow().clone()).unwrap();
        assert_eq!(said, "\u{1b}[?2026h\u{1b}[2J\u{1b}[?2026l");
    }
}
