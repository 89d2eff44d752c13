//! Events without what they should not tell, so that a whole recording can be rewritten.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::Redactor;
use crate::model::{
    Act, Cgroup, Connection, ContainerNews, Deed, Descriptor, Endpoint, Event, GroupKey, Image, Kind, Mount, Names,
    Naming, Net, Opened, Posture, ProcessEvent, Target, Text, Told, Wrote,
};

impl Redactor {
    /// Learns from an event what is secret.
    pub fn learn(&mut self, event: &Event) {
        match event {
            Event::Boot(boot) => self.know_host(&boot.host),
            Event::Container(news) => self.know_id(&news.id),
            Event::Process(event) => {
                if let Some(GroupKey::Container(id)) = event.cgroup.as_ref().map(|cgroup| &cgroup.place.key) {
                    self.know_id(id);
                }
                match &event.kind {
                    Kind::Exec(exec) => self.learn_image(&exec.image),
                    Kind::Seen(seen) => seen.image.iter().for_each(|image| self.learn_image(image)),
                    Kind::Act(act) => self.learn_text(&act.to_string()),
                    _ => {}
                }
            }
            Event::Names(names) => {
                if let Told::Users(users) = &names.told {
                    users.values().for_each(|user| self.know_user(&user.name));
                }
            }
            Event::Posture(posture) => self.know_id(&posture.container),
            Event::Status(status) => self.learn_text(&status.text),
            Event::Loss(_) => {}
        }
    }

    pub(super) fn learn_image(&mut self, image: &Image) {
        let words: Vec<String> = image.argv.args.iter().map(|word| word.lossless()).collect();
        self.learn_argv(words.iter().map(String::as_str));
        for path in [&image.exe, &image.given, &image.cwd] {
            self.learn_text(&path.lossless());
        }
    }

    /// An event without what it should not tell.
    pub fn event(&mut self, mut event: Event) -> Event {
        self.learn(&event);
        match &mut event {
            Event::Boot(boot) => boot.host = self.host(&boot.host),
            Event::Process(event) => self.process(event),
            Event::Container(news) => self.container(news),
            Event::Names(names) => self.names(names),
            Event::Posture(posture) => self.posture(posture),
            Event::Status(status) => status.text = self.text(&status.text),
            Event::Loss(_) => {}
        }
        event
    }

    fn process(&mut self, event: &mut ProcessEvent) {
        if let Some(cgroup) = &event.cgroup {
            let path = self.bytes(&cgroup.path);
            if path != cgroup.path {
                event.cgroup = Some(Arc::new(Cgroup { path, ..(**cgroup).clone() }));
            }
        }
        match &mut event.kind {
            Kind::Exec(exec) => {
                self.run(&mut exec.image);
                exec.stdio.iter_mut().flatten().for_each(|end| self.descriptor(end));
            }
            Kind::Seen(seen) => {
                seen.image.iter_mut().for_each(|image| self.run(image));
                seen.connections.iter_mut().for_each(|connection| self.connection(connection));
                seen.stdio.iter_mut().flatten().chain(&mut seen.fifos).for_each(|end| self.descriptor(end));
            }
            Kind::Net(net) => self.net(net),
            Kind::Act(act) => self.act(act),
            Kind::Content(content) => self.paths([&mut content.exe]),
            Kind::Fork(_) | Kind::Exit(_) | Kind::Move | Kind::Vanished => {}
        }
    }

    pub(super) fn run(&mut self, image: &mut Image) {
        self.paths([&mut image.exe, &mut image.given, &mut image.cwd]);
        image.argv.args = self.args(&image.argv.args);
    }

    fn paths<const N: usize>(&mut self, paths: [&mut Text; N]) {
        for path in paths {
            *path = self.bytes(path);
        }
    }

    fn net(&self, net: &mut Net) {
        net.local = net.local.map(|address| self.address(address));
        net.remote = net.remote.map(|address| self.address(address));
    }

    pub(super) fn connection(&self, connection: &mut Connection) {
        connection.local = connection.local.map(|address| self.address(address));
        connection.remote = connection.remote.map(|address| self.address(address));
    }

