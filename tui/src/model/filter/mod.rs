//! The filter language: what search, filters, hunts and exceptions ask for. docs/FILTER.md has its words.

mod complete;
mod eval;
mod fields;
pub(crate) mod fuzz;
mod judge;
mod moment;
mod parse;
#[cfg(test)]
mod tests;
mod token;
mod told;

use std::fmt;
use std::net::IpAddr;

use regex::bytes::Regex;

pub use complete::{Completion, complete, unfinished};
pub use eval::{FindingView, glob, within};
pub use fields::{About, Field, SEVERITIES, Type};
pub use judge::Judge;
pub use moment::{Anchor, span};
pub use told::told;

/// A condition that processes, events and findings fulfil or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    expr: Expr,
    text: String,
}

/// What a filter is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// All of these.
    And(Vec<Expr>),
    /// One of these.
    Or(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// A text that occurs somewhere.
    Text(Needle),
    /// A field compared with a value.
    Is(Compare),
    /// The process or one of its ancestors fulfils this.
    Under(Box<Expr>),
    /// A process of the same group fulfils this, or what this says of containers holds.
    Within(Box<Expr>),
}

/// A text that is looked for whatever its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    /// As it was written.
    pub text: String,
    /// In lower case.
    pub(super) lower: String,
}

/// A field compared with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compare {
    /// The field.
    pub field: Field,
    /// How: never [`Op::Ne`] or [`Op::NoMatch`], which are an [`Expr::Not`] around the opposite.
    pub op: Op,
    /// The value.
    pub value: Value,
}

/// How things are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `=`.
    Eq,
    /// `!=`.
    Ne,
    /// `~`.
    Match,
    /// `!~`.
    NoMatch,
    /// `<`.
    Lt,
    /// `<=`.
    Le,
    /// `>`.
    Gt,
    /// `>=`.
    Ge,
}

/// What something is compared with.
#[derive(Clone, Debug)]
pub enum Value {
    /// A text, in which `*` stands for anything.
    Text(String),
    /// From the first number to the second; of moments, nanoseconds since 1970; of severities, places in the order.
    Numbers(u64, u64),
    /// An address, or a network of so many bits.
    Network(IpAddr, u8),
    /// Yes or no.
    Flag(bool),
    /// A regular expression.
    Regex(Regex),
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Text(own), Value::Text(other)) => own == other,
            (Value::Numbers(from, to), Value::Numbers(other_from, other_to)) => (from, to) == (other_from, other_to),
            (Value::Network(own, bits), Value::Network(other, other_bits)) => (own, bits) == (other, other_bits),
            (Value::Flag(own), Value::Flag(other)) => own == other,
            (Value::Regex(own), Value::Regex(other)) => own.as_str() == other.as_str(),
            _ => false,
        }
    }
}

impl Eq for Value {}

/// What is wrong with a filter, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FilterError {
    /// The column, in characters, counted from 1.
    pub column: usize,
    /// How many characters are meant.
    pub width: usize,
    /// What is wrong.
    pub message: String,
    /// What may have been meant.
    pub hint: Option<String>,
}

impl FilterError {
    fn new(column: usize, width: usize, message: impl Into<String>) -> FilterError {
        FilterError { column, width, message: message.into(), hint: None }
    }

    /// The text with a mark under what is wrong, and the message.
    pub fn pointed(&self, text: &str) -> String {
        let mark = "^".repeat(self.width.max(1));
        format!("{text}\n{}{mark} {}", " ".repeat(self.column - 1), self.said())
    }

    fn said(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{}; {hint}", self.message),
            None => self.message.clone(),
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.said())
    }
}

impl Filter {
    /// Reads a filter; `None` for an empty text, which everything fulfils.
    ///
    /// # Errors
    /// What is wrong with it, and at which column.
    pub fn parse(text: &str, anchor: Anchor) -> Result<Option<Filter>, FilterError> {
        let expr = parse::expression(text, anchor)?;
        Ok(expr.map(|expr| Filter { expr, text: text.to_owned() }))
    }

    /// What it is made of.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Expr {
    fn text(text: String) -> Expr {
        Expr::Text(Needle { lower: text.to_lowercase(), text })
    }

    /// Whether a field is asked for anywhere in it.
    pub fn asks(&self, field: Field) -> bool {
        match self {
            Expr::And(all) | Expr::Or(all) => all.iter().any(|expr| expr.asks(field)),
            Expr::Not(expr) | Expr::Under(expr) | Expr::Within(expr) => expr.asks(field),
            Expr::Is(compare) => compare.field == field,
            Expr::Text(_) => false,
        }
    }
}

impl Needle {
    /// In lower case.
    pub fn lower(&self) -> &str {
        &self.lower
    }
}

impl Op {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Op::Eq => "=",
            Op::Ne => "!=",
            Op::Match => "~",
            Op::NoMatch => "!~",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
        }
    }
}
