//! Finds what is to be replaced in a text.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Match, Regex};

use super::known::Known;
use super::pseudonym::Kind;
use super::shapes::{
    AT, EVERYBODY, HARMLESS_ENDS, NAMED, OPTION, RANDOM, SECRET_NAMES, SECRET_PAIRS, SECRET_WORDS, SHAPES,
};

/// A part of a text that is to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

/// An expression of this program's own: tests compile them all.
fn regex(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static REGEXES: LazyLock<Vec<(Kind, Regex)>> =
    LazyLock::new(|| SHAPES.iter().filter_map(|(kind, text)| Some((*kind, regex(text)?))).collect());
static NAMED_VALUES: LazyLock<Vec<Regex>> = LazyLock::new(|| [NAMED, OPTION].into_iter().filter_map(regex).collect());
static NAME_AT_HOST: LazyLock<Option<Regex>> = LazyLock::new(|| regex(AT));
static RANDOM_WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| regex(RANDOM));

/// What is to be replaced in `text` and is at least `least`, in order, none overlapping another. `\0` stands between
/// arguments.
pub(super) fn spans(text: &str, known: &Known, least: Kind) -> Vec<Span> {
    let mut spans = Vec::new();
    for (kind, regex) in REGEXES.iter() {
        for captures in regex.captures_iter(text) {
            let Some(found) = captures.name("v").or_else(|| captures.get(0)) else { continue };
            spans.extend(shaped(*kind, text, found));
        }
    }
    for regex in NAMED_VALUES.iter() {
        spans.extend(regex.captures_iter(text).filter_map(|captures| named(&captures)));
    }
    for captures in NAME_AT_HOST.iter().flat_map(|regex| regex.captures_iter(text)) {
        spans.extend(at_host(&captures).into_iter().flatten());
    }
    for found in RANDOM_WORDS.iter().flat_map(|regex| regex.find_iter(text)) {
        spans.extend(random(text, found, known));
    }
    spans.extend(values(text));
    spans.extend(known.find(text));
    joined(spans.into_iter().filter(|span| span.kind >= least && !span.at.is_empty()).collect())
}

/// Arguments that are `NAME=value` or `--name=value`, or a name with its value in the next argument: the value goes on to
/// the end of the argument, whatever is in it.
fn values(text: &str) -> Vec<Span> {
    if !text.contains('\0') {
        return Vec::new();
    }
    let (mut spans, mut start, mut wanted) = (Vec::new(), 0, false);
    for word in text.split('\0') {
        let end = start + word.len();
        if wanted && !word.starts_with("--") {
            spans.push(Span { kind: Kind::Secret, at: start..end });
        }
        wanted = word.starts_with('-') && is_secret_name(word.trim_start_matches('-'));
        if let Some((name, value)) = word.split_once('=')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && is_secret_name(name.trim_start_matches('-'))
        {
            spans.push(Span { kind: Kind::Secret, at: end - value.len()..end });
        }
        start = end + 1;
    }
    spans
}

fn shaped(kind: Kind, text: &str, found: Match<'_>) -> Option<Span> {
    let (mut at, word) = (found.range(), found.as_str());
    match kind {
        Kind::Secret => {
            let inner = word.trim_matches(['"', '\'']);
            let start = at.start + word.find(inner).unwrap_or(0);
            at = start..start + inner.len();
        }
        Kind::Address => at = address(text, &at)?,
        Kind::Host if word.eq_ignore_ascii_case("localhost") || word.parse::<IpAddr>().is_ok() => return None,
        Kind::User if EVERYBODY.contains(&word) => return None,
        _ => {}
    }
    (!is_pseudonym(&text[at.clone()])).then_some(Span { kind, at })
}

/// Where the address is, when it is one that stands alone.
fn address(text: &str, at: &Range<usize>) -> Option<Range<usize>> {
    let word = text.get(at.clone())?;
    let word = if word.starts_with("::") { word } else { word.trim_start_matches(':') };
    let start = at.end - word.len();
    let word = word.trim_end_matches('.');
    let word = if word.ends_with("::") { word } else { word.trim_end_matches(':') };
    let before = text[..start].chars().next_back();
    let after = text[start + word.len()..].chars().next();
    let alone = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    (alone(before) && alone(after) && word.parse::<IpAddr>().is_ok()).then_some(start..start + word.len())
}

fn named(captures: &Captures<'_>) -> Option<Span> {
    let value = ["a", "b", "c"].into_iter().find_map(|name| captures.name(name))?;
    let next_option = value.as_str().starts_with("--");
    let wanted = is_secret_name(&captures["name"]) && !next_option && !is_pseudonym(value.as_str());
    wanted.then(|| Span { kind: Kind::Secret, at: value.range() })
}

fn at_host(captures: &Captures<'_>) -> [Option<Span>; 2] {
    const UNITS: [&str; 6] = [".service", ".socket", ".slice", ".scope", ".timer", ".mount"];
    let (Some(user), Some(host)) = (captures.name("user"), captures.name("host")) else { return [None, None] };
    let other = ["sha256", "sha384", "sha512"].contains(&host.as_str())
        || UNITS.iter().any(|unit| host.as_str().ends_with(unit));
    if other {
        return [None, None];
    }
    let stays = EVERYBODY.contains(&user.as_str()) || is_pseudonym(user.as_str());
    let user = (!stays).then(|| Span { kind: Kind::User, at: user.range() });
    let stays = host.as_str() == "localhost" || host.as_str().parse::<SocketAddr>().is_ok();
    let stays = stays || host.as_str().parse::<IpAddr>().is_ok() || is_pseudonym(host.as_str());
    [user, (!stays).then(|| Span { kind: Kind::Host, at: host.range() })]
}

