//! A `TracingPolicyNamespaced` of Tetragon (cilium.io/v1alpha1) that tells, or ends, what is outside of a baseline.
//!
//! Programs are asked for at `security_bprm_creds_from_file` (Linux 5.8), where the file is the one that will run: of a
//! script its interpreter, as it stands in a baseline. Of the selectors of a hook the first that matches decides; Tetragon
//! takes at most five.

mod place;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use place::Place;

use super::guard::{Guard, Programs, Reach};
use super::name::name;
use super::yaml::Yaml;
use super::{Least, Policy, seen};
use crate::baseline::{Connect, Destination, Peer, Port, Workload, moment};

/// Selectors that are left for destinations: five, without that for loopback and that for all others.
const GROUPS: usize = 3;
/// Longest text that Tetragon compares with `Prefix` (`STRING_PREFIX_MAX_LENGTH`).
const LONGEST: usize = 255;
/// Which argument of `security_bprm_creds_from_file` the file is.
const FILE: u32 = 1;
/// What nobody opens who has not to do with it; a directory stands for all that is in it, as what a kubelet puts there has
/// another path each time.
const SENSITIVE: [&str; 8] = [
    "/etc/shadow",
    "/etc/gshadow",
    "/etc/sudoers",
    "/etc/kubernetes/admin.conf",
    "/root/.kube/config",
    "/root/.ssh/id_rsa",
    "/root/.ssh/id_ed25519",
    "/run/secrets/kubernetes.io/serviceaccount/",
];

/// The files that runc and crun run as themselves: as they are installed, and as copies without a name.
const RUNTIME: [&str; 6] = [
    "/",
    "/memfd:runc_cloned:/proc/self/exe",
    "/usr/bin/runc",
    "/usr/sbin/runc",
    "/usr/local/sbin/runc",
    "/usr/bin/crun",
];

/// What is done with what is outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Enforce {
    /// It is told.
    #[default]
    Alert,
    /// Its process is ended.
    Kill,
}

impl Enforce {
    fn action(self) -> &'static str {
        match self {
            Enforce::Alert => "Post",
            Enforce::Kill => "Sigkill",
        }
    }
}

/// The policy for a workload. Outside of pods, `namespace` says where the pods are that run its image.
///
/// # Errors
/// Why there is none, and what to do.
pub fn tetragon(
    workload: &str,
    known: &Workload,
    enforce: Enforce,
    namespace: Option<&str>,
    least: Least,
) -> Result<Policy, String> {
    least.holds(known)?;
    let place = Place::of(workload, known, namespace)?;
    let (mut guard, mut notes) = (Guard { tcp_only: true, ..Guard::default() }, Vec::new());
    let programs = programs(known, &mut notes)?;
    let files = files(known);
    let reaches = reaches(known);
    if reaches.joined {
        notes.push(
            "destinations were joined, as Tetragon takes five selectors: it lets more through than was seen".into(),
        );
    }
    let fixed = reaches.moving.is_empty();
    let ending = if fixed { enforce } else { Enforce::Alert };
    if !fixed && enforce == Enforce::Kill {
        notes.push(format!("connections are only told, as the addresses of {} change", reaches.moving.join(", ")));
    }
    let title = name(workload);
    let mut yaml = Yaml::default();
    head(&mut yaml, workload, known, enforce, &notes);
    yaml.text("apiVersion", "cilium.io/v1alpha1");
    yaml.text("kind", "TracingPolicyNamespaced");
    yaml.map("metadata", |yaml| {
        yaml.text("name", &title);
        yaml.text("namespace", &place.namespace);
    });
    yaml.map("spec", |yaml| {
        place.write(yaml);
        yaml.map("kprobes", |yaml| {
            write_programs(yaml, &programs, known, enforce);
            write_files(yaml, &files, enforce);
            write_connections(yaml, &reaches, known, ending);
        });
    });
    guard.programs = Some(programs);
    guard.files = Some(files);
    guard.reaches = Some(reaches.groups);
    Ok(Policy { name: title, workloads: vec![workload.to_owned()], text: yaml.finish(), guard, notes })
}

fn head(yaml: &mut Yaml, workload: &str, known: &Workload, enforce: Enforce, notes: &[String]) {
    let does = match enforce {
        Enforce::Alert => "Tells what",
        Enforce::Kill => "Ends what",
    };
    yaml.comment(&format!(
        "{does} {workload} never did in {} s and {} containers, from {} to {}.",
        known.watched,
        known.containers,
        moment(known.first),
        moment(known.last)
    ));
    yaml.comment("It holds for whoever comes in from outside (kubectl exec, health checks by commands), too.");
    notes.iter().for_each(|note| yaml.comment(&format!("Note: {note}.")));
}

