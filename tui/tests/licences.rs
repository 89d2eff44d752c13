//! What the program is made of, held against .cargo/deny.toml: licences, crates that are not wanted, and where they are from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, LicenseReq};

/// The one registry.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn wanted() -> toml::Table {
    let text = std::fs::read_to_string(repository().join(".cargo/deny.toml")).expect(".cargo/deny.toml");
    text.parse().expect(".cargo/deny.toml")
}

fn texts(list: &toml::Value) -> BTreeSet<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|text| text.as_str().expect("a text").to_owned()).collect()
}

/// Every crate that the program is built with or made of, without those of tests.
fn shipped() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--locked", "--offline", "--format-version", "1"]);
    command.args(["--filter-platform", "x86_64-unknown-linux-gnu"]).current_dir(repository());
    let output = command.output().expect("cargo metadata");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON of cargo metadata");
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let id = |value: &Value| value["id"].as_str().expect("an id").to_owned();
    let mut packages: BTreeMap<_, _> = list(&metadata["packages"]).into_iter().map(|it| (id(&it), it)).collect();
    let nodes: BTreeMap<_, _> = list(&metadata["resolve"]["nodes"]).into_iter().map(|it| (id(&it), it)).collect();
    let program = packages.iter().find(|(_, it)| it["name"] == "ktrace-tui").expect("the program").0.clone();
    let (mut reached, mut waiting) = (BTreeSet::new(), vec![program]);
    while let Some(at) = waiting.pop() {
        if !reached.insert(at.clone()) {
            continue;
        }
        for dependency in list(&nodes[&at]["deps"]) {
            if list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev") {
                waiting.push(dependency["pkg"].as_str().expect("a package").to_owned());
            }
        }
    }
    reached.iter().map(|id| packages.remove(id).expect("a package")).collect()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().expect("a name")
}

#[test]
fn every_licence_is_one_that_the_program_may_be_handed_on_under() {
    let wanted = wanted();
    let allowed = texts(&wanted["licenses"]["allow"]);
    let exceptions: BTreeMap<String, BTreeSet<String>> = wanted["licenses"]["exceptions"]
        .as_array()
        .expect("exceptions")
        .iter()
        .map(|it| (it["crate"].as_str().expect("a crate").to_owned(), texts(&it["allow"])))
        .collect();
    let packages = shipped();
    assert!(packages.len() > 200, "only {} crates were found", packages.len());
    let none = BTreeSet::new();
    let refused: Vec<String> = packages
        .iter()
        .filter_map(|package| {
            // Old crates write `/` for `OR`.
            let said = package["license"].as_str().unwrap_or("none").replace('/', " OR ");
            let own = exceptions.get(name(package)).unwrap_or(&none);
            let may =
                |licence: &LicenseReq| allowed.contains(&licence.to_string()) || own.contains(&licence.to_string());
            let fine = Expression::parse(&said).is_ok_and(|expression| expression.evaluate(may));
            (!fine).then(|| format!("{} ({said})", name(package)))
        })
        .collect();
    assert!(refused.is_empty(), "not allowed by .cargo/deny.toml: {}", refused.join(", "));
    let idle: Vec<_> = exceptions.keys().filter(|it| !packages.iter().any(|package| name(package) == *it)).collect();
    assert!(idle.is_empty(), "exceptions for crates that are not there: {idle:?}");
}

#[test]
fn every_crate_is_of_the_registry_and_none_of_those_that_are_not_wanted() {
    let wanted = wanted();
    let unwanted = wanted["bans"]["deny"].as_array().expect("bans").iter();
    let unwanted: BTreeSet<&str> = unwanted.map(|it| it["crate"].as_str().expect("a crate")).collect();
    for package in shipped() {
        let own = name(&package).starts_with("ktrace-");
        assert!(own || package["source"] == REGISTRY, "{} is from {}", name(&package), package["source"]);
        assert!(!unwanted.contains(name(&package)), "{} is not wanted in .cargo/deny.toml", name(&package));
    }
}
