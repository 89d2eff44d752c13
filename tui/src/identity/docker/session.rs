//! One connection to a daemon, from the first question to the first fault.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use bollard::models::{EventMessage, SystemVersion};
use bollard::query_parameters::{EventsOptionsBuilder, ListContainersOptionsBuilder};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures_util::StreamExt as _;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::super::daemon::Pace;
use super::super::fault::Fault;
use super::super::teller::Teller;
use super::Endpoint;
use super::news;
use super::posture::{self, Defaults};
use crate::clock::now;
use crate::model::{ContainerNews, ContainerState, Event, Health, Runtime, Time, Witness};

/// More ids than this are not asked for one by one.
const ASK_ALL: usize = 64;

/// A daemon that has answered.
struct Daemon<'a> {
    docker: Docker,
    runtime: Runtime,
    /// What it does where nothing else is asked for.
    defaults: Defaults,
    pace: &'a Pace,
}

/// Lists, tells, and follows; returns only with what ended it.
pub(super) async fn session(endpoint: &Endpoint, teller: &mut Teller) -> Result<Infallible, Fault> {
    let pace = &endpoint.pace;
    let path = endpoint.socket.to_str().ok_or_else(|| Fault::Broken("the path is not UTF-8".into()))?;
    // Its own limit covers the head of an answer only; `within` covers all of it, and comes first.
    let docker = Docker::connect_with_unix(path, pace.list.as_secs() + 60, API_DEFAULT_VERSION)?;
    let version = within(pace.request, docker.version()).await?;
    let (runtime, name) = identify(version, endpoint.runtime)?;
    // An extra: whoever does not tell it is a runtime all the same.
    let defaults = within(pace.request, docker.info()).await.map(Defaults::of).unwrap_or_default();
    let daemon = Daemon { docker, runtime, defaults, pace };
    // From before the list, so that nothing falls between the list and the stream.
    let since = now();
    let containers = daemon.list(None).await?;
    let text = format!("{name} at {}, {} containers listed", endpoint.socket.display(), containers.len());
    let running = running(&containers);
    let mut events = teller.pictured(None, since, containers);
    events.extend(teller.status(Health::Ok, text));
    teller.send(events).await;
    daemon.inspect(running, teller).await;
    daemon.follow(since, teller).await
}

impl Daemon<'_> {
    async fn follow(&self, since: Time, teller: &mut Teller) -> Result<Infallible, Fault> {
        let filters = HashMap::from([("type", vec!["container"])]);
        let options = EventsOptionsBuilder::default().since(&unix(since)).filters(&filters).build();
        let mut stream = pin!(self.docker.events(Some(options)));
        let mut ping = interval(self.pace.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut touched = BTreeSet::new();
        let mut settle = Instant::now();
        loop {
            tokio::select! {
                message = stream.next() => {
                    let message = message.ok_or(Fault::Closed)??;
                    if let Some(id) = self.hear(&message, teller).await {
                        settle = Instant::now() + self.pace.settle;
                        touched.insert(id);
                    }
                }
                // A daemon that hangs keeps its event stream open, and silent.
                _ = ping.tick() => {
                    within(self.pace.request, self.docker.ping()).await?;
                }
                () = sleep_until(settle), if !touched.is_empty() => {
                    let asked = std::mem::take(&mut touched);
                    let asked = (asked.len() <= ASK_ALL).then_some(&asked);
                    let at = now();
                    let picture = self.list(asked).await?;
                    let running = running(&picture);
                    let events = teller.pictured(asked, at, picture);
                    teller.send(events).await;
                    self.inspect(running, teller).await;
                }
            }
        }
    }

    /// Tells what an event says, and names the container that it touched.
    async fn hear(&self, message: &EventMessage, teller: &mut Teller) -> Option<String> {
        let id = message.actor.as_ref()?.id.clone()?;
        let change = news::from_event(message, teller.known(&id), self.runtime, now())?;
        let time = message.time_nano.and_then(|nanos| u64::try_from(nanos).ok()).map(Time);
        // A list may overtake events that are still on their way: those must not turn the clock back. That they
        // are asked about once more makes up for a list that was itself a moment late.
        if change.gone || !time.is_some_and(|time| teller.outdated(&id, time)) {
            let event = teller.changed(change);
            teller.send(event.into_iter().collect()).await;
        }
        Some(id)
    }

    /// Asks what the containers that run were started with, once of each. It is an extra: whoever does not tell it in time
    /// is not waited for again.
    async fn inspect(&self, ids: Vec<String>, teller: &mut Teller) {
        for id in ids {
            if teller.knows_allowed(&id, Witness::Docker) {
                continue;
            }
            let answer = within(self.pace.request, self.docker.inspect_container(&id, None)).await;
            let slow = matches!(answer, Err(Fault::Hangs(_)));
            let allowed = answer.ok().and_then(|told| posture::of(told, &self.defaults, self.runtime));
            let event: Option<Event> = teller.allowed(&id, Witness::Docker, allowed);
            teller.send(event.into_iter().collect()).await;
            if slow {
                return;
            }
        }
    }

    async fn list(&self, ids: Option<&BTreeSet<String>>) -> Result<Vec<ContainerNews>, Fault> {
        let limit = if ids.is_some() { self.pace.request } else { self.pace.list };
        let mut options = ListContainersOptionsBuilder::default().all(true);
        if let Some(ids) = ids {
            options = options.filters(&HashMap::from([("id", ids.iter().cloned().collect::<Vec<String>>())]));
        }
        let list = within(limit, self.docker.list_containers(Some(options.build()))).await?;
        let time = now();
        Ok(list.into_iter().filter_map(|summary| news::from_summary(summary, self.runtime, time)).collect())
    }
}

/// Who answers: Podman speaks Docker's API, also behind /var/run/docker.sock (podman-docker), and says so.
fn identify(version: SystemVersion, runtime: Runtime) -> Result<(Runtime, String), Fault> {
    if version.api_version.is_none() {
        return Err(Fault::Foreign("its version names no API".into()));
    }
    let number = version.version.unwrap_or_else(|| "of unknown version".into());
    let engines: Vec<String> = version.components.unwrap_or_default().into_iter().map(|part| part.name).collect();
    let says_so = engines.iter().any(|name| name.starts_with("Podman"));
    Ok(if says_so || (engines.is_empty() && runtime == Runtime::Podman) {
        (Runtime::Podman, format!("Podman {number}"))
    } else {
        (Runtime::Docker, format!("Docker {number}"))
    })
}

/// `seconds.nanoseconds`, as the events call takes it.
/// The containers of a picture that run, by their full ids.
fn running(containers: &[ContainerNews]) -> Vec<String> {
    let running = containers.iter().filter(|it| matches!(it.state, ContainerState::Running | ContainerState::Paused));
    running.map(|it| it.id.clone()).collect()
}

fn unix(time: Time) -> String {
    format!("{}.{:09}", time.0 / 1_000_000_000, time.0 % 1_000_000_000)
}

async fn within<T>(
    limit: Duration,
    request: impl Future<Output = Result<T, bollard::errors::Error>>,
) -> Result<T, Fault> {
    match timeout(limit, request).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Fault::Hangs(limit)),
    }
}
