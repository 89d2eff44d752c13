//! A seccomp profile without the system calls that an incident used and normal work does not.
//!
//! Of some 350 system calls those are watched that matter here ([`WATCHED`]), far too few to tell which ones a workload
//! needs. So no list of allowed calls is made up: those of a profile that is there already are taken, and from them what
//! the incident used is taken away.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::baseline::{Line, Residents, Suspects, moment};
use crate::model::{
    Act, Deed, Event, GroupKey, KernelCall, Kind, Model, MountCall, NamespaceCall, ProcessId, ReachCall, Time,
};

/// The system calls that an event shows.
pub const WATCHED: [&str; 29] = [
    "add_key",
    "bpf",
    "chroot",
    "delete_module",
    "finit_module",
    "fsmount",
    "fsopen",
    "init_module",
    "io_uring_setup",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "memfd_create",
    "mount",
    "move_mount",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pidfd_getfd",
    "pivot_root",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "request_key",
    "setns",
    "umount",
    "umount2",
    "unshare",
    "userfaultfd",
];

/// Uses that are kept of each call; of more, only the first.
const KEPT: usize = 4_096;

/// Gathers which system calls are used in containers.
#[derive(Debug, Default)]
pub struct Calls {
    residents: Residents,
    met: BTreeMap<&'static str, Vec<(Time, Line)>>,
    names: BTreeMap<ProcessId, String>,
}

impl Calls {
    /// Looks at an event that `model` has taken in. Calls that were refused count: they were asked for. What the runtime
    /// does on its way in does not: no profile is in force yet.
    pub fn observe(&mut self, event: &Event, model: &Model) {
        let Event::Process(event) = event else { return };
        let Some(process) = model.process(event.process) else { return };
        if !matches!(process.group, GroupKey::Container(_)) || !self.residents.works(event, model) {
            return;
        }
        let Kind::Act(act) = &event.kind else { return };
        for call in calls(act) {
            let met = self.met.entry(call).or_default();
            let known = met.iter().any(|(_, line)| line.process() == event.process);
            if known || met.len() >= KEPT {
                continue;
            }
            met.push((event.time, Line::of(event.process, model)));
            let name = process.image().map_or_else(String::new, |image| image.exe.lossless());
            self.names.insert(event.process, format!("{name} ({})", event.process.pid));
        }
    }

    /// What belongs to something that was found, and what does not.
    pub fn finish(self, suspects: &Suspects) -> (Used, Used) {
        let (mut incident, mut normal) = (Used::default(), Used::default());
        for (call, met) in self.met {
            for (time, line) in met {
                let used = if suspects.did(&line, time) { &mut incident } else { &mut normal };
                let who = self.names.get(&line.process()).cloned().unwrap_or_default();
                used.add(call, time, who);
            }
        }
        (incident, normal)
    }
}

/// System calls that were used, each by whom first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    calls: BTreeMap<&'static str, (Time, String)>,
}

impl Used {
    fn add(&mut self, call: &'static str, time: Time, who: String) {
        self.calls.entry(call).or_insert((time, who));
    }

    /// Adds what was used elsewhere.
    pub fn merge(&mut self, other: Used) {
        other.calls.into_iter().for_each(|(call, (time, who))| self.add(call, time, who));
    }

    /// Whether a call is among them.
    pub fn has(&self, call: &str) -> bool {
        self.calls.contains_key(call)
    }

    fn names(&self) -> BTreeSet<&'static str> {
        self.calls.keys().copied().collect()
    }
}

/// A profile, and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seccomp {
    /// The profile, as JSON.
    pub text: String,
    /// The calls that it takes away.
    pub denied: Vec<&'static str>,
    /// What somebody who applies it should know.
    pub notes: Vec<String>,
}

