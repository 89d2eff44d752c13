//! Which pods and containers a policy is for.

use std::collections::{BTreeMap, BTreeSet};

use super::super::name::pod;
use super::super::yaml::Yaml;
use crate::baseline::{Reference, Workload};

/// Pods by their namespace and labels, containers by their name or by the repository of their image.
pub(super) struct Place {
    pub(super) namespace: String,
    labels: BTreeMap<String, String>,
    container: Option<String>,
    repositories: BTreeSet<String>,
}

impl Place {
    pub(super) fn of(workload: &str, known: &Workload, namespace: Option<&str>) -> Result<Place, String> {
        if let Some((namespace, owner, container)) = pod(workload) {
            if known.labels.is_empty() {
                return Err(format!(
                    "the labels of the pods of {owner} are not known, and by them its pods are selected"
                ));
            }
            let (namespace, labels) = (namespace.to_owned(), known.labels.clone());
            return Ok(Place {
                namespace,
                labels,
                container: Some(container.to_owned()),
                repositories: BTreeSet::new(),
            });
        }
        let repositories: BTreeSet<String> = known.images.iter().map(|image| repository(image)).collect();
        let Some(namespace) = namespace else {
            return Err(
                "it was seen outside of pods: say --namespace NAME, and it is written for the pods there that run \
                        its image"
                    .to_owned(),
            );
        };
        if repositories.iter().all(String::is_empty) {
            return Err("its image has no name to select its containers by".to_owned());
        }
        Ok(Place { namespace: namespace.to_owned(), labels: BTreeMap::new(), container: None, repositories })
    }

    pub(super) fn write(&self, yaml: &mut Yaml) {
        if !self.labels.is_empty() {
            yaml.map("podSelector", |yaml| {
                yaml.map("matchLabels", |yaml| self.labels.iter().for_each(|(key, value)| yaml.text(key, value)));
            });
        }
        yaml.map("containerSelector", |yaml| {
            yaml.map("matchExpressions", |yaml| {
                yaml.item(|yaml| {
                    yaml.text("key", if self.container.is_some() { "name" } else { "repo" });
                    yaml.text("operator", "In");
                    yaml.map("values", |yaml| {
                        self.container.iter().chain(&self.repositories).for_each(|it| yaml.entry(it))
                    });
                });
            });
        });
    }
}

/// The repository as Tetragon compares it: with the registry.
fn repository(image: &str) -> String {
    let short = Reference::parse(image).repository;
    match image.strip_prefix("docker.io/").or(short.split('/').next().filter(|first| !first.contains(['.', ':']))) {
        Some(_) if short.is_empty() => short,
        Some(_) if short.contains('/') => format!("docker.io/{short}"),
        Some(_) => format!("docker.io/library/{short}"),
        None => short,
    }
}
