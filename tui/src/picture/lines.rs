//! Lines and blocks as shapes: drawn as text, they would have gaps between the rows wherever a font is less high than a
//! row.

use std::fmt::Write as _;

/// Width and height of a cell, in units of the picture.
pub(super) const CELL: (usize, usize) = (9, 18);
const WIDTH: f32 = 9.0;
const HEIGHT: f32 = 18.0;

/// Light arms of a line that go up, right, down and left, or heavy ones; `None` where it is no line.
#[rustfmt::skip]
fn arms(c: char) -> Option<[u8; 4]> {
    Some(match c {
        '─' => [0, 1, 0, 1], '━' => [0, 2, 0, 2], '│' => [1, 0, 1, 0], '┃' => [2, 0, 2, 0],
        '┌' => [0, 1, 1, 0], '┐' => [0, 0, 1, 1], '└' => [1, 1, 0, 0], '┘' => [1, 0, 0, 1],
        '┏' => [0, 2, 2, 0], '┓' => [0, 0, 2, 2], '┗' => [2, 2, 0, 0], '┛' => [2, 0, 0, 2],
        '├' => [1, 1, 1, 0], '┤' => [1, 0, 1, 1], '┬' => [0, 1, 1, 1], '┴' => [1, 1, 0, 1],
        '┣' => [2, 2, 2, 0], '┫' => [2, 0, 2, 2], '┳' => [0, 2, 2, 2], '┻' => [2, 2, 0, 2],
        '┼' => [1, 1, 1, 1], '╋' => [2, 2, 2, 2],
        '╵' => [1, 0, 0, 0], '╶' => [0, 1, 0, 0], '╷' => [0, 0, 1, 0], '╴' => [0, 0, 0, 1],
        '╹' => [2, 0, 0, 0], '╺' => [0, 2, 0, 0], '╻' => [0, 0, 2, 0], '╸' => [0, 0, 0, 2],
        _ => return None,
    })
}

/// The part of a cell that a block fills: left, top, width and height in eighths.
fn block(c: char) -> Option<[u32; 4]> {
    let number = u32::from(c);
    Some(match c {
        '▀' => [0, 0, 8, 4],
        '▁'..='█' => [0, 8 - (number - 0x2580), 8, number - 0x2580],
        '▉'..='▏' => [0, 0, 8 - (number - 0x2588), 8],
        '▐' => [4, 0, 4, 8],
        '▔' => [0, 0, 8, 1],
        '▕' => [7, 0, 1, 8],
        '■' => [1, 3, 6, 3],
        _ => return None,
    })
}

/// Adds what `text` looks like to a path that is filled; false where it is neither line nor block.
pub(super) fn draw(path: &mut String, text: &str, column: usize, row: usize) -> bool {
    let mut chars = text.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else { return false };
    let (x, y) = ((column * CELL.0) as f32, (row * CELL.1) as f32);
    if let Some([left, top, width, height]) = block(c) {
        let part = |eighths: u32, of: f32| eighths as f32 * of / 8.0;
        rect(path, x + part(left, WIDTH), y + part(top, HEIGHT), part(width, WIDTH), part(height, HEIGHT));
        return true;
    }
    if let Some(corner) = ['╭', '╮', '╯', '╰'].iter().position(|corner| *corner == c) {
        round(path, x, y, corner);
        return true;
    }
    let (mid_x, mid_y) = (x + 4.0, y + 8.0);
    if double(path, c, (x, mid_x, x + WIDTH), (y, mid_y, y + HEIGHT)) {
        return true;
    }
    let Some([up, right, down, left]) = arms(c) else { return false };
    // Width of a stroke, and how far it reaches to the left of, or above, the middle.
    let stroke = |weight: u8| if weight > 1 { (2.0, 1.0) } else { (1.0, 0.0) };
    let (upright, flat) = (stroke(up.max(down)), stroke(right.max(left)));
    if up > 0 || down > 0 {
        let from = if up > 0 { y } else { mid_y - flat.1 };
        let to = if down > 0 { y + HEIGHT } else { mid_y + 1.0 };
        rect(path, mid_x - upright.1, from, upright.0, to - from);
    }
    if right > 0 || left > 0 {
        let from = if left > 0 { x } else { mid_x - upright.1 };
        let to = if right > 0 { x + WIDTH } else { mid_x + 1.0 };
        rect(path, from, mid_y - flat.1, to - from, flat.0);
    }
    true
}

/// Double lines and their corners: each side of the cell and its middle, across and down.
fn double(path: &mut String, c: char, across: (f32, f32, f32), down: (f32, f32, f32)) -> bool {
    let ((left, mid_x, right), (top, mid_y, bottom)) = (across, down);
    let corner = match c {
        '═' => {
            rect(path, left, mid_y - 1.0, right - left, 1.0);
            rect(path, left, mid_y + 1.0, right - left, 1.0);
            return true;
        }
        '║' => {
            rect(path, mid_x - 1.0, top, 1.0, bottom - top);
            rect(path, mid_x + 1.0, top, 1.0, bottom - top);
            return true;
        }
        '╔' => (right, bottom),
        '╗' => (left, bottom),
        '╚' => (right, top),
        '╝' => (left, top),
        _ => return false,
    };
    // The outer line turns on the far side of the middle, the inner one on the near side.
    for side in [-1.0, 1.0] {
        let x = mid_x + if corner.0 > mid_x { side } else { -side };
        let y = mid_y + if corner.1 > mid_y { side } else { -side };
        let (from, to) = if corner.0 > mid_x { (x, right) } else { (left, x + 1.0) };
        rect(path, from, y, to - from, 1.0);
        let (from, to) = if corner.1 > mid_y { (y, bottom) } else { (top, y + 1.0) };
        rect(path, x, from, 1.0, to - from);
    }
    true
}

/// Writing to a String cannot fail.
fn rect(path: &mut String, x: f32, y: f32, width: f32, height: f32) {
    let _ = write!(path, "M{x} {y}h{width}v{height}h-{width}z");
}

/// A quarter of a turn, from the middle of one side to that of another: the space between two curves.
fn round(path: &mut String, x: f32, y: f32, corner: usize) {
    let (left, right, top, bottom) = (x, x + WIDTH, y, y + HEIGHT);
    let (x0, x1, y0, y1) = (x + 4.0, x + 5.0, y + 8.0, y + 9.0);
    let _ = match corner {
        0 => write!(path, "M{x0} {bottom}V{y1}Q{x0} {y0} {x1} {y0}H{right}V{y1}Q{x1} {y1} {x1} {}V{bottom}z", y1 + 1.0),
        1 => write!(path, "M{x1} {bottom}V{y1}Q{x1} {y0} {x0} {y0}H{left}V{y1}Q{x0} {y1} {x0} {}V{bottom}z", y1 + 1.0),
        2 => write!(path, "M{x1} {top}V{y0}Q{x1} {y1} {x0} {y1}H{left}V{y0}Q{x0} {y0} {x0} {}V{top}z", y0 - 1.0),
        _ => write!(path, "M{x0} {top}V{y0}Q{x0} {y1} {x1} {y1}H{right}V{y0}Q{x1} {y0} {x1} {}V{top}z", y0 - 1.0),
    };
}
