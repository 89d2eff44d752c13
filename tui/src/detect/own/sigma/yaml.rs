//! YAML as a tree in which every part knows its place: what is wrong with a rule is pointed at.

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::super::fault::Fault;

/// Parts that a document may have, and how deep they may be nested: far more than any rule has.
const PARTS: usize = 50_000;
const DEEPEST: usize = 64;

/// A part of a document.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where it stands.
    pub(super) at: Place,
    /// What it is.
    pub(super) what: What,
}

/// A place in the text: line and column counted from 1, and how many characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) width: usize,
}

/// What a part is.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// Nothing: `null`, `~`, or nothing at all.
    Null,
    /// A text, a number, yes or no.
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Place {
    /// Something that is wrong here.
    pub(super) fn fault(self, message: impl Into<String>) -> Fault {
        Fault { line: self.line, column: self.column, width: self.width.clamp(1, 60), message: message.into() }
    }

    /// A part of a text that stands here without quotes, from the character `from` on.
    pub(super) fn part(self, from: usize, width: usize) -> Place {
        Place { column: self.column + from, width, ..self }
    }

    fn of(span: &Span) -> Place {
        let (start, end) = (&span.start, &span.end);
        let width = if start.line() == end.line() { end.col().saturating_sub(start.col()) } else { 1 };
        Place { line: start.line().max(1), column: start.col() + 1, width: width.max(1) }
    }
}

impl Node {
    /// What stands under a key.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// Keys and values, where it is a mapping.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Node, &Node)> {
        let all = match &self.what {
            What::Map(all) => all.as_slice(),
            _ => &[],
        };
        all.iter().map(|(key, value)| (key, value))
    }

    /// The text, where it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.what {
            What::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text under a key.
    pub(super) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// The texts of a list, or the one text that stands in its place.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let all = match &self.what {
            What::List(all) => all.as_slice(),
            _ => std::slice::from_ref(self),
        };
        all.iter().filter_map(Node::text)
    }
}

/// The documents of a text, as far as they can be read, and what is wrong with the first that cannot.
pub(super) fn documents(text: &str) -> (Vec<Node>, Option<Fault>) {
    let (mut done, mut builder) = (Vec::new(), Builder::default());
    for next in Parser::new_from_str(text) {
        let (event, span) = match next {
            Ok(next) => next,
            Err(error) => {
                let place = Place { line: error.marker().line().max(1), column: error.marker().col() + 1, width: 1 };
                return (done, Some(place.fault(format!("this is not YAML: {}", error.info()))));
            }
        };
        match builder.take(&event, &span) {
            Ok(Some(document)) => done.push(document),
            Ok(None) => {}
            Err(fault) => return (done, Some(fault)),
        }
    }
    (done, None)
}

/// Parts that are begun.
#[derive(Default)]
struct Builder {
    open: Vec<Node>,
    /// The keys whose values are awaited, one for each open part.
    keys: Vec<Option<Node>>,
    parts: usize,
}

impl Builder {
    /// Takes in an event; a document that it ends.
    fn take(&mut self, event: &Event<'_>, span: &Span) -> Result<Option<Node>, Fault> {
        let at = Place::of(span);
        let what = match event {
            Event::Scalar(text, style, _, tag) => {
                let plain = *style == ScalarStyle::Plain && tag.is_none();
                match plain && matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL") {
                    true => What::Null,
                    false => What::Text(text.clone().into_owned()),
                }
            }
            Event::SequenceStart(..) => return self.begin(at, What::List(Vec::new())),
            Event::MappingStart(..) => return self.begin(at, What::Map(Vec::new())),
            Event::SequenceEnd | Event::MappingEnd => {
                self.keys.pop();
                return match self.open.pop() {
                    Some(node) => self.put(node),
                    None => Ok(None),
                };
            }
            Event::Alias(_) => return Err(at.fault("references (`*name`) are nothing that a Sigma rule has")),
            _ => return Ok(None),
        };
        self.put(Node { at, what })
    }

    fn begin(&mut self, at: Place, what: What) -> Result<Option<Node>, Fault> {
        if self.open.len() >= DEEPEST {
            return Err(at.fault(format!("nested more than {DEEPEST} times")));
        }
        self.open.push(Node { at, what });
        self.keys.push(None);
        Ok(None)
    }

    fn put(&mut self, node: Node) -> Result<Option<Node>, Fault> {
        self.parts += 1;
        if self.parts > PARTS {
            return Err(node.at.fault(format!("more than {PARTS} parts")));
        }
        let (Some(open), Some(key)) = (self.open.last_mut(), self.keys.last_mut()) else {
            self.parts = 0;
            return Ok(Some(node));
        };
        match &mut open.what {
            What::List(all) => all.push(node),
            What::Map(all) => match key.take() {
                None => *key = Some(node),
                Some(key) => {
                    if all.iter().any(|(known, _)| known.text().is_some() && known.text() == key.text()) {
                        let name = key.text().unwrap_or_default().to_owned();
                        return Err(key.at.fault(format!("`{name}` stands here twice")));
                    }
                    all.push((key, node));
                }
            },
            What::Null | What::Text(..) => {}
        }
        Ok(None)
    }
}