/// True for the name of something secret: `DB_PASSWORD`, `apiKey`, `auth-token`.
pub(super) fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    if words.last().is_some_and(|last| HARMLESS_ENDS.contains(&last.as_str())) {
        return false;
    }
    let joined = words.concat();
    SECRET_NAMES.iter().any(|secret| joined.contains(secret))
        || words.iter().any(|word| SECRET_WORDS.contains(&word.as_str()) || is_pass(word))
        || words.iter().any(|word| word.ends_with("pwd"))
        || words.windows(2).any(|pair| SECRET_PAIRS.iter().any(|secret| secret[0] == pair[0] && secret[1] == pair[1]))
}

/// `dbpass`, `requirepass`; but not `bypass`.
fn is_pass(word: &str) -> bool {
    word.ends_with("pass") && !["bypass", "compass", "trespass", "surpass"].iter().any(|other| word.ends_with(other))
}

/// The words of a name, in lower case: at `_`, `-`, `.`, and where a capital follows a small letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        let cut = !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && small;
        if cut {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What this puts in the place of something else.
fn is_pseudonym(text: &str) -> bool {
    let hex = ["secret-", "user-", "host-"].iter().find_map(|start| text.strip_prefix(start));
    hex.is_some_and(|hex| hex.len() == 8 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The digest of an image stands there: `sha256:9f2c…`.
fn is_digest(text: &str, at: usize) -> bool {
    ["sha256:", "sha384:", "sha512:"].iter().any(|start| text[..at].ends_with(start))
}

/// A word that nobody wrote by hand, or the parts of a path that are such.
fn random(text: &str, found: Match<'_>, known: &Known) -> Vec<Span> {
    let word = found.as_str();
    let is_path = text[..found.start()].ends_with(['/', '.', '~']);
    if word.contains('/') && !is_path && is_key(word) {
        return vec![Span { kind: Kind::Secret, at: found.range() }];
    }
    let (mut spans, mut start) = (Vec::new(), found.start());
    for part in word.split('/') {
        let kept = part.len() < 20 || known.is_id(part) || is_digest(text, start);
        if !kept && is_random(part, known) {
            spans.push(Span { kind: Kind::Secret, at: start..start + part.len() });
        }
        start += part.len() + 1;
    }
    spans
}

/// Base64 with slashes in it, as the keys of AWS are; not a path.
fn is_key(word: &str) -> bool {
    let has = |of: fn(&u8) -> bool| word.bytes().filter(of).count();
    let mixed = has(u8::is_ascii_uppercase) >= 5 && has(u8::is_ascii_lowercase) >= 5 && has(u8::is_ascii_digit) >= 1;
    word.len() >= 32 && mixed && entropy(word) > 4.2
}

/// Long, of several sorts of signs, and no sign much more often than others: nobody wrote that by hand.
fn is_random(word: &str, known: &Known) -> bool {
    if word.split(['-', '_', '/', '=', '+']).any(|part| known.is_id(part)) || is_uuid(word) {
        return false;
    }
    let has = |of: fn(&u8) -> bool| word.bytes().filter(of).count();
    let (upper, lower, digits) = (has(u8::is_ascii_uppercase), has(u8::is_ascii_lowercase), has(u8::is_ascii_digit));
    if upper == 0 || lower == 0 {
        let longest = word.split(|c: char| !c.is_ascii_alphanumeric()).map(str::len).max().unwrap_or(0);
        return digits >= 4 && upper + lower >= 3 && longest >= 28 && entropy(word) > 3.0;
    }
    digits >= 2 && entropy(word) > 3.5
}

fn is_uuid(word: &str) -> bool {
    let parts: Vec<usize> = word.split(['-', '_']).map(str::len).collect();
    let uuid = |parts: &[usize]| parts[1..4] == [4, 4, 4] && parts[0] >= 8 && parts[4] >= 12;
    parts.len() >= 5 && parts.windows(5).any(uuid)
}

/// Bits of a sign, by how often each stands there.
fn entropy(word: &str) -> f64 {
    let mut counts = [0_u32; 256];
    word.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let all = word.len() as f64;
    counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / all).map(|p| -p * p.log2()).sum()
}

/// Parts that overlap become one, of the sort that says least: nothing of either is left.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.at.start, std::cmp::Reverse(span.at.end)));
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut().filter(|last| span.at.start < last.at.end) {
            Some(last) => {
                last.at.end = last.at.end.max(span.at.end);
                last.kind = last.kind.max(span.kind);
            }
            None => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_can_be_read() {
        assert_eq!(REGEXES.len(), SHAPES.len());
        for (_, text) in SHAPES {
            assert!(Regex::new(text).is_ok(), "{:?}", Regex::new(text));
        }
        assert_eq!(NAMED_VALUES.len(), 2);
        assert!(NAME_AT_HOST.is_some() && RANDOM_WORDS.is_some());
    }

    #[test]
    fn names_of_secrets_are_known_in_their_usual_spellings() {
        for name in [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "PGPASSWORD",
            "MYSQL_PWD",
            "requirepass",
            "api-key",
            "apiKey",
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_TOKEN",
            "x-auth-token",
            "client_secret",
            "private_key",
            "sessionId",
            "pass",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in
            ["user", "passive", "bypassed", "compass", "author", "key", "password-file", "TOKEN_URL", "keyboard"]
        {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
