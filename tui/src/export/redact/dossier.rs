//! Dossiers without what they should not tell.

use super::Redactor;
use crate::export::report::{Actor, Dossier, FindingTold, Proof};

impl Redactor {
    /// Learns from a dossier what is secret.
    pub fn learn_dossier(&mut self, dossier: &Dossier) {
        self.know_host(&dossier.node.host);
        dossier.places.iter().filter_map(|place| place.id.as_ref()).for_each(|id| self.know_id(id));
        for process in &dossier.processes {
            self.learn_argv(process.argv.iter().map(String::as_str));
            process.before.iter().for_each(|ran| self.learn_argv(ran.argv.iter().map(String::as_str)));
            process.exe.iter().chain(&process.cwd).for_each(|path| self.learn_text(path));
        }
        for (_, finding) in dossier.findings() {
            self.learn_text(&finding.title);
            finding.why.iter().for_each(|why| self.learn_text(&why.text));
        }
        dossier.files.iter().for_each(|file| self.learn_text(&file.path));
    }

    /// A dossier without what it should not tell.
    pub fn dossier(&mut self, mut dossier: Dossier) -> Dossier {
        self.learn_dossier(&dossier);
        dossier.redacted = true;
        dossier.node.host = self.host(&dossier.node.host);
        dossier.title = self.text(&dossier.title);
        dossier.processes.iter_mut().for_each(|process| self.actor(process));
        dossier.stages.iter_mut().flat_map(|stage| &mut stage.findings).for_each(|finding| self.found(finding));
        for place in &mut dossier.places {
            place.name = self.text(&place.name);
            place.image = place.image.as_ref().map(|image| self.image(image));
            for text in [&mut place.pod, &mut place.namespace].into_iter().flatten() {
                *text = self.text(text);
            }
        }
        for contact in &mut dossier.endpoints {
            contact.address = self.address(contact.address);
            contact.name = contact.name.as_ref().map(|name| self.host(name));
            for it in &mut contact.uses {
                it.local = it.local.map(|address| self.address(address));
            }
        }
        dossier.files.iter_mut().for_each(|file| file.path = self.text(&file.path));
        dossier.missing.iter_mut().for_each(|text| *text = self.text(text));
        if let Proof::Recording { file, signer, state, .. } = &mut dossier.proof {
            [file, state].into_iter().chain(signer).for_each(|text| *text = self.text(text));
        }
        dossier
    }

    fn actor(&mut self, process: &mut Actor) {
        process.argv = self.argv(process.argv.iter().map(String::as_str));
        for path in [&mut process.exe, &mut process.cwd].into_iter().flatten() {
            *path = self.text(path);
        }
        if let Some(login) = &mut process.login {
            login.from = login.from.map(|from| self.address(from));
        }
        for ran in &mut process.before {
            ran.exe = self.text(&ran.exe);
            ran.argv = self.argv(ran.argv.iter().map(String::as_str));
        }
    }

    fn found(&mut self, finding: &mut FindingTold) {
        finding.title = self.text(&finding.title);
        for why in &mut finding.why {
            why.predicate = self.text(&why.predicate);
            why.text = self.text(&why.text);
        }
    }
}
