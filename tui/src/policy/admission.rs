//! A ValidatingAdmissionPolicy (Kubernetes 1.30) that would have refused the pods of an incident, and refuses none of the
//! others that were seen.

mod control;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use control::Control;
pub use shape::pods;

use super::yaml::Yaml;

/// A pod as its specification would say it, as far as it was seen; a container outside of pods is a pod of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodShape {
    /// Its name, or that of its only container.
    pub name: String,
    /// Its namespace; empty where there is none.
    pub namespace: String,
    /// Its processes are those of the host.
    pub host_pid: bool,
    /// Its network is that of the host.
    pub host_network: bool,
    /// Its semaphores and message queues are those of the host.
    pub host_ipc: bool,
    /// Paths of the host that are mounted in it.
    pub host_paths: BTreeSet<String>,
    /// Its containers.
    pub containers: Vec<ContainerShape>,
}

/// A container as a specification would say it. What is not known is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerShape {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// It is privileged.
    pub privileged: bool,
    /// Capabilities beyond those that every container has, without `CAP_`.
    pub added: BTreeSet<String>,
    /// Its image can be written to.
    pub writable: bool,
    /// It may gain more rights than it was started with.
    pub escalates: bool,
}

/// The policy, and what is to be said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// The documents, as YAML; empty when there is nothing that could be asked.
    pub text: String,
    /// What is asked, each with the pods that may do it all the same, as normal work does.
    pub asked: Vec<Asked>,
    /// What was not asked, and why.
    pub left: Vec<String>,
}

/// Something that a pod must not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What.
    pub control: Control,
    /// What was seen that asks for it, a line each.
    pub because: Vec<String>,
    /// Who does it as normal work, by namespace.
    pub normal: BTreeMap<String, Normal>,
}

/// What is normal work in a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Normal {
    /// Of pods that have no other images than these.
    pub images: BTreeSet<String>,
    /// With no more than these: capabilities, or paths of the host; nothing where there is no more or less of it.
    pub extent: BTreeSet<String>,
}

impl Asked {
    /// Whether it refuses a pod.
    pub fn refuses(&self, pod: &PodShape) -> bool {
        self.control.seen(pod).is_some() && !self.is_normal(pod)
    }

    fn is_normal(&self, pod: &PodShape) -> bool {
        self.normal.get(&pod.namespace).is_some_and(|normal| {
            pod.containers.iter().all(|container| normal.images.contains(&container.image))
                && self.control.extent(pod).is_subset(&normal.extent)
        })
    }
}

/// Asks for what refuses the `guilty`, and lets all of the `normal` through.
pub fn admission(name: &str, guilty: &[PodShape], normal: &[PodShape]) -> Admission {
    let mut made = Admission::default();
    for control in Control::ALL {
        let because: Vec<String> = guilty.iter().filter_map(|pod| control.seen(pod)).collect();
        if because.is_empty() {
            continue;
        }
        let mut asked = Asked { control, because, normal: BTreeMap::new() };
        for pod in normal.iter().filter(|pod| control.seen(pod).is_some()) {
            let images = pod.containers.iter().flat_map(|container| spellings(&container.image));
            let normal = asked.normal.entry(pod.namespace.clone()).or_default();
            normal.images.extend(images);
            normal.extent.extend(control.extent(pod));
        }
        let passing = guilty.iter().filter(|pod| control.seen(pod).is_some() && asked.is_normal(pod));
        let passing: Vec<&str> = passing.map(|pod| pod.name.as_str()).collect();
        if !passing.is_empty() {
            made.left.push(format!(
                "{}, of {}: they do it with the same image in the same place as normal work, and admission cannot tell them \
                 apart",
                control.title(),
                passing.join(", ")
            ));
        }
        if guilty.iter().any(|pod| asked.refuses(pod)) {
            made.asked.push(asked);
        }
    }
    if !made.asked.is_empty() {
        made.text = write(name, &made);
    }
    made
}

/// How an image may be called in a specification, when a runtime calls it `image`.
fn spellings(image: &str) -> Vec<String> {
    let mut all = vec![image.to_owned()];
    let short = image.strip_prefix("docker.io/");
    all.extend(short.map(str::to_owned));
    all.extend(short.and_then(|short| short.strip_prefix("library/")).map(str::to_owned));
    all
}

