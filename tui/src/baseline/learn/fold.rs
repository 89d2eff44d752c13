//! Facts of groups become the entries of workloads: names take the place of what varies.

use super::*;
use crate::baseline::entry::{Capability, Connect};
use crate::baseline::fact::capability_name;
use crate::baseline::general::SEVERAL;
use crate::baseline::peer::Source;

/// Peers without a name, of one port, that are told one by one; more are anybody.
const PEERS: usize = 8;

/// What each group brought to its workload.
pub(super) fn workloads(
    told: Vec<(GroupKey, Fact, Tally)>,
    met: BTreeMap<GroupKey, Met>,
) -> BTreeMap<String, Workload> {
    let mut of_groups: BTreeMap<GroupKey, Workload> = BTreeMap::new();
    for (group, fact, tally) in told {
        let workload = of_groups.entry(group).or_insert_with(|| Workload { immutable: true, ..Workload::default() });
        take(workload, fact, tally);
    }
    let mut all: BTreeMap<String, Workload> = BTreeMap::new();
    for (key, met) in met {
        let Some(name) = met.name.clone() else { continue };
        let Some(mut own) = of_groups.remove(&key) else { continue };
        describe(&mut own, met);
        match all.get_mut(&name) {
            Some(known) => known.merge(own),
            None => drop(all.insert(name, own)),
        }
    }
    for workload in all.values_mut() {
        // What was read of a program that nothing else is believed of.
        workload.programs.retain(|_, program| program.seen.count > 0);
        generalise(workload);
    }
    all
}

fn describe(workload: &mut Workload, met: Met) {
    let reference = met.image.as_deref().map(Reference::parse);
    workload.images.extend(reference.as_ref().map(Reference::short));
    workload.digests.extend(reference.and_then(|it| it.digest));
    (workload.namespace, workload.labels, workload.containers) = (met.namespace, met.labels, 1);
    (workload.first, workload.last) = (seconds(met.first), seconds(met.last));
    workload.watched = met.last.since(met.first) / 1_000_000_000;
}

/// Adds a fact that was seen once more.
pub(in crate::baseline) fn once(workload: &mut Workload, fact: Fact, time: Time) {
    take(workload, fact, Tally { count: 1, first: time, last: time });
}

fn take(workload: &mut Workload, fact: Fact, tally: Tally) {
    let seen = Seen { count: tally.count, containers: 1, first: seconds(tally.first), last: seconds(tally.last) };
    match fact {
        Fact::Program { path, applet, parent, user, written } => {
            let program = workload.programs.entry(path).or_default();
            alike(&mut program.seen, seen);
            program.users.insert(user);
            program.written |= written;
            workload.immutable &= !written;
            parent.into_iter().for_each(|parent| alike(program.parents.entry(parent).or_default(), seen));
            applet.into_iter().for_each(|applet| alike(program.applets.entry(applet).or_default(), seen));
        }
        Fact::Content { path, hash } => drop(workload.programs.entry(path).or_default().hashes.insert(hash)),
        Fact::Listen(port) => alike(workload.listens.entry(port).or_default(), seen),
        Fact::Connect(to, address) => {
            let connect = workload.connects.entry(to.clone()).or_default();
            alike(&mut connect.seen, seen);
            connect.addresses.extend((!matches!(to.peer, Peer::Address(_))).then_some(address));
        }
        Fact::Accept(from) => alike(workload.accepts.entry(from).or_default(), seen),
        Fact::Dns(server) => alike(workload.dns.entry(server).or_default(), seen),
        Fact::File { path, read, write, program } => {
            let file = workload.files.entry(path).or_default();
            alike(&mut file.seen, seen);
            file.read |= read;
            file.write |= write;
            file.programs.insert(program);
        }
        Fact::Held(set) => {
            for bit in (0..64).filter(|bit| set >> bit & 1 == 1) {
                alike(&mut workload.capabilities.entry(capability_name(bit)).or_default().seen, seen);
            }
        }
        Fact::Used(bit) => {
            let capability: &mut Capability = workload.capabilities.entry(capability_name(bit)).or_default();
            alike(&mut capability.seen, seen);
            capability.used = true;
        }
        Fact::Changed => workload.immutable = false,
    }
}