/// The programs that may run.
fn programs(known: &Workload, notes: &mut Vec<String>) -> Result<Programs, String> {
    let mut all = Programs::default();
    for (path, program) in &known.programs {
        let Ok(text) = std::str::from_utf8(path.bytes()) else {
            return Err(format!("it runs {}, a path that is no UTF-8, which Tetragon cannot be told", path.lossless()));
        };
        if text.len() > LONGEST {
            return Err(format!("it runs {text}, a path longer than the {LONGEST} bytes that Tetragon compares"));
        }
        match text.split_once('*') {
            None => drop(all.paths.insert(text.to_owned())),
            Some((prefix, _)) => {
                notes.push(format!("whatever begins with {prefix} may run, as Tetragon has no pattern like {text}"));
                all.prefixes.insert(prefix.to_owned());
            }
        }
        if program.applets.keys().any(|name| name.bytes().starts_with(b"/")) {
            notes.push(format!("{text} may run any script, as Tetragon asks for programs alone"));
        } else if !program.applets.is_empty() {
            notes.push(format!("{text} is many programs, and all of them may run"));
        }
    }
    match all.paths.is_empty() && all.prefixes.is_empty() {
        true => Err("no program of it was seen: a policy would forbid all".to_owned()),
        false => Ok(all),
    }
}

/// The files that nobody opens here.
fn files(known: &Workload) -> BTreeSet<String> {
    let opened = |path: &str| match path.ends_with('/') {
        true => known.files.keys().any(|known| known.bytes().starts_with(path.as_bytes())),
        false => known.files.keys().any(|known| known.bytes() == path.as_bytes()),
    };
    SENSITIVE.iter().filter(|path| !opened(path)).map(|path| (*path).to_owned()).collect()
}

/// Where it may connect to.
struct Reaches {
    groups: Vec<Reach>,
    /// Destinations whose addresses change.
    moving: Vec<String>,
    joined: bool,
}

fn reaches(known: &Workload) -> Reaches {
    let mut at: BTreeMap<Port, BTreeSet<IpAddr>> = BTreeMap::new();
    let mut moving = Vec::new();
    let tcp = known.connects.iter().filter(|(to, _)| !to.port.udp);
    for (to, connect) in tcp {
        let addresses = at.entry(to.port).or_default();
        match to.peer {
            Peer::Address(address) => addresses.extend(Some(address)),
            _ => {
                addresses.extend(&connect.addresses);
                moving.push(to.peer.to_string());
            }
        }
    }
    for to in known.dns.keys().filter(|to| !to.port.udp) {
        if let Peer::Address(address) = to.peer {
            at.entry(to.port).or_default().insert(address);
        }
    }
    let mut groups: Vec<Reach> = Vec::new();
    for (port, mut addresses) in at {
        addresses.retain(|address| !address.is_loopback());
        if addresses.is_empty() {
            continue;
        }
        match groups.iter_mut().find(|reach| reach.addresses == addresses) {
            Some(reach) => drop(reach.ports.insert(port)),
            None => groups.push(Reach { addresses, ports: BTreeSet::from([port]), ..Reach::default() }),
        }
    }
    let joined = groups.len() > GROUPS;
    groups.sort_by_key(|reach| std::cmp::Reverse(reach.addresses.len()));
    for spare in groups.split_off(groups.len().min(GROUPS)) {
        if let Some(last) = groups.last_mut() {
            last.addresses.extend(spare.addresses);
            last.ports.extend(spare.ports);
        }
    }
    moving.dedup();
    Reaches { groups, moving, joined }
}

fn write_programs(yaml: &mut Yaml, programs: &Programs, known: &Workload, enforce: Enforce) {
    yaml.comment("Programs: the file that is about to run.");
    yaml.item(|yaml| {
        yaml.text("call", "security_bprm_creds_from_file");
        yaml.word("syscall", false);
        yaml.map("args", |yaml| argument(yaml, FILE, "file"));
        yaml.map("selectors", |yaml| {
            passes(yaml, FILE, "Equal", programs.paths.iter().map(|path| (path.clone(), program(path, known))));
            passes(
                yaml,
                FILE,
                "Prefix",
                programs.prefixes.iter().map(|path| (path.clone(), program(&format!("{path}*"), known))),
            );
            write_runtime(yaml);
            yaml.comment("All others:");
            yaml.item(|yaml| actions(yaml, enforce));
        });
    });
}

/// runc copies itself and runs the copy when it is in the container's cgroup already, and in none of its namespaces yet.
fn write_runtime(yaml: &mut Yaml) {
    yaml.comment("The runtime on its way in, which is still among the mounts and processes of the host:");
    yaml.item(|yaml| {
        yaml.map("matchArgs", |yaml| {
            matches(yaml, FILE, "Equal", RUNTIME.iter().map(|path| ((*path).to_owned(), None)))
        });
        yaml.map("matchNamespaces", |yaml| {
            for kind in ["Mnt", "Pid"] {
                yaml.item(|yaml| {
                    yaml.text("namespace", kind);
                    yaml.text("operator", "In");
                    yaml.map("values", |yaml| yaml.entry("host_ns"));
                });
            }
        });
        yaml.map("matchActions", |yaml| yaml.item(|yaml| yaml.text("action", "NoPost")));
    });
}

