//! A line of a selection: `Image|endswith: /nc`, a field, what is done to the values, and the values.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::fault::Fault;
use super::pattern::{Order, Pattern, Piece, pieces};
use super::seen::{Category, Field, Seen};
use super::yaml::{Node, What};
use super::{Why, nearest};

/// Every modifier that is read.
const MODIFIERS: [&str; 24] = [
    "contains",
    "startswith",
    "endswith",
    "all",
    "re",
    "i",
    "m",
    "s",
    "cased",
    "cidr",
    "exists",
    "base64",
    "base64offset",
    "wide",
    "utf16le",
    "utf16be",
    "utf16",
    "windash",
    "gt",
    "gte",
    "lt",
    "lte",
    "neq",
    "fieldref",
];
/// Modifiers of the specification that are not.
const OTHERS: [&str; 7] = ["expand", "minute", "hour", "day", "week", "month", "year"];
/// Values that an item may come to once they are encoded in all ways.
const MOST: usize = 10_000;

/// A line of a selection.
#[derive(Debug)]
pub(super) struct Item {
    field: Field,
    test: Test,
    /// All values must fit, not one of them.
    all: bool,
    /// It holds where the values do not fit.
    not: bool,
}

#[derive(Debug)]
enum Test {
    /// Patterns; `None` stands for a field that says nothing.
    Values(Vec<Option<Pattern>>),
    /// That the field is there, or is not.
    Exists(bool),
    /// What other fields say, and how it is compared.
    Fields(Vec<Field>, Place),
}

/// Where in a value a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Whole,
    Start,
    End,
    Inside,
}

impl Item {
    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it, or why it asks for something that nobody here can tell.
    pub(super) fn read(key: &Node, value: &Node, category: Category) -> Result<Item, Why> {
        let Some(text) = key.text() else { return Err(key.at.fault("a field is named by a text").into()) };
        let mut parts = text.split('|');
        let name = parts.next().unwrap_or_default();
        let modifiers: Vec<&str> = parts.collect();
        check(key, name, &modifiers)?;
        let field = Field::of(name, category).ok_or_else(|| unknown(key, name, category))?;
        let has = |modifier: &str| modifiers.contains(&modifier);
        let mut item = Item { field, test: Test::Exists(true), all: has("all"), not: has("neq") };
        let values: Vec<&Node> = match &value.what {
            What::List(all) => all.iter().collect(),
            _ => vec![value],
        };
        if values.is_empty() {
            return Err(value.at.fault(format!("`{text}` has no value")).into());
        }
        item.test = if has("exists") {
            let wanted = value.text().and_then(|text| text.to_ascii_lowercase().parse().ok());
            Test::Exists(wanted.ok_or_else(|| value.at.fault("`exists` is followed by true or false"))?)
        } else if has("fieldref") {
            let other = |node: &&Node| {
                let name = node.text().unwrap_or_default();
                Field::of(name, category).ok_or_else(|| unknown(node, name, category))
            };
            Test::Fields(values.iter().map(other).collect::<Result<_, _>>()?, place(&modifiers))
        } else {
            let mut all = Vec::new();
            for node in values {
                all.extend(patterns(node, &modifiers)?);
                if all.len() > MOST {
                    return Err(node.at.fault(format!("more than {MOST} values")).into());
                }
            }
            Test::Values(all)
        };
        Ok(item)
    }

    /// Whether an event fulfils it.
    pub(super) fn holds(&self, seen: &Seen<'_>) -> bool {
        let values = seen.get(self.field);
        let fits = |pattern: &Option<Pattern>| match pattern {
            Some(pattern) => values.iter().any(|value| pattern.holds(value)),
            None => values.iter().all(|value| value.plain.is_empty()),
        };
        let holds = match &self.test {
            Test::Exists(wanted) => *wanted != values.is_empty(),
            Test::Values(patterns) if self.all => patterns.iter().all(fits),
            Test::Values(patterns) => patterns.iter().any(fits),
            Test::Fields(others, place) => {
                let fits = |other: &Field| {
                    let mut pairs =
                        values.iter().flat_map(|own| seen.get(*other).iter().map(move |other| (own, other)));
                    pairs.any(|(own, other)| place.fits(own.lower(), other.lower()))
                };
                if self.all { others.iter().all(fits) } else { others.iter().any(fits) }
            }
        };
        holds != self.not
    }