/// Adds what was seen in the same container.
fn alike(known: &mut Seen, seen: Seen) {
    let containers = known.containers.max(1);
    known.merge(&seen);
    known.containers = containers;
}

/// What varies becomes one.
pub(in crate::baseline) fn generalise(workload: &mut Workload) {
    let most = workload.containers;
    workload.programs = patterns(std::mem::take(&mut workload.programs));
    workload.files = patterns(std::mem::take(&mut workload.files));
    // Two paths that became one may have been seen in the same container.
    workload.programs.values_mut().for_each(|it| it.seen.containers = it.seen.containers.min(most));
    workload.files.values_mut().for_each(|it| it.seen.containers = it.seen.containers.min(most));
    for program in workload.programs.values_mut() {
        program.parents = patterns(std::mem::take(&mut program.parents));
        program.applets = patterns(std::mem::take(&mut program.applets));
    }
    for file in workload.files.values_mut() {
        let known = generalised(file.programs.iter());
        file.programs =
            std::mem::take(&mut file.programs).into_iter().map(|it| known.get(&it).cloned().unwrap_or(it)).collect();
    }
    ports(workload);
    peers(workload);
}

fn patterns<V: crate::baseline::Entry>(entries: BTreeMap<Text, V>) -> BTreeMap<Text, V> {
    let known = generalised(entries.keys());
    let mut out = BTreeMap::new();
    for (path, entry) in entries {
        let path = known.get(&path).cloned().unwrap_or(path);
        join(&mut out, BTreeMap::from([(path, entry)]));
    }
    out
}

/// Several ports that the kernel hands out, of one protocol (to one peer), are any.
fn ports(workload: &mut Workload) {
    for udp in [false, true] {
        let handed_out = |port: &Port| port.udp == udp && port.is_ephemeral();
        if workload.listens.keys().filter(|port| handed_out(port)).count() >= SEVERAL {
            let old = std::mem::take(&mut workload.listens);
            for (port, seen) in old {
                let port = if handed_out(&port) { port.any_ephemeral() } else { port };
                join(&mut workload.listens, BTreeMap::from([(port, seen)]));
            }
        }
    }
    let mut of_peer: BTreeMap<(Peer, bool), usize> = BTreeMap::new();
    for to in workload.connects.keys().filter(|to| to.port.is_ephemeral()) {
        *of_peer.entry((to.peer.clone(), to.port.udp)).or_default() += 1;
    }
    let old: BTreeMap<Destination, Connect> = std::mem::take(&mut workload.connects);
    for (mut to, connect) in old {
        let several = of_peer.get(&(to.peer.clone(), to.port.udp)).is_some_and(|count| *count >= SEVERAL);
        if several && to.port.is_ephemeral() {
            to.port = to.port.any_ephemeral();
        }
        join(&mut workload.connects, BTreeMap::from([(to, connect)]));
    }
}

/// Many peers without a name are anybody.
fn peers(workload: &mut Workload) {
    let mut of_port: BTreeMap<Port, usize> = BTreeMap::new();
    let nameless = |from: &Source| matches!(from.peer, Peer::Address(_));
    for from in workload.accepts.keys().filter(|from| nameless(from)) {
        *of_port.entry(from.port).or_default() += 1;
    }
    let old = std::mem::take(&mut workload.accepts);
    for (mut from, seen) in old {
        if nameless(&from) && of_port.get(&from.port).is_some_and(|count| *count > PEERS) {
            from.peer = Peer::Any;
        }
        join(&mut workload.accepts, BTreeMap::from([(from, seen)]));
    }
}