fn write(name: &str, made: &Admission) -> String {
    let mut yaml = Yaml::default();
    yaml.comment(&format!(
        "Refuses pods as those of {name}. Try it first with validationActions: [\"Audit\", \"Warn\"]."
    ));
    yaml.comment("Static pods are started by the kubelet itself and never asked for here: who can write to a node's manifests passes by.");
    made.left.iter().for_each(|left| yaml.comment(&format!("Not asked: {left}.")));
    yaml.text("apiVersion", "admissionregistration.k8s.io/v1");
    yaml.text("kind", "ValidatingAdmissionPolicy");
    yaml.map("metadata", |yaml| yaml.text("name", name));
    yaml.map("spec", |yaml| {
        yaml.text("failurePolicy", "Fail");
        yaml.map("matchConstraints", |yaml| yaml.map("resourceRules", rules));
        yaml.map("variables", |yaml| variables(yaml, &made.asked));
        yaml.map("validations", |yaml| made.asked.iter().for_each(|asked| validation(yaml, asked)));
    });
    let mut text = yaml.finish();
    text.push_str("---\n");
    text.push_str(&binding(name));
    text
}

fn rules(yaml: &mut Yaml) {
    for (operations, resource) in [(&["CREATE", "UPDATE"][..], "pods"), (&["UPDATE"][..], "pods/ephemeralcontainers")] {
        yaml.item(|yaml| {
            yaml.map("apiGroups", |yaml| yaml.entry(""));
            yaml.map("apiVersions", |yaml| yaml.entry("v1"));
            yaml.map("operations", |yaml| operations.iter().for_each(|operation| yaml.entry(operation)));
            yaml.map("resources", |yaml| yaml.entry(resource));
        });
    }
}

fn variables(yaml: &mut Yaml, asked: &[Asked]) {
    yaml.item(|yaml| {
        yaml.text("name", "containers");
        yaml.block(
            "expression",
            "object.spec.containers + \
             (has(object.spec.initContainers) ? object.spec.initContainers : [])\n\
             + (has(object.spec.ephemeralContainers) ? object.spec.ephemeralContainers : [])",
        );
    });
    for asked in asked.iter().filter(|asked| !asked.normal.is_empty()) {
        yaml.comment("Normal work that was seen to do it:");
        for (namespace, normal) in &asked.normal {
            let list = |all: &BTreeSet<String>| all.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let with = if normal.extent.is_empty() { String::new() } else { format!(" with {}", list(&normal.extent)) };
            yaml.comment(&format!("  in {}: {}{with}", place(namespace), list(&normal.images)));
        }
        yaml.item(|yaml| {
            yaml.text("name", &exemption(asked.control));
            yaml.block("expression", &normal(asked));
        });
    }
}

fn validation(yaml: &mut Yaml, asked: &Asked) {
    asked.because.iter().for_each(|because| yaml.comment(&format!("Seen: {because}.")));
    yaml.item(|yaml| {
        let expression = asked.control.expression();
        let expression = match asked.normal.is_empty() {
            true => expression,
            false => format!("variables.{} ||\n({expression})", exemption(asked.control)),
        };
        yaml.block("expression", &expression);
        yaml.text("message", asked.control.title());
        yaml.text("reason", "Forbidden");
    });
}

fn exemption(control: Control) -> String {
    format!("normal_{}", control.word())
}

fn normal(asked: &Asked) -> String {
    let parts = asked.normal.iter().map(|(namespace, normal)| {
        let no_more = match asked.control.within(&normal.extent) {
            Some(expression) => format!(" &&\n({expression})"),
            None => String::new(),
        };
        format!(
            "(request.namespace == {} && variables.containers.all(c, c.image in {}){no_more})",
            control::literal(namespace),
            control::list(normal.images.iter())
        )
    });
    parts.collect::<Vec<_>>().join(" ||\n")
}

fn place(namespace: &str) -> String {
    match namespace {
        "" => "no namespace".to_owned(),
        namespace => format!("namespace {namespace}"),
    }
}

fn binding(name: &str) -> String {
    let mut yaml = Yaml::default();
    yaml.text("apiVersion", "admissionregistration.k8s.io/v1");
    yaml.text("kind", "ValidatingAdmissionPolicyBinding");
    yaml.map("metadata", |yaml| yaml.text("name", name));
    yaml.map("spec", |yaml| {
        yaml.text("policyName", name);
        yaml.map("validationActions", |yaml| ["Deny", "Audit"].iter().for_each(|action| yaml.entry(action)));
    });
    yaml.finish()
}
