//! Subjects: `ktrace.<cluster>.<node>.<kind>`.

use std::fmt::Write as _;

use super::super::item::Sort;

/// What all subjects begin with.
const ROOT: &str = "ktrace";

/// What stands for a name that is empty.
const NOBODY: &str = "%";

/// How the subjects of a node are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    cluster: String,
}

impl Names {
    /// Those of the nodes of `cluster`.
    pub fn of_cluster(cluster: &str) -> Names {
        Names { cluster: token(cluster) }
    }

    /// Where things of `sort` of `node` go.
    pub fn subject(&self, node: &str, sort: Sort) -> String {
        format!("{ROOT}.{}.{}.{}", self.cluster, token(node), sort.name())
    }

    /// All that `node` sends.
    pub fn of_node(&self, node: &str) -> String {
        format!("{ROOT}.{}.{}.>", self.cluster, token(node))
    }

    /// All that the nodes of the cluster send.
    pub fn of_all_nodes(&self) -> String {
        format!("{ROOT}.{}.>", self.cluster)
    }

    /// What a stream takes that is made here: everything of every cluster.
    pub fn everything() -> String {
        format!("{ROOT}.>")
    }
}

/// A name as one token of a subject: letters, digits, `-` and `_` as they are, every other byte as `%` and two
/// hexadecimal digits. No two names have the same token.
pub(super) fn token(name: &str) -> String {
    if name.is_empty() {
        return NOBODY.to_owned();
    }
    let mut token = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => token.push(char::from(byte)),
            // Writing to a String cannot fail.
            other => drop(write!(token, "%{other:02X}")),
        }
    }
    token
}

/// The name of a token; `None` where it is the token of none.
pub(super) fn name_of(token: &str) -> Option<String> {
    if token == NOBODY {
        return Some(String::new());
    }
    let mut parts = token.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = (part.get(..2)?, part.get(2..)?);
        bytes.push(u8::from_str_radix(hex, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    let name = String::from_utf8(bytes).ok()?;
    (self::token(&name) == token).then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_one_token() {
        assert_eq!(token("node-1_b"), "node-1_b");
        assert_eq!(token("ip-10.eu *>"), "ip-10%2Eeu%20%2A%3E");
        assert_eq!(Names::of_cluster("a.b").subject("", Sort::Finding), "ktrace.a%2Eb.%.finding");
        assert_eq!(Names::of_cluster("prod").of_node("n.1"), "ktrace.prod.n%2E1.>");
    }

    proptest! {
        #[test]
        fn no_two_names_share_a_token(a in any::<String>(), b in any::<String>()) {
            prop_assert_eq!(a == b, token(&a) == token(&b));
            prop_assert!(token(&a).bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_%".contains(&byte)));
            prop_assert!(!token(&a).is_empty());
            prop_assert_eq!(name_of(&token(&a)), Some(a));
            if let Some(name) = name_of(&b) {
                prop_assert_eq!(token(&name), b);
            }
        }
    }
}
