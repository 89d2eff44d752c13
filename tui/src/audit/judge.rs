//! Each check, held against what is known of a container.

use super::catalogue::{Check, checks};
use super::facts::{Facts, Votes, Word, is_real, list};
use super::{Outcome, paths, standards};
use crate::detect::Severity;
use crate::model::{
    Allowed, HostMount, NsKind, Process, Seccomp, USUAL_CAPABILITIES, Witness, capability, capability_names,
};

use Severity::{High, Info, Low, Medium};

/// Capabilities that are as good as root of the node.
const AS_ROOT: [&str; 8] =
    ["SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF", "SYS_BOOT", "MAC_ADMIN", "MAC_OVERRIDE"];
/// Capabilities that disturb or look into others.
const STRONG: [&str; 8] =
    ["SYS_PTRACE", "NET_ADMIN", "PERFMON", "SYSLOG", "SYS_TIME", "CHECKPOINT_RESTORE", "SYS_NICE", "SYS_RESOURCE"];

/// What every check says of a container, and of which nobody knows.
pub(super) fn all(facts: &Facts<'_>) -> (Vec<Outcome>, Vec<&'static Check>) {
    let (mut results, mut unknown) = (Vec::new(), Vec::new());
    for check in checks() {
        match verdict(check, facts) {
            Verdict::Bad(outcome) => results.push(outcome),
            Verdict::Unknown => unknown.push(check),
            Verdict::Good => {}
        }
    }
    (results, unknown)
}

pub(super) enum Verdict {
    Bad(Outcome),
    Good,
    Unknown,
}

fn verdict(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    match check.id.as_str() {
        "gained_rights" => gained(check, facts),
        "privileged" => plain(check, facts, |it| said(it.privileged, "privileged, or as good as", "not privileged")),
        "runtime_socket" => runtime_socket(check, facts),
        "host_mounts" => shared(check, facts, NsKind::Mnt),
        "host_path" => host_path(check, facts),
        "host_device" => host_device(check, facts),
        "dangerous_capabilities" => dangerous(check, facts),
        "host_pid" => shared(check, facts, NsKind::Pid),
        "host_ipc" => shared(check, facts, NsKind::Ipc),
        "host_network" => shared(check, facts, NsKind::Net),
        "host_uts" => shared(check, facts, NsKind::Uts),
        "seccomp_off" => plain(check, facts, seccomp),
        "proc_unmasked" => plain(check, facts, |it| {
            said(it.masked.map(|masked| !masked), "nothing of /proc is hidden", "parts of /proc are hidden")
        }),
        "apparmor_off" => apparmor(check, facts),
        "root_user" => root(check, facts),
        "gains_privileges" => plain(check, facts, |it| {
            said(it.no_new_privs.map(|set| !set), "no_new_privs is not set", "no_new_privs is set")
        }),
        "net_raw" => net_raw(check, facts),
        "writable_image" => plain(check, facts, |it| {
            said(it.read_only.map(|read_only| !read_only), "its root is writable", "its root is read-only")
        }),
        "capabilities_kept" => kept(check, facts),
        "host_port" => standards::host_port(check, facts),
        "unsafe_sysctl" => standards::unsafe_sysctl(check, facts),
        "selinux_off" => standards::selinux(check, facts),
        "host_volume" => standards::host_volume(check, facts),
        // A test holds the catalogue against this list.
        _ => Verdict::Unknown,
    }
}

fn said(bad: Option<bool>, yes: &str, no: &str) -> Option<(bool, String)> {
    bad.map(|bad| (bad, if bad { yes } else { no }.to_owned()))
}

/// A check that is bad or not: as bad as the catalogue says.
fn plain(check: &'static Check, facts: &Facts<'_>, judge: impl Fn(&Allowed) -> Option<(bool, String)>) -> Verdict {
    decide(check, facts.ask(judge), check.severity)
}

/// What follows of what everybody says. Where the kernel says that it is not so, that it was asked for is worth a look.
pub(super) fn decide(check: &'static Check, votes: Votes, severity: Severity) -> Verdict {
    if votes.is_unknown() {
        return Verdict::Unknown;
    }
    if votes.bad.is_empty() {
        return Verdict::Good;
    }
    let severity = if votes.is_so() { severity } else { severity.min(Low) };
    let disagree = votes.disagree();
    Verdict::Bad(Outcome { check, severity, why: votes.bad, disagree, process: None })
}

