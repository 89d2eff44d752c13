//! One connection to a runtime, from the first question to the first fault.

use std::collections::BTreeMap;
use std::convert::Infallible;

use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::Endpoint;
use super::line::{Line, containerd, cri};
use super::news::{addresses, from_container, from_record, from_sandbox, joined};
use super::posture;
use super::wire::{
    ContainerAsked, ContainerTold, ContainerdVersion, Containers, CriEvent, CriVersion, Envelope, Namespaces, Records,
    SandboxAsked, SandboxTold, Sandboxes, Subscribe, Tasks,
};
use crate::clock::now;
use crate::identity::bundle::Config;
use crate::identity::daemon::Pace;
use crate::identity::fault::Fault;
use crate::identity::teller::Teller;
use crate::model::{Allowed, ContainerNews, ContainerState, Event, Health, Role, Runtime, Witness};

/// What containerd tells of: containers that come and go, tasks that start, end, are paused.
const TOPICS: [&str; 2] = ["topic~=\"^/containers/\"", "topic~=\"^/tasks/(start|exit|delete|paused|resumed|create)\""];

/// Docker keeps its containers in this namespace, without their names: its own API tells of them.
const DOCKER: &str = "moby";

/// Signs of life until CRI is asked for again where it did not answer.
const AGAIN: u32 = 12;

/// What containers are allowed, by their full ids; `None` where their specification does not say.
type Specs = Vec<(String, Option<Allowed>)>;

/// A runtime that has answered.
struct Daemon<'a> {
    line: Line,
    pace: &'a Pace,
    /// Its version, where it is a containerd.
    own: Option<String>,
    /// The runtime's name and version, where it speaks CRI; why not, where it should.
    cri: Result<Option<(Runtime, String)>, Fault>,
}

/// Lists, tells, and follows; returns only with what ended it.
pub(super) async fn session(endpoint: &Endpoint, teller: &mut Teller) -> Result<Infallible, Fault> {
    let pace = &endpoint.pace;
    let line = Line::open(&endpoint.socket, pace.request).await?;
    let own = match line.ask::<ContainerdVersion>(containerd::VERSION, None, pace.request).await {
        Ok(answer) => Some(answer.version),
        Err(Fault::Unimplemented) => None,
        // Whoever has answered nothing yet may be anybody.
        Err(Fault::Broken(detail)) => return Err(Fault::Foreign(detail)),
        Err(fault) => return Err(fault),
    };
    let cri = cri(&line, pace).await;
    let cri = match (&own, cri) {
        (None, Ok(None)) => return Err(Fault::Foreign("it has none of the calls".into())),
        (None, Err(fault)) => return Err(fault),
        (_, cri) => cri,
    };
    let mut daemon = Daemon { line, pace, own, cri };
    let mut streams = JoinSet::new();
    let mut told = daemon.listen(&mut streams);
    let count = daemon.picture(teller).await?;
    let (health, text) = daemon.says(endpoint, count);
    let status = teller.status(health, text);
    teller.send(status.into_iter().collect()).await;
    daemon.follow(endpoint, teller, &mut told).await
}

/// Who speaks CRI there; `None` where nobody does (containerd with `disabled_plugins = ["cri"]`).
async fn cri(line: &Line, pace: &Pace) -> Result<Option<(Runtime, String)>, Fault> {
    match line.ask::<CriVersion>(cri::VERSION, None, pace.request).await {
        Ok(CriVersion { name, version }) => {
            let runtime = match name.as_str() {
                "containerd" => Runtime::Containerd,
                "cri-o" => Runtime::Crio,
                "docker" => Runtime::Docker,
                _ => Runtime::Unknown,
            };
            Ok(Some((runtime, format!("{name} {version}"))))
        }
        Err(Fault::Unimplemented) => Ok(None),
        Err(fault) => Err(fault),
    }
}