/// What was seen of a program.
fn program(path: &str, known: &Workload) -> String {
    let those = known.programs.iter().filter(|(known, _)| {
        let known = known.lossless();
        known == path || path.ends_with('*') && known.starts_with(path.trim_end_matches('*'))
    });
    those.map(|(_, program)| format!("seen {}", seen(&program.seen))).next().unwrap_or_default()
}

fn write_files(yaml: &mut Yaml, files: &BTreeSet<String>, enforce: Enforce) {
    if files.is_empty() {
        return;
    }
    yaml.comment("Files that it never opened.");
    yaml.item(|yaml| {
        yaml.text("call", "security_file_permission");
        yaml.word("syscall", false);
        yaml.map("args", |yaml| {
            argument(yaml, 0, "file");
            argument(yaml, 1, "int");
        });
        yaml.map("selectors", |yaml| {
            for (operator, directory) in [("Equal", false), ("Prefix", true)] {
                let those: Vec<&String> = files.iter().filter(|path| path.ends_with('/') == directory).collect();
                if those.is_empty() {
                    continue;
                }
                yaml.item(|yaml| {
                    yaml.map("matchArgs", |yaml| {
                        matches(yaml, 0, operator, those.into_iter().map(|path| (path.clone(), None)));
                    });
                    actions(yaml, enforce);
                });
            }
        });
    });
}

fn write_connections(yaml: &mut Yaml, reaches: &Reaches, known: &Workload, enforce: Enforce) {
    yaml.comment(
        "Connections over TCP. UDP is not asked: who sends without connecting is not seen here; see --kind network.",
    );
    if reaches.groups.is_empty() {
        yaml.comment("None was seen.");
    }
    for (to, connect) in known.connects.iter().filter(|(to, _)| !to.port.udp) {
        yaml.comment(&format!("{to}: {}", destination(to, connect)));
    }
    yaml.item(|yaml| {
        yaml.text("call", "tcp_connect");
        yaml.word("syscall", false);
        yaml.map("args", |yaml| argument(yaml, 0, "sock"));
        yaml.map("selectors", |yaml| {
            let own = ["127.0.0.0/8", "::1/128"];
            passes(yaml, 0, "DAddr", own.iter().map(|it| ((*it).to_owned(), "its own".to_owned())));
            for reach in &reaches.groups {
                yaml.item(|yaml| {
                    yaml.map("matchArgs", |yaml| {
                        matches(yaml, 0, "DAddr", reach.addresses.iter().map(|it| (it.to_string(), None)));
                        matches(yaml, 0, "DPort", reach.ports.iter().map(|it| (ports(*it), None)));
                    });
                    yaml.map("matchActions", |yaml| yaml.item(|yaml| yaml.text("action", "NoPost")));
                });
            }
            yaml.comment("All others:");
            yaml.item(|yaml| actions(yaml, enforce));
        });
    });
}

fn destination(to: &Destination, connect: &Connect) -> String {
    let addresses: Vec<String> = connect.addresses.iter().map(ToString::to_string).collect();
    match to.peer {
        Peer::Address(_) => format!("seen {}", seen(&connect.seen)),
        _ => format!("seen {} ({})", seen(&connect.seen), addresses.join(", ")),
    }
}

/// A port, or those that a kernel hands out, as Tetragon has ranges.
fn ports(port: Port) -> String {
    port.number.map_or_else(|| "32768:65535".to_owned(), |number| number.to_string())
}

fn argument(yaml: &mut Yaml, index: u32, kind: &str) {
    yaml.item(|yaml| {
        yaml.word("index", index);
        yaml.text("type", kind);
    });
}

/// A selector that lets through, and tells nothing.
fn passes(yaml: &mut Yaml, index: u32, operator: &str, values: impl ExactSizeIterator<Item = (String, String)>) {
    if values.len() == 0 {
        return;
    }
    yaml.item(|yaml| {
        yaml.map("matchArgs", |yaml| matches(yaml, index, operator, values.map(|(value, why)| (value, Some(why)))));
        yaml.map("matchActions", |yaml| yaml.item(|yaml| yaml.text("action", "NoPost")));
    });
}

fn matches(yaml: &mut Yaml, index: u32, operator: &str, values: impl Iterator<Item = (String, Option<String>)>) {
    yaml.item(|yaml| {
        yaml.word("index", index);
        yaml.text("operator", operator);
        yaml.map("values", |yaml| {
            for (value, why) in values {
                match why {
                    Some(why) => yaml.entry_because(&value, &why),
                    None => yaml.entry(&value),
                }
            }
        });
    });
}

fn actions(yaml: &mut Yaml, enforce: Enforce) {
    yaml.map("matchActions", |yaml| yaml.item(|yaml| yaml.text("action", enforce.action())));
}