    pub(super) fn descriptor(&self, descriptor: &mut Descriptor) {
        if let Target::Socket(end) = &mut descriptor.to {
            let (local, remote) = (end.local, end.remote);
            *end = Arc::new(Endpoint {
                local: local.map(|address| self.address(address)),
                remote: remote.map(|address| self.address(address)),
                ..(**end).clone()
            });
        }
    }

    fn act(&mut self, act: &mut Act) {
        match &mut act.what {
            Deed::Descriptor { now, .. } => self.descriptor(now),
            Deed::Mount(mount) => {
                let Mount { source, target, kind, host, .. } = mount.as_mut();
                self.paths([source, target, kind]);
                host.iter_mut().for_each(|host| self.paths([host]));
            }
            Deed::Open(opened) => {
                let Opened { path, inside, host, .. } = opened.as_mut();
                self.paths([path, inside]);
                host.iter_mut().for_each(|host| self.paths([host]));
            }
            Deed::Name(naming) => {
                let Naming { path, host, from, .. } = naming.as_mut();
                self.paths([path, from]);
                host.iter_mut().for_each(|host| self.paths([host]));
            }
            Deed::Wrote(wrote) => {
                let Wrote { path, inside, bytes, .. } = wrote.as_mut();
                self.paths([path, inside, bytes]);
            }
            Deed::UnixConnect { path, host, .. } => {
                self.paths([path]);
                host.iter_mut().for_each(|host| self.paths([host]));
            }
            Deed::Memfd { name } | Deed::Kernel { name, .. } | Deed::Ring { path: name, .. } => self.paths([name]),
            Deed::Namespaces { .. }
            | Deed::Reach { .. }
            | Deed::Signal { .. }
            | Deed::Creds { .. }
            | Deed::RawSocket { .. } => {}
            Deed::Relay(_) => {}
        }
    }

    fn names(&mut self, names: &mut Names) {
        match &mut names.told {
            Told::Answer(answer) => {
                answer.name = self.address_name(&answer.name);
                answer.server = self.ip(answer.server);
                answer.addresses.iter_mut().for_each(|address| *address = self.ip(*address));
            }
            Told::Users(users) => users.values_mut().for_each(|user| user.name = self.user(&user.name)),
            Told::Services(services) => {
                let old = std::mem::take(services).into_iter();
                *services = old.map(|(address, name)| (self.ip(address), self.address_name(&name))).collect();
            }
        }
    }

    pub(super) fn posture(&mut self, posture: &mut Posture) {
        let allowed = &mut posture.allowed;
        let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let part = |part: &str| if number(part) { part.to_owned() } else { self.user(part) };
        allowed.user = allowed.user.as_ref().map(|user| user.split(':').map(part).collect::<Vec<_>>().join(":"));
        for text in [&mut allowed.profile, &mut allowed.apparmor, &mut allowed.selinux].into_iter().flatten() {
            *text = self.text(text);
        }
        allowed.mounts.iter_mut().flatten().for_each(|mount| self.paths([&mut mount.source, &mut mount.target]));
        allowed.devices.iter_mut().flatten().for_each(|device| self.paths([device]));
        let asked = &mut allowed.asked;
        asked.ports.iter_mut().flatten().for_each(|port| port.address = port.address.map(|address| self.ip(address)));
        asked.sysctls.iter_mut().flatten().for_each(|(_, value)| *value = self.text(value));
    }

    /// An address without a port.
    pub(super) fn ip(&self, address: IpAddr) -> IpAddr {
        self.address(SocketAddr::new(address, 0)).ip()
    }

    /// The name of an address, which tells as much as the address.
    pub(super) fn address_name(&self, name: &Text) -> Text {
        Text::from(self.host(&name.lossless()).as_str())
    }

    pub(super) fn container(&mut self, news: &mut ContainerNews) {
        for text in [&mut news.name, &mut news.pod, &mut news.namespace].into_iter().flatten() {
            *text = self.text(text);
        }
        news.image = news.image.as_ref().map(|image| self.image(image));
        for value in news.labels.values_mut() {
            *value = self.text(value);
        }
        news.addresses.iter_mut().for_each(|address| *address = self.ip(*address));
    }
}
