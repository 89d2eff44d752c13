//! The condition of a Sigma rule: `selection and not 1 of filter_*`.

use super::super::fault::Fault;
use super::yaml::Place;

/// Deepest nesting.
const DEEPEST: usize = 64;

/// What joins selections, each by its place in the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Selection(usize),
    /// At least so many of these.
    Some(usize, Vec<usize>),
}

impl Condition {
    /// Reads `text`, which stands at `at` in the file, about selections of these names.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub(super) fn read(text: &str, at: Place, names: &[&str]) -> Result<Condition, Fault> {
        let mut parser = Parser { words: words(text), next: 0, names, at, end: text.chars().count(), depth: 0 };
        let condition = parser.either()?;
        match parser.words.get(parser.next) {
            None => Ok(condition),
            Some(word) if word.text == "|" => {
                Err(parser.wrong(word, "what follows a bar counts events, as old rules did: those are not read"))
            }
            Some(word) => Err(parser.wrong(word, format!("`and` or `or` is expected before `{}`", word.text))),
        }
    }

    /// Whether it holds, where `holds` says it of each selection.
    pub(super) fn holds(&self, holds: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Condition::And(all) => all.iter().all(|one| one.holds(holds)),
            Condition::Or(all) => all.iter().any(|one| one.holds(holds)),
            Condition::Not(one) => !one.holds(holds),
            Condition::Selection(at) => holds(*at),
            Condition::Some(least, all) => all.iter().filter(|at| holds(**at)).take(*least).count() == *least,
        }
    }

    /// The selections that speak for it, not against.
    pub(super) fn wanted(&self) -> Vec<usize> {
        match self {
            Condition::And(all) | Condition::Or(all) => all.iter().flat_map(Condition::wanted).collect(),
            Condition::Not(_) => Vec::new(),
            Condition::Selection(at) => vec![*at],
            Condition::Some(_, all) => all.clone(),
        }
    }
}

/// A word of the condition, and the character that it begins at, counted from 0.
#[derive(Debug)]
struct Word {
    text: String,
    at: usize,
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut fresh = true;
    for (at, c) in text.chars().enumerate() {
        if c.is_whitespace() {
            fresh = true;
        } else if "()|".contains(c) {
            words.push(Word { text: c.to_string(), at });
            fresh = true;
        } else if fresh {
            words.push(Word { text: c.to_string(), at });
            fresh = false;
        } else if let Some(word) = words.last_mut() {
            word.text.push(c);
        }
    }
    words
}

struct Parser<'a> {
    words: Vec<Word>,
    next: usize,
    names: &'a [&'a str],
    at: Place,
    end: usize,
    depth: usize,
}

impl Parser<'_> {
    fn wrong(&self, word: &Word, message: impl Into<String>) -> Fault {
        self.at.part(word.at, word.text.chars().count()).fault(message)
    }

    fn missing(&self, what: &str) -> Fault {
        self.at.part(self.end, 1).fault(format!("{what} is expected after this"))
    }

    /// True where the next word is this one, whatever the case; it is taken.
    fn take(&mut self, wanted: &str) -> bool {
        let there = self.words.get(self.next).is_some_and(|word| word.text.eq_ignore_ascii_case(wanted));
        self.next += usize::from(there);
        there
    }

    fn either(&mut self) -> Result<Condition, Fault> {
        let mut all = vec![self.both()?];
        while self.take("or") {
            all.push(self.both()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::Or(all) })
    }

    fn both(&mut self) -> Result<Condition, Fault> {
        let mut all = vec![self.one()?];
        while self.take("and") {
            all.push(self.one()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::And(all) })
    }

    fn one(&mut self) -> Result<Condition, Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.at.fault(format!("nested more than {DEEPEST} times")));
        }
        let read = self.deeper();
        self.depth -= 1;
        read
    }

    fn deeper(&mut self) -> Result<Condition, Fault> {
        if self.take("not") {
            return Ok(Condition::Not(Box::new(self.one()?)));
        }
        if self.take("(") {
            let inner = self.either()?;
            return if self.take(")") { Ok(inner) } else { Err(self.missing("`)`")) };
        }
        let Some(word) = self.words.get(self.next) else { return Err(self.missing("the name of a selection")) };
        let quantity = quantity(&word.text);
        if let Some(quantity) = quantity
            && self.words.get(self.next + 1).is_some_and(|word| word.text.eq_ignore_ascii_case("of"))
        {
            self.next += 2;
            return self.quantified(quantity);
        }
        match self.names.iter().position(|name| *name == word.text) {
            Some(at) => {
                self.next += 1;
                Ok(Condition::Selection(at))
            }
            None => Err(self.wrong(word, format!("there is no selection `{}` in this rule", word.text))),
        }
    }

    fn quantified(&mut self, quantity: Quantity) -> Result<Condition, Fault> {
        let Some(word) = self.words.get(self.next) else { return Err(self.missing("`them`, or a name with `*`")) };
        let them = word.text.eq_ignore_ascii_case("them");
        let fits = |name: &str| match them {
            true => !name.starts_with('_'),
            false => crate::model::filter::glob(word.text.as_bytes(), name.as_bytes()),
        };
        let all: Vec<usize> = (0..self.names.len()).filter(|&at| fits(self.names[at])).collect();
        if all.is_empty() {
            return Err(self.wrong(word, format!("no selection of this rule is called `{}`", word.text)));
        }
        self.next += 1;
        let least = match quantity {
            Quantity::All => all.len(),
            Quantity::Least(least) => least,
        };
        if least == all.len() {
            return Ok(Condition::And(all.into_iter().map(Condition::Selection).collect()));
        }
        Ok(Condition::Some(least, all))
    }
}

#[derive(Clone, Copy)]
enum Quantity {
    All,
    Least(usize),
}

fn quantity(word: &str) -> Option<Quantity> {
    match word.to_ascii_lowercase().as_str() {
        "all" => Some(Quantity::All),
        "any" => Some(Quantity::Least(1)),
        number => number.parse().ok().filter(|least| *least > 0).map(Quantity::Least),
    }
}
