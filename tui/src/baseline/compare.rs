//! What of a fact is outside of what is normal for a workload.

use std::net::IpAddr;

use super::Baseline;
use super::entry::{Connect, FileUse, Program};
use super::fact::{Fact, capability_name};
use super::general::matches;
use super::image::Reference;
use super::peer::{Destination, Peer, Port};
use super::workload::Workload;
use crate::model::Text;

/// How a fact is outside of what is normal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outside {
    /// A program that never ran.
    Program,
    /// A program of many names was called by one that it never was called by, or an interpreter runs a script that it never ran.
    Applet,
    /// A program that ran, with another content.
    Content,
    /// A program that ran, started by another one than ever.
    Parent,
    /// A port that was never listened on.
    Port,
    /// A destination that was never connected to.
    Destination,
    /// A name server that was never asked.
    NameServer,
    /// A sensitive file that was never opened.
    File,
    /// A sensitive file that was read, and never written.
    Written,
    /// A sensitive file that was opened, and never by this program.
    Reader,
    /// Capabilities that nobody ever had.
    Held,
    /// A capability that was had, and never used.
    Used,
}

/// The workload of a baseline that something is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Match<'a> {
    /// Its name.
    pub name: &'a str,
    /// What is normal for it.
    pub workload: &'a Workload,
    /// Where it was learnt from another version of the image: from which, the last of them.
    pub other_version: Option<&'a str>,
}

impl Baseline {
    /// What the containers of this workload and image are to be compared with: the workload of that name; else another
    /// version of the same image.
    pub fn find(&self, name: &str, image: Option<&Reference>) -> Option<Match<'_>> {
        if let Some((name, workload)) = self.workloads.get_key_value(name) {
            let learnt = |image: &Reference| workload.images.contains(&image.short());
            let other = image.is_some_and(|image| !workload.images.is_empty() && !learnt(image));
            let from = workload.images.last().filter(|_| other);
            return Some(Match { name, workload, other_version: from.map(String::as_str) });
        }
        let image = image.filter(|_| name.starts_with("image "))?;
        let same =
            |workload: &&Workload| workload.images.iter().any(|known| Reference::parse(known).same_repository(image));
        let all = self.workloads.iter().filter(|(name, workload)| name.starts_with("image ") && same(workload));
        let (name, workload) = all.max_by_key(|(_, workload)| workload.last)?;
        Some(Match { name, workload, other_version: workload.images.last().map(String::as_str) })
    }
}

impl Workload {
    /// How a fact is outside of what is normal; `None` for one that is normal, and for one that is not compared: who
    /// connects to it is up to others.
    pub fn outside(&self, fact: &Fact) -> Option<Outside> {
        match fact {
            Fact::Program { path, applet, parent, .. } => self.program(path, applet.as_ref(), parent.as_ref()),
            Fact::Content { path, hash } => {
                let known = self.known_program(path)?;
                (!known.hashes.is_empty() && !known.hashes.contains(hash)).then_some(Outside::Content)
            }
            Fact::Listen(port) => {
                let any = port.is_ephemeral() && self.listens.contains_key(&port.any_ephemeral());
                (!any && !self.listens.contains_key(port)).then_some(Outside::Port)
            }
            Fact::Connect(to, address) => (!self.connects_to(to, *address)).then_some(Outside::Destination),
            Fact::Dns(server) => (!self.dns.contains_key(server)).then_some(Outside::NameServer),
            Fact::File { path, read: _, write, program } => self.file(path, *write, program),
            Fact::Held(set) => (self.knows_capabilities() && self.new_capabilities(*set) != 0).then_some(Outside::Held),
            Fact::Used(bit) => {
                let known = self.capabilities.get(&capability_name(*bit));
                known.is_some_and(|known| !known.used).then_some(Outside::Used)
            }
            Fact::Accept(_) | Fact::Changed => None,
        }
    }

    /// Of a set of capabilities those that nobody ever had.
    pub fn new_capabilities(&self, set: u64) -> u64 {
        let known = |bit: u8| self.capabilities.contains_key(&capability_name(bit));
        (0..64).filter(|bit| set >> bit & 1 == 1 && !known(*bit)).fold(0, |set, bit| set | 1 << bit)
    }

    /// Other sensors do not tell capabilities; who has none at all was told so by an exec.
    fn knows_capabilities(&self) -> bool {
        !self.capabilities.is_empty()
    }

    /// What is known of a program; `None` for one that never ran.
    pub fn known_program(&self, path: &Text) -> Option<&Program> {
        self.programs.get(path).or_else(|| self.programs.iter().find(|(known, _)| matches(known, path)).map(|it| it.1))
    }

    fn program(&self, path: &Text, applet: Option<&Text>, parent: Option<&Text>) -> Option<Outside> {
        let Some(known) = self.known_program(path) else { return Some(Outside::Program) };
        if applet.is_some_and(|applet| {
            !known.applets.is_empty() && !known.applets.keys().any(|known| matches(known, applet))
        }) {
            return Some(Outside::Applet);
        }
        let parent = parent.filter(|_| !known.parents.is_empty())?;
        (!known.parents.keys().any(|known| matches(known, parent))).then_some(Outside::Parent)
    }

    fn connects_to(&self, to: &Destination, address: IpAddr) -> bool {
        let ports = [Some(to.port), to.port.is_ephemeral().then(|| to.port.any_ephemeral())];
        ports.into_iter().flatten().any(|port| {
            let known = |peer: Peer| self.connects.contains_key(&Destination { peer, port });
            // A name that was not told this time, or for the first time.
            known(to.peer.clone()) || known(Peer::Address(address)) || self.had_a_name(to, address, port)
        })
    }

    /// The address is one that a name of a known destination stood for.
    fn had_a_name(&self, to: &Destination, address: IpAddr, port: Port) -> bool {
        let stood =
            |(known, connect): (&Destination, &Connect)| known.port == port && connect.addresses.contains(&address);
        !matches!(to.peer, Peer::Name(_)) && self.connects.iter().any(stood)
    }

    fn file(&self, path: &Text, write: bool, program: &Text) -> Option<Outside> {
        let Some(known) = self.known_file(path) else { return Some(Outside::File) };
        if write && !known.write {
            return Some(Outside::Written);
        }
        (!known.programs.is_empty() && !known.programs.iter().any(|it| matches(it, program))).then_some(Outside::Reader)
    }

    fn known_file(&self, path: &Text) -> Option<&FileUse> {
        // `/proc/*/environ` is what every such path is told as.
        self.files.get(path).or_else(|| self.files.iter().find(|(known, _)| matches(known, path)).map(|it| it.1))
    }
}