/// The profile `base` (JSON, as container runtimes take it) without what `incident` used and `normal` did not.
///
/// # Errors
/// Why there is none, and what to do.
pub fn seccomp(base: Option<&str>, incident: &Used, normal: &Used) -> Result<Seccomp, String> {
    let denied: Vec<&str> = incident.names().difference(&normal.names()).copied().collect();
    let both: Vec<&str> = incident.names().intersection(&normal.names()).copied().collect();
    if denied.is_empty() {
        return Err(match both.is_empty() {
            true => format!(
                "nothing to take away: the incident used none of the {} system calls that are watched ({})",
                WATCHED.len(),
                WATCHED.join(", ")
            ),
            false => format!("nothing to take away: normal work used {} as well", both.join(", ")),
        });
    }
    let Some(base) = base else {
        return Err(format!(
            "too little is known for a profile of its own: of some 350 system calls {} are watched, and a list of allowed \
             ones out of these would stop every program. Give the profile that is in force with --base FILE (of Docker and \
             containerd: their default profile, as JSON), and these are taken from it: {}",
            WATCHED.len(),
            denied.join(", ")
        ));
    };
    let mut profile: Map<String, Value> =
        serde_json::from_str(base).map_err(|error| format!("the base profile is no JSON object: {error}"))?;
    let default = profile.get("defaultAction").and_then(Value::as_str).map(str::to_owned);
    let Some(default) = default.filter(|action| action.starts_with("SCMP_ACT_")) else {
        return Err("the base profile has no defaultAction like SCMP_ACT_ERRNO".to_owned());
    };
    let rules = profile.entry("syscalls").or_insert_with(|| json!([]));
    let Some(rules) = rules.as_array_mut() else { return Err("`syscalls` of the base profile is no list".to_owned()) };
    let before = rules.iter_mut().map(|rule| take_away(rule, &denied)).collect::<Result<Vec<usize>, String>>()?;
    rules.retain(|rule| rule["names"].as_array().is_none_or(|names| !names.is_empty()));
    // Where whatever is in no rule is refused, this one only tells why.
    rules.push(refusal(&denied, incident));
    let mut notes = Vec::new();
    if before.iter().sum::<usize>() == 0 && !allows(&default) {
        notes.push("the base profile allowed none of them: it would have stopped the incident as it is".to_owned());
    }
    if allows(&default) {
        notes.push("the base profile allows whatever it does not name".to_owned());
    }
    if !both.is_empty() {
        notes.push(format!("{} stay, as normal work uses them too", both.join(", ")));
    }
    let text = serde_json::to_string_pretty(&profile).map_err(|error| error.to_string())? + "\n";
    Ok(Seccomp { text, denied, notes })
}

fn allows(action: &str) -> bool {
    matches!(action, "SCMP_ACT_ALLOW" | "SCMP_ACT_LOG")
}

/// Takes the names out of a rule; gives how many it allowed.
fn take_away(rule: &mut Value, denied: &[&str]) -> Result<usize, String> {
    let allowed = rule["action"].as_str().is_some_and(allows);
    let Some(names) = rule.get_mut("names").and_then(Value::as_array_mut) else {
        return Err("a rule of the base profile has no list of `names`".to_owned());
    };
    let before = names.len();
    names.retain(|name| name.as_str().is_none_or(|name| !denied.contains(&name)));
    Ok(if allowed { before - names.len() } else { 0 })
}

fn refusal(denied: &[&str], incident: &Used) -> Value {
    let why: Vec<String> = denied
        .iter()
        .filter_map(|call| incident.calls.get(call).map(|(time, who)| format!("{call} by {who} at {}", moment(*time))))
        .collect();
    json!({"names": denied, "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "comment": format!("Seen: {}", why.join("; "))})
}

/// The system calls that an act stands for.
fn calls(act: &Act) -> Vec<&'static str> {
    let one: &[&str] = match &act.what {
        Deed::Namespaces { how, .. } => match how {
            NamespaceCall::Enter => &["setns"],
            NamespaceCall::Unshare => &["unshare"],
            // Every fork is a clone: by its name alone it cannot be refused.
            NamespaceCall::Clone => &[],
        },
        Deed::Mount(mount) => match mount.how {
            MountCall::Mount => &["mount"],
            MountCall::Unmount => &["umount", "umount2"],
            MountCall::Move => &["move_mount"],
            MountCall::FsMount => &["fsmount"],
            MountCall::OpenTree => &["open_tree"],
            MountCall::FsOpen => &["fsopen"],
            MountCall::PivotRoot => &["pivot_root"],
            MountCall::Chroot => &["chroot"],
        },
        Deed::Reach { how, .. } => match how {
            ReachCall::Attach | ReachCall::Poke => &["ptrace"],
            ReachCall::ReadMemory => &["process_vm_readv"],
            ReachCall::WriteMemory => &["process_vm_writev"],
            ReachCall::TakeDescriptor => &["pidfd_getfd"],
            ReachCall::Limit => &["prlimit64"],
        },
        Deed::Signal { .. } => &["kill"],
        Deed::Memfd { .. } => &["memfd_create"],
        Deed::Open(opened) if opened.by_handle => &["open_by_handle_at"],
        Deed::Kernel { how, .. } => match how {
            KernelCall::Bpf => &["bpf"],
            KernelCall::LoadModule => &["finit_module", "init_module"],
            KernelCall::UnloadModule => &["delete_module"],
            KernelCall::Perf => &["perf_event_open"],
            KernelCall::Userfaultfd => &["userfaultfd"],
            KernelCall::Keyring => &["add_key", "keyctl", "request_key"],
            KernelCall::Kexec => &["kexec_file_load", "kexec_load"],
            KernelCall::IoUring => &["io_uring_setup"],
            KernelCall::FileHandle => &["open_by_handle_at"],
        },
        _ => &[],
    };
    one.to_vec()
}
