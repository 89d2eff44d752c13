//! What a model remembers, without what it should not tell.

use std::net::SocketAddr;
use std::sync::Arc;

use super::Redactor;
use crate::detect::{Entry, Incident};
use crate::model::{Cgroup, Memory, Process};

impl Redactor {
    /// Learns from a memory what is secret.
    pub fn learn_memory(&mut self, memory: &Memory) {
        self.know_host(&memory.boot().host);
        for process in memory.processes() {
            process.images.iter().for_each(|image| self.learn_image(image));
        }
        memory.containers().for_each(|news| self.know_id(&news.id));
    }

    /// A memory without what it should not tell.
    pub fn memory(&mut self, mut memory: Memory) -> Memory {
        self.learn_memory(&memory);
        let parts = memory.parts();
        parts.boot.host = self.host(&parts.boot.host);
        parts.processes.into_iter().for_each(|process| self.remembered(process));
        parts.containers.into_iter().for_each(|news| self.container(news));
        parts.postures.into_iter().for_each(|posture| self.posture(posture));
        parts.statuses.iter_mut().for_each(|status| status.text = self.text(&status.text));
        let this = std::cell::RefCell::new(&mut *self);
        memory.map_names(
            |address| this.borrow().ip(address),
            |name| this.borrow().address_name(name),
            |user| this.borrow().user(user),
        );
        memory.map_programs(|path| this.borrow_mut().bytes(path));
        memory.map_ends(|address: SocketAddr| self.address(address));
        memory
    }

    fn remembered(&mut self, process: &mut Process) {
        for image in &mut process.images {
            let mut told = (**image).clone();
            self.run(&mut told);
            if told != **image {
                *image = Arc::new(told);
            }
        }
        if let Some(cgroup) = &process.cgroup {
            let path = self.bytes(&cgroup.path);
            if path != cgroup.path {
                process.cgroup = Some(Arc::new(Cgroup { path, ..(**cgroup).clone() }));
            }
        }
        process.stdio.iter_mut().flatten().for_each(|end| self.descriptor(end));
        process.caller = process.caller.map(|address| self.address(address));
        process.connections.iter_mut().for_each(|connection| self.connection(connection));
    }

    /// A line of the log of a detector, likewise.
    pub fn entry(&mut self, entry: Entry) -> Entry {
        match entry {
            Entry::Found(finding) => {
                let mut finding = self.finding(*finding);
                if let Some(exception) = &mut finding.muted {
                    let because = self.text(&exception.because);
                    Arc::make_mut(exception).because = because;
                }
                Entry::Found(Box::new(finding))
            }
            Entry::Incident(incident) => {
                let Incident { title, endpoints, .. } = *incident.clone();
                let title = self.text(&title);
                let endpoints = endpoints.into_iter().map(|address| self.address(address)).collect();
                Entry::Incident(Box::new(Incident { title, endpoints, ..*incident }))
            }
            Entry::Merged(from, into) => Entry::Merged(from, into),
        }
    }
}
