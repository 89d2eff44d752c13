//! What a terminal shows after the bytes that it got: enough of one for what the screen sends.

use unicode_width::UnicodeWidthChar as _;

/// Rows of cells; whatever is not ASCII is a `?`.
pub struct Grid {
    rows: Vec<Vec<u8>>,
    /// Which cells have another background than the screen.
    washed: Vec<Vec<bool>>,
    wash: bool,
    at: (usize, usize),
    /// Bytes of a sequence or a character that is not over yet.
    open: Vec<u8>,
    /// True once the alternate screen was entered.
    pub alternate: bool,
}

impl Grid {
    pub fn new(width: usize, height: usize) -> Grid {
        let washed = vec![vec![false; width]; height];
        Grid {
            rows: vec![vec![b' '; width]; height],
            washed,
            wash: false,
            at: (0, 0),
            open: Vec::new(),
            alternate: false,
        }
    }

    /// The rows from top to bottom.
    pub fn rows(&self) -> &[Vec<u8>] {
        &self.rows
    }

    /// The rows of which the cells from `from` on, up to `to`, all have another background.
    pub fn washed(&self, from: usize, to: usize) -> Vec<usize> {
        let whole = |row: &&(usize, &Vec<bool>)| row.1.get(from..to).is_some_and(|cells| cells.iter().all(|it| *it));
        self.washed.iter().enumerate().filter(|row| whole(&row)).map(|(at, _)| at).collect()
    }

    /// True when `text` stands somewhere.
    pub fn shows(&self, text: &str) -> bool {
        self.rows.iter().any(|row| row.windows(text.len()).any(|cells| cells == text.as_bytes()))
    }

    /// Takes in what was written.
    pub fn feed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.open.push(byte);
            match self.open[..] {
                [0x1b] | [0x1b, b'['] => {}
                [0x1b, b'[', .., last] if (0x40..=0x7e).contains(&last) => self.sequence(),
                [0x1b, b'[', ..] => {}
                // Other escapes of the screen are two bytes long.
                [0x1b, ..] => self.open.clear(),
                [0..0x20] => self.control(byte),
                _ => self.text(),
            }
        }
    }

    fn control(&mut self, byte: u8) {
        self.open.clear();
        match byte {
            b'\r' => self.at.1 = 0,
            b'\n' => self.at.0 += 1,
            _ => {}
        }
    }

    fn text(&mut self) {
        // A character that is cut by the end of what was read goes on with the next byte.
        let Ok(text) = std::str::from_utf8(&self.open) else { return };
        let c = text.chars().next().unwrap_or(' ');
        self.open.clear();
        let cell = if c.is_ascii() { c as u8 } else { b'?' };
        for _ in 0..c.width().unwrap_or(0) {
            if let Some(place) = self.rows.get_mut(self.at.0).and_then(|row| row.get_mut(self.at.1)) {
                *place = cell;
            }
            if let Some(place) = self.washed.get_mut(self.at.0).and_then(|row| row.get_mut(self.at.1)) {
                *place = self.wash;
            }
            self.at.1 += 1;
        }
    }

    fn style(&mut self, inner: &str) {
        let mut numbers = inner.split(';').map(|number| number.parse::<u16>().unwrap_or(0));
        while let Some(number) = numbers.next() {
            match number {
                0 | 27 | 49 => self.wash = false,
                7 | 40..48 | 100..108 => self.wash = true,
                38 | 48 => {
                    self.wash |= number == 48;
                    let more = if numbers.next() == Some(2) { 3 } else { 1 };
                    numbers.by_ref().take(more).for_each(drop);
                }
                _ => {}
            }
        }
    }

    fn sequence(&mut self) {
        let open = std::mem::take(&mut self.open);
        let (last, inner) = (open[open.len() - 1], String::from_utf8_lossy(&open[2..open.len() - 1]));
        let mut numbers = inner.split(';').map(|number| number.parse::<usize>().unwrap_or(0));
        let first = numbers.next().unwrap_or(0);
        match (last, &*inner) {
            (b'h', "?1049") => self.alternate = true,
            (b'H', _) => self.at = (first.max(1) - 1, numbers.next().unwrap_or(1).max(1) - 1),
            (b'J', _) => {
                self.rows.iter_mut().for_each(|row| row.fill(b' '));
                self.washed.iter_mut().for_each(|row| row.fill(false));
            }
            (b'm', _) => self.style(&inner),
            (b'A', _) => self.at.0 = self.at.0.saturating_sub(first.max(1)),
            (b'B', _) => self.at.0 += first.max(1),
            (b'C', _) => self.at.1 += first.max(1),
            (b'D', _) => self.at.1 = self.at.1.saturating_sub(first.max(1)),
            _ => {}
        }
    }
}