    /// Texts of which an event that fulfils it has one, in lower case, with their field. `None` where there are none.
    pub(super) fn needs(&self) -> Option<Vec<(Field, String)>> {
        let Test::Values(patterns) = &self.test else { return None };
        if self.not {
            return None;
        }
        let needs = patterns.iter().map(|pattern| pattern.as_ref().and_then(Pattern::needs));
        if self.all {
            let longest = needs.flatten().max_by_key(String::len)?;
            return Some(vec![(self.field, longest)]);
        }
        needs.map(|need| need.map(|text| (self.field, text))).collect()
    }

    pub(super) fn field(&self) -> Field {
        self.field
    }
}

impl Place {
    fn fits(self, text: &str, part: &str) -> bool {
        match self {
            Place::Whole => text == part,
            Place::Start => text.starts_with(part),
            Place::End => text.ends_with(part),
            Place::Inside => text.contains(part),
        }
    }
}

fn place(modifiers: &[&str]) -> Place {
    let places = [("contains", Place::Inside), ("startswith", Place::Start), ("endswith", Place::End)];
    places.iter().find(|(name, _)| modifiers.contains(name)).map_or(Place::Whole, |(_, place)| *place)
}

/// That every modifier is one, and that they go together.
fn check(key: &Node, name: &str, modifiers: &[&str]) -> Result<(), Why> {
    let mut from = name.chars().count() + 1;
    for modifier in modifiers {
        let at = key.at.part(from, modifier.chars().count());
        from += modifier.chars().count() + 1;
        if OTHERS.contains(modifier) {
            return Err(Why::Unmapped("modifier", at.fault(format!("the modifier `{modifier}` is not read here"))));
        }
        if !MODIFIERS.contains(modifier) {
            let near = nearest(modifier, MODIFIERS.into_iter());
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(at.fault(format!("there is no modifier `{modifier}`{near}")).into());
        }
    }
    let has = |wanted: &[&str]| modifiers.iter().filter(|modifier| wanted.contains(modifier)).count();
    let comparing = has(&["contains", "startswith", "endswith", "re", "cidr", "exists", "gt", "gte", "lt", "lte"]);
    let encoded = has(&["base64", "base64offset"]);
    let wrong = if comparing > 1 {
        Some("two of these modifiers say how values are compared, and it can be one only")
    } else if has(&["i", "m", "s"]) > 0 && has(&["re"]) == 0 {
        Some("`i`, `m` and `s` are flags of `re`")
    } else if has(&["wide", "utf16le", "utf16be", "utf16"]) > 0 && encoded == 0 {
        Some("an encoding in 16 bits makes sense before `base64` or `base64offset` alone")
    } else if has(&["re", "cidr", "exists"]) > 0 && encoded + has(&["windash"]) > 0 {
        Some("what is encoded is compared as a text")
    } else {
        None
    };
    wrong.map_or(Ok(()), |what| Err(key.at.fault(what).into()))
}

fn unknown(node: &Node, name: &str, category: Category) -> Why {
    let known = Field::ALL.iter().any(|(known, _)| *known == name);
    let what = if known {
        format!("events of this category have no `{name}`")
    } else {
        let names = Field::ALL.iter().filter(|(name, _)| Field::of(name, category).is_some()).map(|(name, _)| *name);
        let near = nearest(name, names).filter(|near| near.len().abs_diff(name.len()) < 2);
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("the field `{name}` is not known here{near}")
    };
    Why::Unmapped("field", node.at.part(0, name.chars().count()).fault(what))
}

