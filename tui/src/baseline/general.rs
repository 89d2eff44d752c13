//! Paths with parts that are made up each time (temporary directories, ids): what they have in common, and what fits it.

use std::collections::BTreeMap;

use crate::model::Text;

/// As many different paths must be seen before one pattern takes their place.
pub(super) const SEVERAL: usize = 3;

/// Below these, names may be made up; programs of an image keep theirs.
const PASSING: [&str; 9] =
    ["/tmp/", "/var/tmp/", "/dev/shm/", "/run/", "/var/run/", "/var/lib/", "/var/cache/", "/var/spool/", "/home/"];

/// The path with each part that looks made up replaced by `*`; `None` where there is none, or it lies where names stay.
pub(super) fn pattern(path: &Text) -> Option<Text> {
    let text = std::str::from_utf8(path.bytes()).ok().filter(|text| !text.contains('*'))?;
    let start = PASSING.iter().find(|start| text.starts_with(**start))?;
    let parts = text[start.len()..].split('/').map(|part| if is_made_up(part) { shape(part) } else { part.to_owned() });
    let made = format!("{start}{}", parts.collect::<Vec<_>>().join("/"));
    (made != text).then(|| Text::from(made.as_str()))
}

/// For each path of a map, what stands for it: itself, or a pattern that several of them fit.
pub(super) fn generalised<'a>(paths: impl Iterator<Item = &'a Text>) -> BTreeMap<Text, Text> {
    let mut fitting: BTreeMap<Text, Vec<&Text>> = BTreeMap::new();
    for path in paths {
        if let Some(pattern) = pattern(path) {
            fitting.entry(pattern).or_default().push(path);
        }
    }
    let several = fitting.into_iter().filter(|(_, paths)| paths.len() >= SEVERAL);
    several.flat_map(|(pattern, paths)| paths.into_iter().map(move |it| (it.clone(), pattern.clone()))).collect()
}

/// Whether a path is what an entry of a baseline names. A `*` of the entry stands for a stretch within one name that looks
/// made up, as those did that it was learnt from: `/tmp/*/run` fits `/tmp/x8Kq2Zp1/run`, and not `/tmp/miner/run`.
pub fn matches(entry: &Text, path: &Text) -> bool {
    if path.bytes().contains(&b'*') {
        // Whoever calls a directory `*` is not what a pattern was learnt from.
        return false;
    }
    if entry == path {
        return true;
    }
    entry.bytes().contains(&b'*') && pattern(path).is_some_and(|pattern| pattern == *entry)
}

/// True when some part of a name between dots, dashes and underscores is made up.
fn is_made_up(name: &str) -> bool {
    words(name).any(is_random)
}

/// The name with the made up parts replaced.
fn shape(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    for word in words(name) {
        let at = rest.find(word).unwrap_or_default();
        out.push_str(&rest[..at]);
        out.push_str(if is_random(word) { "*" } else { word });
        rest = &rest[at + word.len()..];
    }
    out + rest
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['.', '-', '_', ':', ',', '+', '=']).filter(|word| !word.is_empty())
}

/// A number of several digits; or six and more letters that have digits, or large and small ones, mixed among them.
fn is_random(word: &str) -> bool {
    let count = |of: fn(&u8) -> bool| word.bytes().filter(of).count();
    let (digits, upper, lower) =
        (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    if digits + upper + lower < word.len() {
        return false;
    }
    if digits == word.len() {
        return digits >= 3;
    }
    word.len() >= 6 && (digits >= 2 || digits == 1 && upper > 0 || upper >= 2 && lower >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<String> {
        pattern(&path.into()).map(|pattern| pattern.lossless())
    }

    #[test]
    fn what_is_made_up_becomes_a_star_and_words_stay() {
        assert_eq!(of("/tmp/tmp.aB3dE9xZ1q/run").as_deref(), Some("/tmp/tmp.*/run"));
        assert_eq!(of("/var/lib/app/20261123/job").as_deref(), Some("/var/lib/app/*/job"));
        assert_eq!(of("/tmp/pip-build-8f7d1c2e/setup").as_deref(), Some("/tmp/pip-build-*/setup"));
        for words in ["/tmp/build/run", "/tmp/miner", "/usr/bin/x86_64-20261123", "/opt/aB3dE9xZ1q", "/tmp/v2/run"] {
            assert_eq!(of(words), None, "{words}");
        }
    }

    #[test]
    fn two_are_not_several_and_three_are() {
        let paths: Vec<Text> = ["/tmp/a1b2c3/x", "/tmp/d4e5f6/x", "/tmp/g7h8i9/x"].map(Text::from).to_vec();
        assert!(generalised(paths[..2].iter()).is_empty());
        let pattern = Text::from("/tmp/*/x");
        assert_eq!(generalised(paths.iter()).into_values().collect::<Vec<_>>(), [&pattern; 3].map(Clone::clone));
        assert!(generalised([&paths[0], &paths[0]].into_iter()).is_empty());
    }

    #[test]
    fn a_pattern_fits_only_what_looks_made_up_as_well() {
        let entry = Text::from("/tmp/*/run");
        assert!(matches(&entry, &"/tmp/x8Kq2Zp1/run".into()));
        for other in ["/tmp/miner/run", "/tmp/x8Kq2Zp1/y/run", "/tmp/x8Kq2Zp1/run2", "/var/x8Kq2Zp1/run", "/tmp/*/run2"]
        {
            assert!(!matches(&entry, &other.into()), "{other}");
        }
    }
}
