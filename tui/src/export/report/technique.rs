//! What MITRE ATT&CK calls a technique: data.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::dossier::Technique;

static NAMES: LazyLock<BTreeMap<String, String>> =
    // Embedded data: a test parses it before it is ever shipped.
    LazyLock::new(|| toml::from_str(include_str!("techniques.toml")).unwrap_or_default());

impl Technique {
    /// The technique of an id, with its name.
    pub fn of(id: &str) -> Technique {
        Technique { id: id.to_owned(), name: NAMES.get(id).map_or(id, String::as_str).to_owned() }
    }

    /// Where MITRE describes it.
    pub fn address(&self) -> String {
        format!("https://attack.mitre.org/techniques/{}/", self.id.replace('.', "/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::catalogue;

    #[test]
    fn every_technique_of_the_catalogue_has_a_name_and_no_other_is_named() {
        let wanted: std::collections::BTreeSet<&str> =
            catalogue().flat_map(|rule| rule.mitre.iter().map(String::as_str)).collect();
        let named: std::collections::BTreeSet<&str> = NAMES.keys().map(String::as_str).collect();
        assert_eq!(named, wanted, "left: techniques.toml, right: the catalogue");
    }

    #[test]
    fn a_sub_technique_lies_below_its_technique() {
        let technique = Technique::of("T1059.004");
        assert_eq!(technique.address(), "https://attack.mitre.org/techniques/T1059/004/");
        assert_eq!(technique.name, "Command and Scripting Interpreter: Unix Shell");
    }
}