fn shared(check: &'static Check, facts: &Facts<'_>, kind: NsKind) -> Verdict {
    let name = kind.name();
    let (yes, no) = (format!("its {name} namespace is the node's"), format!("it has a {name} namespace of its own"));
    plain(check, facts, |it| said(it.shares(kind), &yes, &no))
}

fn seccomp(allowed: &Allowed) -> Option<(bool, String)> {
    let seccomp = allowed.seccomp?;
    let profile = allowed.profile.as_ref().map(|profile| format!(" ({profile})")).unwrap_or_default();
    Some((seccomp == Seccomp::Disabled, format!("seccomp is {}{profile}", seccomp.name())))
}

/// By the kernel's word alone: a runtime says `unconfined` on nodes as well that have no AppArmor.
fn apparmor(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    let votes = facts.ask_each(|witness, it| {
        let profile = it.apparmor.as_deref().unwrap_or("none: the node has no AppArmor");
        let said = (profile.starts_with("unconfined"), format!("AppArmor profile {profile}"));
        (witness == Witness::Proc).then_some(said)
    });
    decide(check, votes, check.severity)
}

/// The capabilities that a witness says it can have: what its processes can get at most, or hold.
fn reach(allowed: &Allowed) -> Option<u64> {
    if allowed.privileged == Some(true) && allowed.bounding.is_none() {
        return Some(crate::model::ALL_CAPABILITIES);
    }
    allowed.bounding.or(allowed.permitted)
}

fn dangerous(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    let beyond = |it: &Allowed| reach(it).map(|caps| caps & !USUAL_CAPABILITIES);
    let votes = facts.ask(|it| {
        let beyond = beyond(it)?;
        Some((
            beyond != 0,
            if beyond == 0 { "none beyond the usual".to_owned() } else { list(capability_names(beyond)) },
        ))
    });
    let worst = facts.told.iter().filter_map(|(_, it)| Some(rate(beyond(it)?, it))).max().unwrap_or(Low);
    decide(check, votes, worst)
}

fn rate(caps: u64, allowed: &Allowed) -> Severity {
    let any = |names: &[&str]| names.iter().any(|name| caps & capability(name) != 0);
    // Within a user namespace of its own they reach no further than that.
    if allowed.root_is.is_some_and(|root| root != 0) {
        return Low;
    }
    let into_others = caps & capability("SYS_PTRACE") != 0 && allowed.shares(NsKind::Pid) == Some(true);
    if any(&AS_ROOT) || into_others {
        High
    } else if any(&STRONG) {
        Medium
    } else {
        Low
    }
}

fn net_raw(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    let raw = capability("NET_RAW");
    plain(check, facts, |it| {
        said(reach(it).map(|caps| caps & raw != 0), "NET_RAW is among its capabilities", "no NET_RAW")
    })
}

fn kept(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    // What Pod Security Standards let stay: to listen on low ports.
    let bind = capability("NET_BIND_SERVICE");
    plain(check, facts, |it| {
        let kept = reach(it)? & !bind;
        Some((kept != 0, if kept == 0 { "none".to_owned() } else { list(capability_names(kept)) }))
    })
}

/// Whether it can become root of the node. It weighs most where something else is open, too.
fn root(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    let votes = facts.ask(|it| {
        let uid = it.uid?;
        let mapped = it.root_is.filter(|root| *root != 0);
        let text = match mapped {
            Some(root) if uid == 0 => format!("user 0, which is {root} on the node"),
            _ => format!("user {uid}"),
        };
        Some((uid == 0 && mapped.is_none(), text))
    });
    // A runtime knows of the user, the kernel of whom that is on the node.
    let mapped = facts.best(|it| it.root_is).is_some_and(|root| root != 0);
    let open = facts.told.iter().any(|(witness, it)| {
        let beyond = reach(it)
            .is_some_and(|caps| rate(caps & !USUAL_CAPABILITIES, it) >= Medium && caps & !USUAL_CAPABILITIES != 0);
        is_real(*witness) && (beyond || it.seccomp == Some(Seccomp::Disabled))
    });
    decide(
        check,
        votes,
        if mapped {
            Info
        } else if open {
            Medium
        } else {
            Low
        },
    )
}

pub(super) fn mounts<'a>(it: &'a Allowed, wanted: impl Fn(&HostMount) -> bool + 'a) -> Option<Vec<&'a HostMount>> {
    Some(it.mounts.as_ref()?.iter().filter(|mount| wanted(mount)).collect())
}