/// What a value comes to.
fn patterns(node: &Node, modifiers: &[&str]) -> Result<Vec<Option<Pattern>>, Why> {
    let has = |modifier: &str| modifiers.contains(&modifier);
    let text = match &node.what {
        What::Null => return Ok(vec![None]),
        What::Text(text) if text.is_empty() && place(modifiers) == Place::Whole => return Ok(vec![None]),
        What::Text(text) => text,
        What::List(_) | What::Map(_) => return Err(node.at.fault("a value is a text or a number").into()),
    };
    let wrong = |what: String| Why::from(node.at.fault(what));
    if has("re") {
        let flags: Vec<char> = modifiers.iter().filter(|it| it.len() == 1).filter_map(|it| it.chars().next()).collect();
        let regex = Pattern::regex(text, &flags);
        return regex.map(|it| vec![Some(it)]).map_err(|why| wrong(format!("this is no regular expression: {why}")));
    }
    if has("cidr") {
        let network = network(text).ok_or_else(|| wrong(format!("`{text}` is no network like 10.0.0.0/8")))?;
        return Ok(vec![Some(Pattern::Network(network.0, network.1))]);
    }
    let orders = [("lt", Order::Less), ("lte", Order::LessOrSame), ("gt", Order::More), ("gte", Order::MoreOrSame)];
    if let Some((_, order)) = orders.iter().find(|(name, _)| has(name)) {
        let number = text.parse().map_err(|_| wrong(format!("`{text}` is no number")))?;
        return Ok(vec![Some(Pattern::Order(*order, number))]);
    }
    let all = encoded(text, modifiers).map_err(wrong)?;
    let around = |mut pieces: Vec<Piece>| {
        if matches!(place(modifiers), Place::End | Place::Inside) {
            pieces.insert(0, Piece::Any);
        }
        if matches!(place(modifiers), Place::Start | Place::Inside) {
            pieces.push(Piece::Any);
        }
        Some(Pattern::text(pieces, has("cased")))
    };
    Ok(all.into_iter().map(around).collect())
}

/// The texts that a value stands for once it is encoded as the modifiers say, in their order.
fn encoded(text: &str, modifiers: &[&str]) -> Result<Vec<Vec<Piece>>, String> {
    if modifiers.contains(&"windash") {
        return Ok(dashes(text).iter().map(|text| pieces(text)).collect());
    }
    let mut bytes = text.as_bytes().to_vec();
    let wide = |little: bool| {
        let each = text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
        each.collect::<Vec<u8>>()
    };
    for modifier in modifiers {
        match *modifier {
            "wide" | "utf16le" => bytes = wide(true),
            "utf16be" => bytes = wide(false),
            "utf16" => bytes = [vec![0xff, 0xfe], wide(true)].concat(),
            "base64" => return Ok(vec![vec![Piece::Text(STANDARD.encode(&bytes))]]),
            "base64offset" => {
                let all: Vec<String> =
                    (0..3).map(|offset| shifted(&bytes, offset)).filter(|it| !it.is_empty()).collect();
                return match all.is_empty() {
                    true => Err(format!("`{text}` is too short to be found within base64")),
                    false => Ok(all.into_iter().map(|text| vec![Piece::Text(text)]).collect()),
                };
            }
            _ => {}
        }
    }
    Ok(vec![pieces(text)])
}

/// What stays the same of some bytes in base64 when so many others stand before them.
fn shifted(bytes: &[u8], offset: usize) -> String {
    let padded = [vec![0; offset], bytes.to_vec()].concat();
    let text = STANDARD.encode(&padded);
    let from = [0, 2, 3][offset];
    let to = text.len() - [0, 3, 2][padded.len() % 3];
    text.get(from..to).unwrap_or_default().to_owned()
}

/// The text with each sign that some programs take for a dash in the place of those that begin a word.
fn dashes(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let word = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let begins = |at: usize| matches!(chars[at], '-' | '/') && !word(at.checked_sub(1)) && word(Some(at + 1));
    let with = |dash: char| (0..chars.len()).map(|at| if begins(at) { dash } else { chars[at] }).collect::<String>();
    let mut all: Vec<String> =
        std::iter::once(text.to_owned()).chain(['-', '/', '–', '—', '\u{2015}'].map(with)).collect();
    all.sort();
    all.dedup();
    all
}

fn network(text: &str) -> Option<(std::net::IpAddr, u8)> {
    let (address, bits) = text.split_once('/')?;
    let address: std::net::IpAddr = address.parse().ok()?;
    let bits = bits.parse().ok()?;
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

impl From<Fault> for Why {
    fn from(fault: Fault) -> Why {
        Why::Broken(fault)
    }
}
