//! The screen in ASCII: a pass over the finished buffer, for terminals and fonts that have nothing else.

use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr as _;

#[cfg(test)]
mod tests;

/// What is drawn, and what stands for it: of the same width, and for marks that mean different things never the same.
#[rustfmt::skip]
const TABLE: &[(char, char)] = &[
    // Lines and frames; heavy ones are other signs than light ones.
    ('─', '-'), ('│', '|'), ('┌', '+'), ('┐', '+'), ('└', '`'), ('┘', '\''), ('├', '|'), ('┤', '|'), ('┬', '+'),
    ('┴', '+'), ('┼', '+'), ('╭', '.'), ('╮', '.'), ('╰', '`'), ('╯', '\''), ('╌', '-'), ('╎', '|'), ('┄', '-'),
    ('┆', '|'), ('┈', '-'), ('┊', '|'), ('╴', '-'), ('╶', '-'), ('╷', '|'), ('╵', '|'),
    ('━', '='), ('┃', '!'), ('┏', '='), ('┓', '='), ('┗', '='), ('┛', '='), ('┣', '!'), ('┫', '!'), ('┠', '!'),
    ('┨', '!'), ('╸', '='), ('╺', '='), ('╹', '!'), ('╻', '!'),
    ('═', '='), ('║', ':'), ('╔', '='), ('╗', '='), ('╚', ':'), ('╝', '='), ('╠', ':'), ('╣', ':'), ('╞', '='),
    ('╡', '='), ('╪', '='),
    // How much: the more ink, the more.
    ('▁', '_'), ('▂', ','), ('▃', ':'), ('▄', ';'), ('▅', '*'), ('▆', '%'), ('▇', '$'), ('█', '#'),
    ('░', ':'), ('▒', '%'), ('▓', '#'), ('▀', '#'), ('▌', '|'), ('▐', '|'), ('▏', '|'), ('▎', '|'), ('▍', '|'),
    // Severity, by its letter.
    ('◆', 'C'), ('▲', 'H'), ('●', 'M'), ('∘', 'L'), ('○', 'o'),
    // Open and folded.
    ('▾', '-'), ('▸', '+'), ('▿', '-'), ('▹', '+'),
    // Where to.
    ('→', '>'), ('←', '<'), ('◂', '<'), ('↑', '^'), ('↓', 'v'), ('▶', '>'), ('◀', '<'), ('▼', 'v'), ('›', '>'),
    ('‹', '<'), ('↔', '='), ('⇒', '>'),
    // Marks.
    ('✕', 'x'), ('×', 'X'), ('✓', 'y'), ('✗', 'n'), ('✎', '"'), ('⚑', 'F'), ('⌂', '@'), ('↳', '\\'), ('■', 'S'),
    ('⚠', 'W'), ('…', '~'),
    // Logins, by their number.
    ('¹', '1'), ('²', '2'), ('³', '3'), ('⁴', '4'),
    // Signs within words.
    ('·', '.'), ('•', '.'), ('–', '-'), ('—', '-'), ('−', '-'), ('“', '"'), ('”', '"'), ('‘', '\''), ('’', '\''),
    ('µ', 'u'), ('≥', '>'), ('≤', '<'), ('≈', '~'), ('\u{a0}', ' '),
];

/// What stands for everything else, in each of its cells.
const OTHER: &str = "?";

/// Leaves nothing on the screen but ASCII.
pub fn ascii(buffer: &mut Buffer) {
    let mut letter = [0; 4];
    for row in buffer.content.chunks_mut(usize::from(buffer.area.width).max(1)) {
        // Cells that the symbol before them takes too: the terminal shows nothing of what they hold.
        let mut covered = 0;
        for cell in row {
            let width = cell.symbol().width();
            if covered > 0 {
                covered -= 1;
                cell.set_symbol(OTHER);
            } else if !cell.symbol().is_ascii() {
                covered = width.saturating_sub(1);
                match stands_for(cell.symbol()) {
                    Some(sign) => cell.set_symbol(sign.encode_utf8(&mut letter)),
                    None => cell.set_symbol(OTHER),
                };
            }
        }
    }
}

fn stands_for(symbol: &str) -> Option<char> {
    let mut chars = symbol.chars();
    let (Some(only), None) = (chars.next(), chars.next()) else { return None };
    TABLE.iter().find(|(drawn, _)| *drawn == only).map(|(_, sign)| *sign)
}