impl Daemon<'_> {
    /// Streams that say when to look again. Their requests are on the way before the first list is asked for.
    fn listen(&self, streams: &mut JoinSet<()>) -> Receiver<Result<(), Fault>> {
        let (sender, told) = channel(1);
        if self.own.is_some() {
            let filters = TOPICS.map(str::to_owned).to_vec();
            let line = self.line.clone();
            streams.spawn(line.listen::<_, Envelope>(containerd::EVENTS, Subscribe { filters }, sender));
        } else {
            streams.spawn(self.line.clone().listen::<_, CriEvent>(cri::EVENTS, (), sender));
        }
        told
    }

    async fn follow(
        &mut self,
        endpoint: &Endpoint,
        teller: &mut Teller,
        told: &mut Receiver<Result<(), Fault>>,
    ) -> Result<Infallible, Fault> {
        let mut ping = interval(self.pace.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut listed, mut streaming, mut pings) = (Instant::now(), true, 0_u32);
        // Once more soon: what happened between the first list and the stream's beginning.
        let mut due = Some(listed + self.pace.settle);
        loop {
            tokio::select! {
                heard = told.recv(), if streaming => match heard {
                    // At once where there was rest, so that who lives for milliseconds is seen; a burst is one question.
                    Some(Ok(())) => due = due.or(Some((listed + self.pace.settle).max(Instant::now()))),
                    // A CRI without events (containerd before 1.7; CRI-O unless it is told to): it is looked at instead.
                    Some(Err(Fault::Unimplemented | Fault::Failed(_))) if self.own.is_none() => streaming = false,
                    Some(Err(fault)) => return Err(fault),
                    None => return Err(Fault::Closed),
                },
                _ = ping.tick() => {
                    pings = pings.wrapping_add(1);
                    if self.own.is_some() {
                        self.line.ask::<ContainerdVersion>(containerd::VERSION, None, self.pace.request).await?;
                    } else {
                        self.line.ask::<CriVersion>(cri::VERSION, None, self.pace.request).await?;
                    }
                    if self.cri.is_err() && pings.is_multiple_of(AGAIN) {
                        self.cri = cri(&self.line, self.pace).await;
                        due = Some(Instant::now());
                    }
                }
                () = sleep_until(due.unwrap_or(listed + self.pace.look)), if due.is_some() || !streaming => {
                    due = None;
                    let count = self.picture(teller).await?;
                    listed = Instant::now();
                    if self.cri.is_err() {
                        let (health, text) = self.says(endpoint, count);
                        let status = teller.status(health, text);
                        teller.send(status.into_iter().collect()).await;
                    }
                }
            }
        }
    }

    /// Tells what differs from what was told; gives the number of containers.
    async fn picture(&self, teller: &mut Teller) -> Result<usize, Fault> {
        let asked = now();
        let (mut all, mut specs) = (BTreeMap::new(), Vec::new());
        if self.own.is_some() {
            specs = self.records(teller, &mut all).await?;
        }
        if let Ok(Some((runtime, _))) = &self.cri {
            for news in self.of_cri(*runtime, teller).await? {
                let id = news.id.clone();
                let news = match all.remove(&id) {
                    Some(own) => joined(own, news),
                    None => news,
                };
                all.insert(id, news);
            }
        }
        let count = all.len();
        let ask = |news: &&ContainerNews| self.may_ask(news);
        let started: Vec<_> = all.values().filter(ask).map(|news| (news.id.clone(), news.role)).collect();
        let mut events = teller.pictured(None, asked, all.into_values().collect());
        events.extend(specs.into_iter().filter_map(|(id, allowed)| teller.allowed(&id, Witness::Bundle, allowed)));
        teller.send(events).await;
        self.find_allowed(started, teller).await;
        Ok(count)
    }

    /// Whether CRI can tell more of a container: one that runs, and that it knows.
    fn may_ask(&self, news: &ContainerNews) -> bool {
        matches!(&self.cri, Ok(Some(_))) && news.role.is_some() && news.state == ContainerState::Running
    }

    /// Asks what containers are allowed, and what was asked for their pods, once of each. As addresses they are an extra, and nobody waits for them twice.
    async fn find_allowed(&self, all: Vec<(String, Option<Role>)>, teller: &mut Teller) {
        for (id, role) in all {
            if teller.knows_allowed(&id, Witness::Cri) {
                continue;
            }
            let answer = match role {
                Some(Role::Sandbox) => self.of_pod(&id).await,
                _ => self.of_container(&id).await,
            };
            let slow = matches!(answer, Err(Fault::Hangs(_)));
            let allowed = answer.ok().flatten();
            let event: Option<Event> = teller.allowed(&id, Witness::Cri, allowed);
            teller.send(event.into_iter().collect()).await;
            if slow {
                return;
            }
        }
    }

    async fn of_container(&self, id: &str) -> Result<Option<Allowed>, Fault> {
        let asked = ContainerAsked { id: id.to_owned(), verbose: true };
        let told = self.line.ask_for::<_, ContainerTold>(cri::CONTAINER, None, asked, self.pace.request).await?;
        Ok(told.info.get("info").and_then(|info| posture::of(info)))
    }

    async fn of_pod(&self, id: &str) -> Result<Option<Allowed>, Fault> {
        let asked = SandboxAsked { id: id.to_owned(), verbose: true };
        let told = self.line.ask_for::<_, SandboxTold>(cri::SANDBOX, None, asked, self.pace.request).await?;
        Ok(told.info.get("info").and_then(|info| posture::of_pod(info)))
    }

    /// What containerd runs, in all of its namespaces, and what those that run and are not known yet are allowed.
    async fn records(&self, teller: &Teller, all: &mut BTreeMap<String, ContainerNews>) -> Result<Specs, Fault> {
        let limit = self.pace.list;
        let mut specs = Specs::new();
        let spaces = self.line.ask::<Namespaces>(containerd::NAMESPACES, None, limit).await?.namespaces;
        for space in spaces.into_iter().map(|space| space.name).filter(|name| name != DOCKER) {
            let records = self.line.ask::<Records>(containerd::CONTAINERS, Some(&space), limit).await?.containers;
            let tasks = self.line.ask::<Tasks>(containerd::TASKS, Some(&space), limit).await?.tasks;
            let tasks: BTreeMap<_, _> = tasks
                .iter()
                .map(|task| (if task.container.is_empty() { &task.id } else { &task.container }, task))
                .collect();
            let time = now();
            for record in records {
                // One that ended is not looked at, and forgotten.
                let runs = tasks.get(&record.id).is_some_and(|task| task.status != 3);
                if runs && !teller.knows_allowed(&record.id, Witness::Bundle) {
                    let spec = record.spec.as_ref().and_then(|spec| Config::parse(&spec.value).ok());
                    specs.push((record.id.clone(), spec.and_then(|spec| spec.allowed().cloned())));
                }
                let (task, before) = (tasks.get(&record.id).copied(), teller.known(&record.id));
                if let Some(news) = from_record(record, task, before, time) {
                    all.insert(news.id.clone(), news);
                }
            }
        }
        Ok(specs)
    }

    /// What the kubelet asked for: sandboxes, and the containers in them.
    async fn of_cri(&self, runtime: Runtime, teller: &Teller) -> Result<Vec<ContainerNews>, Fault> {
        let limit = self.pace.list;
        let sandboxes = self.line.ask::<Sandboxes>(cri::SANDBOXES, None, limit).await?.items;
        let containers = self.line.ask::<Containers>(cri::CONTAINERS, None, limit).await?.containers;
        let time = now();
        let sandboxes = sandboxes.into_iter().filter_map(|sandbox| from_sandbox(sandbox, runtime, time));
        let mut sandboxes: BTreeMap<_, _> = sandboxes.map(|news| (news.id.clone(), news)).collect();
        self.find_addresses(&mut sandboxes, teller).await;
        let containers = containers.into_iter();
        let mut all: Vec<_> =
            containers.filter_map(|container| from_container(container, &sandboxes, runtime, time)).collect();
        all.extend(sandboxes.into_values());
        Ok(all)
    }

    /// Asks for the addresses of the pods that run, once of each. They are an extra: whoever does not tell them, or not in
    /// time, is asked again with the next picture.
    async fn find_addresses(&self, sandboxes: &mut BTreeMap<String, ContainerNews>, teller: &Teller) {
        for (id, news) in sandboxes.iter_mut().filter(|(_, news)| news.state == ContainerState::Running) {
            if let Some(before) = teller.known(id).filter(|before| !before.addresses.is_empty()) {
                news.addresses.clone_from(&before.addresses);
                continue;
            }
            let asked = SandboxAsked { id: id.clone(), verbose: false };
            match self.line.ask_for::<_, SandboxTold>(cri::SANDBOX, None, asked, self.pace.request).await {
                Ok(told) => news.addresses = addresses(told),
                Err(_) => return,
            }
        }
    }

    /// How it does, in a line.
    fn says(&self, endpoint: &Endpoint, count: usize) -> (Health, String) {
        let at = endpoint.socket.display();
        match (&self.own, &self.cri) {
            (Some(own), Ok(Some(_))) => {
                (Health::Ok, format!("containerd {own} at {at}, {count} containers listed, by its own API and CRI"))
            }
            (Some(own), Ok(None)) => (
                Health::Ok,
                format!("containerd {own} at {at}, {count} containers listed, by its own API: it has no CRI"),
            ),
            (Some(own), Err(fault)) => {
                (Health::Degraded, format!("containerd {own} at {at}, {count} containers listed; of its CRI: {fault}"))
            }
            (None, Ok(Some((_, name)))) => (Health::Ok, format!("{name} at {at}, {count} containers listed, by CRI")),
            (None, _) => (Health::Degraded, format!("{at} has no API that is known")),
        }
    }
}
