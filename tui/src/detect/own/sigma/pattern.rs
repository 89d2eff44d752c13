//! What values are held against: texts with wildcards, regular expressions, networks, numbers.

use std::net::IpAddr;

use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};

use super::seen::{Value, lowered};
use crate::model::filter::within;

/// Bytes that a compiled regular expression may take.
const REGEX: usize = 1 << 20;
/// Shortest text that is worth looking for ahead.
const SHORTEST: usize = 3;

/// What a value is held against.
#[derive(Debug)]
pub(super) enum Pattern {
    /// A text, compared whatever the case unless it is `cased`.
    Text {
        shape: Shape,
        cased: bool,
    },
    Regex(Regex),
    Network(IpAddr, u8),
    /// A number, and how a value compares with it.
    Order(Order, f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    LessOrSame,
    More,
    MoreOrSame,
}

/// A text with wildcards, as what it comes down to.
#[derive(Debug)]
pub(super) enum Shape {
    Whole(String),
    Start(String),
    End(String),
    Inside(Box<Finder<'static>>),
    Mixed(Vec<Piece>),
}

/// A piece of a text with wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// `*`.
    Any,
    /// `?`.
    One,
}

/// Takes a text apart; a backslash takes the meaning of `*`, `?` and itself.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let (mut pieces, mut plain) = (Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let wild = match c {
            '*' => Piece::Any,
            '?' => Piece::One,
            '\\' => {
                plain.push(chars.next_if(|next| matches!(next, '*' | '?' | '\\')).unwrap_or('\\'));
                continue;
            }
            c => {
                plain.push(c);
                continue;
            }
        };
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(wild);
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    pieces
}

impl Pattern {
    pub(super) fn text(mut pieces: Vec<Piece>, cased: bool) -> Pattern {
        if !cased {
            for piece in &mut pieces {
                if let Piece::Text(text) = piece {
                    *text = lowered(text);
                }
            }
        }
        pieces.dedup_by(|next, before| *next == Piece::Any && *before == Piece::Any);
        let shape = match pieces.as_slice() {
            [] => Shape::Whole(String::new()),
            [Piece::Text(text)] => Shape::Whole(text.clone()),
            [Piece::Text(text), Piece::Any] => Shape::Start(text.clone()),
            [Piece::Any, Piece::Text(text)] => Shape::End(text.clone()),
            [Piece::Any, Piece::Text(text), Piece::Any] => Shape::Inside(Box::new(Finder::new(text).into_owned())),
            _ => Shape::Mixed(pieces),
        };
        Pattern::Text { shape, cased }
    }

    /// # Errors
    /// Why it is none, or none that can be had without going back and forth in the text.
    pub(super) fn regex(text: &str, flags: &[char]) -> Result<Pattern, String> {
        let mut builder = RegexBuilder::new(text);
        builder.size_limit(REGEX).dfa_size_limit(REGEX);
        builder.case_insensitive(flags.contains(&'i'));
        builder.multi_line(flags.contains(&'m')).dot_matches_new_line(flags.contains(&'s'));
        builder.build().map(Pattern::Regex).map_err(|error| {
            let why = error.to_string();
            why.lines().next_back().unwrap_or_default().trim_start_matches("error: ").to_owned()
        })
    }

    /// Whether a value fulfils it.
    pub(super) fn holds(&self, value: &Value) -> bool {
        match self {
            Pattern::Text { shape, cased: true } => shape.holds(&value.plain),
            Pattern::Text { shape, cased: false } => shape.holds(value.lower()),
            Pattern::Regex(regex) => regex.is_match(&value.plain),
            Pattern::Network(network, bits) => {
                value.plain.parse().is_ok_and(|address| within(address, *network, *bits))
            }
            Pattern::Order(order, wanted) => value.plain.parse().is_ok_and(|value: f64| match order {
                Order::Less => value < *wanted,
                Order::LessOrSame => value <= *wanted,
                Order::More => value > *wanted,
                Order::MoreOrSame => value >= *wanted,
            }),
        }
    }

    /// The longest text that every value has, in lower case, which fulfils it; `None` where it is short, or where there
    /// is none.
    pub(super) fn needs(&self) -> Option<String> {
        let Pattern::Text { shape, .. } = self else { return None };
        let text = match shape {
            Shape::Whole(text) | Shape::Start(text) | Shape::End(text) => text.clone(),
            Shape::Inside(finder) => String::from_utf8_lossy(finder.needle()).into_owned(),
            Shape::Mixed(pieces) => {
                let texts = pieces.iter().filter_map(|piece| match piece {
                    Piece::Text(text) => Some(text),
                    Piece::Any | Piece::One => None,
                });
                texts.max_by_key(|text| text.len())?.clone()
            }
        };
        Some(lowered(&text)).filter(|text| text.len() >= SHORTEST)
    }
}

impl Shape {
    fn holds(&self, text: &str) -> bool {
        match self {
            Shape::Whole(wanted) => text == wanted,
            Shape::Start(wanted) => text.starts_with(wanted.as_str()),
            Shape::End(wanted) => text.ends_with(wanted.as_str()),
            Shape::Inside(finder) => finder.find(text.as_bytes()).is_some(),
            Shape::Mixed(pieces) => mixed(pieces, text),
        }
    }
}

/// Whether a text is what the pieces say. The last `*` is gone back to and no other, so that it takes no longer than the
/// text times the pieces.
fn mixed(pieces: &[Piece], text: &str) -> bool {
    let (mut at, mut rest) = (0, text);
    let mut star: Option<(usize, &str)> = None;
    loop {
        let next = match pieces.get(at) {
            Some(Piece::Any) => {
                star = Some((at + 1, rest));
                at += 1;
                continue;
            }
            Some(Piece::Text(wanted)) => rest.strip_prefix(wanted.as_str()),
            Some(Piece::One) => rest.chars().next().map(|c| &rest[c.len_utf8()..]),
            None if rest.is_empty() => return true,
            None => None,
        };
        if let Some(next) = next {
            (at, rest) = (at + 1, next);
            continue;
        }
        let Some((after, from)) = star else { return false };
        let Some(c) = from.chars().next() else { return false };
        let from = &from[c.len_utf8()..];
        (at, rest, star) = (after, from, Some((after, from)));
    }
}
