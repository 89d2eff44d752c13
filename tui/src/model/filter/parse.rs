//! From text to an expression. Every error knows its column.

use std::net::IpAddr;

use regex::bytes::{Regex, RegexBuilder};

use super::fields::{Field, SEVERITIES, Type};
use super::moment::{self, Anchor};
use super::token::{Token, What, tokens};
use super::{Compare, Expr, FilterError, Op, Value};

/// Longest text.
const LONGEST: usize = 4_096;
/// Deepest nesting.
const DEEPEST: usize = 64;
/// Bytes that a compiled regular expression may take.
const REGEX: usize = 1 << 20;

/// Reads an expression; `None` for an empty text.
pub(super) fn expression(text: &str, anchor: Anchor) -> Result<Option<Expr>, FilterError> {
    if text.chars().count() > LONGEST {
        return Err(FilterError::new(LONGEST, 1, format!("longer than {LONGEST} characters")));
    }
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser { tokens, at: 0, depth: 0, end: text.chars().count() + 1, anchor };
    let expr = parser.either()?;
    match parser.tokens.get(parser.at) {
        None => Ok(Some(expr)),
        Some(token) => Err(parser.here(token, "there is no parenthesis for this one to close")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// The column after the last.
    end: usize,
    anchor: Anchor,
}

impl Parser {
    fn here(&self, token: &Token, message: impl Into<String>) -> FilterError {
        FilterError::new(token.at, token.width, message)
    }

    /// An error at the next token, or at the end.
    fn expected(&self, what: &str) -> FilterError {
        match self.tokens.get(self.at) {
            Some(token) => self.here(token, format!("{what} is expected here")),
            None => FilterError::new(self.end, 1, format!("{what} is expected after this")),
        }
    }

    fn peek(&self) -> Option<&What> {
        self.tokens.get(self.at).map(|token| &token.what)
    }

    fn take(&mut self, what: &What) -> bool {
        let there = self.peek() == Some(what);
        self.at += usize::from(there);
        there
    }

    fn either(&mut self) -> Result<Expr, FilterError> {
        let mut all = vec![self.both()?];
        while self.take(&What::Or) {
            all.push(self.both()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::Or(all) })
    }

    fn both(&mut self) -> Result<Expr, FilterError> {
        let mut all = vec![self.term()?];
        loop {
            let more = match self.peek() {
                Some(What::And) => self.take(&What::And),
                Some(What::Word(_) | What::Quoted(_) | What::Open | What::Not) => true,
                _ => false,
            };
            if !more {
                return Ok(if all.len() == 1 { all.remove(0) } else { Expr::And(all) });
            }
            all.push(self.term()?);
        }
    }

    fn term(&mut self) -> Result<Expr, FilterError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.expected(&format!("something less nested (at most {DEEPEST} levels)")));
        }
        let term = self.one();
        self.depth -= 1;
        term
    }

    fn one(&mut self) -> Result<Expr, FilterError> {
        let Some(token) = self.tokens.get(self.at).cloned() else { return Err(self.expected("a condition")) };
        match token.what.clone() {
            What::Not => {
                self.at += 1;
                Ok(Expr::Not(Box::new(self.term()?)))
            }
            What::Open => {
                self.at += 1;
                let inner = self.either()?;
                if self.take(&What::Close) { Ok(inner) } else { Err(self.unclosed(&token)) }
            }
            What::Quoted(text) => {
                self.at += 1;
                Ok(Expr::text(text))
            }
            What::Word(word) => {
                self.at += 1;
                self.word(&token, word)
            }
            _ => Err(self.expected("a condition")),
        }
    }

    fn unclosed(&self, open: &Token) -> FilterError {
        self.here(open, "this parenthesis is never closed")
    }

    fn word(&mut self, token: &Token, word: String) -> Result<Expr, FilterError> {
        let compared = matches!(self.peek(), Some(What::Op(_)));
        let listed = matches!(self.peek(), Some(What::Word(word)) if word == "in");
        if word == "under" && !compared {
            return Ok(Expr::Under(Box::new(self.relation(Field::Pid)?)));
        }
        if word == "within" && !compared {
            return Ok(Expr::Within(Box::new(self.relation(Field::Container)?)));
        }
        let field = Field::of(&word);
        let names_field = compared || (listed && field.is_some());
        if !names_field {
            return Ok(Expr::text(word));
        }
        let Some(field) = field else {
            let hint = Field::nearest(&word).map(|near| format!("did you mean `{near}`?"));
            let hint = hint.or_else(|| Some("docs/FILTER.md lists the fields; in quotes it is searched for".into()));
            return Err(FilterError { hint, ..self.here(token, format!("there is no field `{word}`")) });
        };
        if listed {
            self.at += 1;
            return self.list(field);
        }
        let Some(What::Op(op)) = self.peek().cloned() else { return Err(self.expected("an operator")) };
        let op_token = self.tokens[self.at].clone();
        self.at += 1;
        let (value, token) = self.value()?;
        self.compare(field, op, &op_token, &value, &token)
    }

    /// What follows `under` and `within`: a value, a comparison, or a condition in parentheses.
    fn relation(&mut self, field: Field) -> Result<Expr, FilterError> {
        let next = self.tokens.get(self.at + 1).map(|token| &token.what);
        match self.peek() {
            Some(What::Open) => return self.term(),
            Some(What::Word(word)) if Field::of(word).is_some() => match next {
                Some(What::Op(_)) => return self.term(),
                Some(What::Word(list)) if list == "in" => return self.term(),
                // `within container web` reads well and says the same.
                Some(What::Word(_) | What::Quoted(_)) if word == field.name() => self.at += 1,
                _ => {}
            },
            _ => {}
        }
        let (value, token) = self.value()?;
        let value = match value.strip_prefix('=') {
            Some(rest) => rest.to_owned(),
            None => value,
        };
        if field == Field::Pid && !value.starts_with(|c: char| c.is_ascii_digit()) {
            // `under nginx`: below whatever it occurs in.
            return Ok(Expr::text(value));
        }
        self.compare(field, Op::Eq, &token, &value, &token)
    }

    /// The text of a value.
    fn value(&mut self) -> Result<(String, Token), FilterError> {
        match self.tokens.get(self.at).cloned() {
            Some(token) => match &token.what {
                What::Word(text) | What::Quoted(text) => {
                    self.at += 1;
                    let mut text = text.clone();
                    let mut token = token.clone();
                    // A date and a time of day: `2026-11-23 12:00`.
                    if moment::is_date(&text)
                        && let Some(Token { what: What::Word(clock), at, width }) = self.tokens.get(self.at).cloned()
                        && moment::is_clock(&clock)
                    {
                        text = format!("{text}T{clock}");
                        token.width = at + width - token.at;
                        self.at += 1;
                    }
                    Ok((text, token))
                }
                _ => Err(self.expected("a value")),
            },
            None => Err(self.expected("a value")),
        }
    }

    fn list(&mut self, field: Field) -> Result<Expr, FilterError> {
        let Some(open) = self.tokens.get(self.at).cloned().filter(|token| token.what == What::Open) else {
            return Err(self.expected("a list like (1, 2)"));
        };
        self.at += 1;
        let mut all = Vec::new();
        loop {
            let (value, token) = self.value()?;
            all.push(self.compare(field, Op::Eq, &token, &value, &token)?);
            if self.take(&What::Close) {
                return Ok(Expr::Or(all));
            }
            if !self.take(&What::Comma) {
                return Err(if self.at < self.tokens.len() {
                    self.expected("a comma or `)`")
                } else {
                    self.unclosed(&open)
                });
            }
        }
    }

    fn compare(&self, field: Field, op: Op, op_at: &Token, text: &str, at: &Token) -> Result<Expr, FilterError> {
        let value = if matches!(op, Op::Match | Op::NoMatch) {
            Value::Regex(regex(text).map_err(|why| self.here(at, why))?)
        } else {
            self.typed(field, text, at)?
        };
        let ordered = matches!(field.kind(), Type::Number | Type::Time | Type::Severity);
        if matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge) {
            if !ordered {
                let message = format!("`{}` has no order: it can be compared with =, !=, ~ and !~", field.name());
                return Err(self.here(op_at, message));
            }
            if matches!(value, Value::Numbers(from, to) if from != to) && field.kind() != Type::Time {
                return Err(self.here(at, "a range can only be compared with = and !="));
            }
        }
        let positive = match op {
            Op::Ne => Some(Op::Eq),
            Op::NoMatch => Some(Op::Match),
            _ => None,
        };
        let is = Expr::Is(Compare { field, op: positive.unwrap_or(op), value });
        Ok(if positive.is_some() { Expr::Not(Box::new(is)) } else { is })
    }

    fn typed(&self, field: Field, text: &str, at: &Token) -> Result<Value, FilterError> {
        let wrong =
            |wanted: &str| self.here(at, format!("`{text}` is no {wanted}, which `{}` is compared with", field.name()));
        match field.kind() {
            Type::Text => Ok(Value::Text(text.to_owned())),
            Type::Number => {
                let (from, to) = text.split_once("..").unwrap_or((text, text));
                match (from.parse(), to.parse()) {
                    (Ok(from), Ok(to)) if from <= to => Ok(Value::Numbers(from, to)),
                    (Ok(_), Ok(_)) => Err(self.here(at, "nothing is in this range: it ends before it begins")),
                    _ => Err(wrong("number, and no range like 1..10")),
                }
            }
            Type::Time => {
                let (from, to) = text.split_once("..").unwrap_or((text, text));
                let read = |text: &str| moment::read(text, self.anchor);
                match (read(from), read(to)) {
                    (Some((from, _)), Some((_, to))) if from <= to => Ok(Value::Numbers(from, to)),
                    (Some(_), Some(_)) => Err(self.here(at, "nothing is in this range: it ends before it begins")),
                    _ => Err(wrong("moment like 12:03, 2026-11-23T12:03:04Z or -5m")),
                }
            }
            Type::Address => network(text)
                .map(|(address, bits)| Value::Network(address, bits))
                .ok_or_else(|| wrong("address or network")),
            Type::Flag => match text {
                "yes" | "true" | "1" => Ok(Value::Flag(true)),
                "no" | "false" | "0" => Ok(Value::Flag(false)),
                _ => Err(wrong("`yes` or `no`")),
            },
            Type::Word(words) => match words.iter().find(|word| **word == text) {
                Some(word) => Ok(Value::Text((*word).to_owned())),
                None => Err(wrong(&format!("word of {}", words.join(", ")))),
            },
            Type::Severity => match SEVERITIES.iter().position(|word| *word == text) {
                Some(place) => Ok(Value::Numbers(place as u64, place as u64)),
                None => Err(wrong(&format!("severity ({})", SEVERITIES.join(", ")))),
            },
        }
    }
}

fn regex(text: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(text).size_limit(REGEX).dfa_size_limit(REGEX).build();
    built.map_err(|error| {
        let why = error.to_string();
        let last = why.lines().next_back().unwrap_or_default();
        format!("this is no regular expression: {}", last.trim_start_matches("error: "))
    })
}

/// An address, or a network with the number of its bits.
fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/').unwrap_or((text, ""));
    let address: IpAddr = address.parse().ok()?;
    let all = if address.is_ipv4() { 32 } else { 128 };
    let bits = if bits.is_empty() && !text.contains('/') { all } else { bits.parse().ok()? };
    (bits <= all).then_some((address, bits))
}