pub(super) fn told(mounts: &[&HostMount]) -> String {
    list(mounts.iter().map(|mount| {
        let how = if mount.writable { "writable" } else { "read-only" };
        format!("{} at {} ({how})", mount.source.lossless(), mount.target.lossless())
    }))
}

fn runtime_socket(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    plain(check, facts, |it| {
        let found = mounts(it, paths::leads_to_runtime)?;
        Some((!found.is_empty(), if found.is_empty() { "none".to_owned() } else { told(&found) }))
    })
}

fn host_path(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    // A socket of a runtime is told of by a check of its own.
    let matters = |mount: &HostMount| !paths::is_runtime_socket(mount) && paths::rate(mount).is_some();
    let votes = facts.ask(|it| {
        let found = mounts(it, matters)?;
        Some((!found.is_empty(), if found.is_empty() { "none that matters".to_owned() } else { told(&found) }))
    });
    let all = facts.told.iter().filter_map(|(_, it)| mounts(it, matters)).flatten();
    let worst = all.filter_map(paths::rate).max().unwrap_or(Low);
    decide(check, votes, worst)
}

fn host_device(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    let found = |it: &Allowed| -> Option<Vec<String>> {
        let given = it.devices.iter().flatten().map(|device| device.lossless());
        let mounted = it.mounts.iter().flatten().map(|mount| mount.source.lossless());
        (it.devices.is_some() || it.mounts.is_some())
            .then(|| given.chain(mounted).filter(|path| paths::rate_device(path).is_some()).collect())
    };
    let mut votes = facts.ask(|it| {
        let found = found(it)?;
        Some((!found.is_empty(), if found.is_empty() { "none".to_owned() } else { list(found) }))
    });
    // A device that a runtime makes is no mount: /proc does not tell of it.
    votes.good.retain(|word| !is_real(word.witness));
    let all = facts.told.iter().filter_map(|(_, it)| found(it)).flatten();
    let worst = all.filter_map(|path| paths::rate_device(&path)).max().unwrap_or(Low);
    decide(check, votes, worst)
}

/// A living process with capabilities that the container was not given: by what a runtime asked for, else by what its first
/// process could have at most.
fn gained(check: &'static Check, facts: &Facts<'_>) -> Verdict {
    let asked = facts.told.iter().filter(|(witness, _)| !is_real(*witness));
    let asked = asked.filter_map(|(witness, it)| Some((*witness, it.bounding?)));
    let first = facts.told.iter().filter_map(|(witness, it)| Some((*witness, it.bounding?))).next();
    let Some((witness, given)) = asked.min_by_key(|(_, caps)| caps.count_ones()).or(first) else {
        return Verdict::Unknown;
    };
    // Who is in a user namespace of its own has every right in there, and none outside.
    let node = facts.model.boot().namespaces.get(NsKind::User);
    let own_users = facts.best(|it| it.root_is).is_some_and(|root| root != 0);
    let counts = |process: &&Process| process.alive() && (own_users || process.namespaces.get(NsKind::User) == node);
    // A runtime's own process is there with all rights until it has become the container's.
    let mnt = facts.model.boot().namespaces.get(NsKind::Mnt);
    let inside = |process: &&Process| process.namespaces.get(NsKind::Mnt) != mnt;
    let processes = facts.model.members(facts.key).filter(counts).filter(inside);
    let more = processes.filter_map(|it| Some((it, it.caps.permitted & !given)).filter(|(_, more)| *more != 0));
    let Some((process, more)) = more.min_by_key(|(it, _)| it.id) else { return Verdict::Good };
    let name = process.image().map(|image| image.exe.lossless()).unwrap_or_default();
    let names = list(capability_names(more));
    let why = vec![
        Word { witness: Witness::Events, text: format!("process {} ({name}) has {names}", process.id.pid) },
        Word { witness, text: format!("without {names}") },
    ];
    let disagree = Some(format!("events say: {}; but {} says: {}", why[0].text, witness.name(), why[1].text));
    let severity = if rate(more, &Allowed::default()) == Low { Medium } else { check.severity };
    Verdict::Bad(Outcome { check, severity, why, disagree, process: Some(process.id) })
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::check;
    use super::*;

    #[test]
    fn every_check_of_the_catalogue_is_judged_and_every_name_is_in_it() {
        let code = include_str!("judge.rs");
        let arms: Vec<&str> = code
            .lines()
            .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => "))
            .map(|it| it.0)
            .collect();
        for id in &arms {
            assert!(check(id).is_some(), "{id}");
        }
        for known in checks() {
            assert!(arms.contains(&known.id.as_str()), "{}", known.id);
        }
    }
}
