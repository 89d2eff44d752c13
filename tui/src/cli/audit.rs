//! `audit`: containers that run with more than they should, on this node or in a recording.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{Instant, timeout_at};

use super::arguments::{AuditArguments, Format};
use super::reading::Judged;
use super::said::say;
use super::{Exit, Failure, reading, sources};
use crate::audit::{self, Audited};
use crate::detect::Severity;
use crate::export::{audited, json};
use crate::identity::Paths;
use crate::identity::names::{self, Sources};
use crate::model::{Event, Health, Model};
use crate::source::host::Host;
use crate::source::snapshot::snapshot;

/// Batches of the runtimes that may wait.
const BATCHES: usize = 64;
/// How long runtimes have to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// They have told everything when they are silent for so long after the last has answered.
const QUIET: Duration = Duration::from_millis(300);

/// Holds every container against the checks, and tells.
pub(super) fn audit(arguments: &AuditArguments) -> Result<(), Failure> {
    let model = match &arguments.file {
        Some(file) => reading::read(file, &Judged::default(), &mut |_, _, _| {})?.model,
        None => node(arguments)?,
    };
    let mut all = audit::audit(&model);
    choose(&mut all, arguments, &model)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    match tell(&mut out, arguments.format, &all, &model).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done.context("cannot write").map_err(Failure::from),
    }
}

/// Leaves what was asked for.
fn choose(all: &mut Vec<Audited>, arguments: &AuditArguments, model: &Model) -> Result<(), Failure> {
    if !arguments.containers.is_empty() {
        all.retain(|audited| arguments.containers.iter().any(|wanted| is_called(audited, wanted, model)));
        if all.is_empty() {
            let names = arguments.containers.join(", ");
            let place = if arguments.file.is_some() { "in the recording" } else { "on this node" };
            return Err(Failure::new(
                Exit::Failed,
                format!("no container {place} is called {names}: without --container all are told"),
            ));
        }
    }
    let least: Severity = arguments.at_least.into();
    all.iter_mut().for_each(|audited| audited.results.retain(|outcome| outcome.severity >= least));
    Ok(())
}

fn is_called(audited: &Audited, wanted: &str, model: &Model) -> bool {
    let news = model.group(&audited.key).and_then(|group| group.container.as_ref()).map(|container| &container.news);
    let names = news.map(|news| [news.name.as_deref(), news.pod.as_deref()]).into_iter().flatten().flatten();
    names.into_iter().any(|name| name == wanted) || (wanted.len() >= 4 && audited.id.starts_with(wanted))
}

fn tell(out: &mut impl Write, format: Format, all: &[Audited], model: &Model) -> io::Result<()> {
    for one in all {
        match format {
            Format::Json => json::write_audited(out, one, model)?,
            Format::Text => audited::write_audited(out, one, model)?,
        }
    }
    match format {
        Format::Json => Ok(()),
        Format::Text => audited::write_summary(out, all, audit::sandboxes(model)),
    }
}

/// This node as it is now: what /proc says, and what its runtimes tell within their time.
fn node(arguments: &AuditArguments) -> Result<Model, Failure> {
    let config = arguments.config()?;
    let sources = sources::runtimes(&config, Host::here().root());
    let seen = snapshot(&Paths);
    if seen.unreadable > 0 {
        let count = seen.unreadable;
        eprintln!(
            "{count} processes of containers may not be looked into: as root, or with CAP_SYS_PTRACE, it is told what the kernel allows them"
        );
    }
    let mut model = Model::default();
    seen.events.iter().for_each(|event| model.apply(event));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the runtime")?.block_on(async {
        let (sender, told) = channel(BATCHES);
        let waited = expected(&sources);
        names::follow(sources, &sender);
        drop(sender);
        listen(told, waited, &mut model).await;
    });
    Ok(model)
}

/// Those who will say how they are: every daemon whose socket is there.
fn expected(sources: &Sources) -> BTreeSet<String> {
    let docker = sources.docker.iter().filter(|it| it.socket.exists()).map(|it| it.topic.clone());
    let cri = sources.cri.iter().filter(|it| it.socket.exists()).map(|it| it.topic.clone());
    docker.chain(cri).collect()
}

/// Takes in what is told, until all have answered and are silent, or their time is over; who did not answer is named.
async fn listen(mut told: Receiver<Vec<Event>>, mut waited: BTreeSet<String>, model: &mut Model) {
    let end = Instant::now() + PATIENCE;
    loop {
        let until = if waited.is_empty() { end.min(Instant::now() + QUIET) } else { end };
        let Ok(Some(batch)) = timeout_at(until, told.recv()).await else { break };
        for event in &batch {
            if let Event::Status(status) = event {
                waited.remove(&status.topic);
                if status.health == Health::Degraded {
                    say(format_args!("{}: {}", status.topic, status.text));
                }
            }
            model.apply(event);
        }
    }
    for topic in waited {
        eprintln!("{topic}: no answer within {} seconds: what it would tell is missing", PATIENCE.as_secs());
    }
}
