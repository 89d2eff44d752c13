//! `fleet`: many nodes, as their agents tell of them over the bus.

mod hear;
mod node;
mod tell;

use std::io::{self, Write};
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Receiver;

use super::arguments::{FleetArguments, Format, places};
use super::said::say;
use super::{Exit, Failure, live, nats};
use crate::clock::now;
use crate::config;
use crate::feed::{BusOptions, Names};
use crate::fleet::{Fleet, Screen};
use crate::model::{Health, Time};
use crate::runtime::fleet::{FleetOptions, Heard, run_fleet};
use crate::runtime::screen::terminal_wanted;
use tell::Teller;

/// How often it is told what is new, without a screen.
const LOOK: Duration = Duration::from_secs(1);

/// What the bus calls whoever looks at many nodes.
const LOOKER: &str = "fleet";

/// Shows the nodes until the user leaves, or tells of them until it is to end.
pub(super) fn fleet(arguments: &FleetArguments) -> Result<(), Failure> {
    let bus = bus(arguments)?;
    let since = Time(now().0.saturating_sub(u64::try_from(arguments.since.as_nanos()).unwrap_or(u64::MAX)));
    let subject =
        arguments.cluster.as_deref().map_or_else(Names::everything, |it| Names::of_cluster(it).of_all_nodes());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    match arguments.format {
        Some(format) => runtime.block_on(async {
            let heard = hear::hear(&bus, since, &subject).await.map_err(unheard)?;
            Ok(headless(heard, format, arguments.duration).await?)
        }),
        None => {
            terminal_wanted("fleet --format text")?;
            let mut config = config::load(arguments.config.as_deref(), &places())?;
            arguments.look.lay_over(&mut config);
            let screen_options = || live::options(&config, arguments.config.as_deref());
            let first = screen_options()?;
            runtime.block_on(async {
                let heard = hear::hear(&bus, since, &subject).await.map_err(unheard)?;
                let servers = arguments.nats.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let bus_name = format!("{servers} since {}", humantime::format_duration(arguments.since));
                let screen = Screen::new(bus_name, first.settings.utc_offset);
                let options = FleetOptions {
                    keymap: first.keymap.clone(),
                    look: first.look,
                    mouse: false,
                    node: |name: &crate::fleet::NodeName| node::told(bus.clone(), since, name.clone()),
                    screen: |name: &crate::fleet::NodeName| node::screen(screen_options(), config.history_size, name),
                };
                Ok(run_fleet(screen, heard, options).await?)
            })
        }
    }
}

fn unheard(why: String) -> Failure {
    Failure::new(Exit::Failed, why)
}

fn bus(arguments: &FleetArguments) -> Result<BusOptions, Failure> {
    let cluster = arguments.cluster.as_deref().unwrap_or_default();
    nats::options(&arguments.nats, &arguments.connection, Names::of_cluster(cluster), LOOKER.to_owned())
}

/// Tells what is new until it is to end: after a while, at a signal, when nobody reads it or there is no bus any more.
async fn headless(mut heard: Receiver<Heard>, format: Format, duration: Option<Duration>) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let over = tokio::time::sleep(duration.unwrap_or(Duration::MAX));
    tokio::pin!(over);
    let mut look = tokio::time::interval(LOOK);
    let (mut fleet, mut teller, mut out) = (Fleet::default(), Teller::new(format), io::stdout().lock());
    loop {
        tokio::select! {
            biased;
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            () = &mut over => break,
            _ = look.tick() => if !told(teller.news(&fleet, &mut out))? { return Ok(()) },
            next = heard.recv() => match next {
                Some(Heard::Line(line)) => fleet.take(&line),
                Some(Heard::Refused(refused)) => teller.refused(&refused),
                Some(Heard::Bus(Health::Ok, text)) => say(format_args!("bus: {text}")),
                Some(Heard::Bus(health, text)) => say(format_args!("bus {}: {text}", health.name())),
                None => break,
            },
        }
    }
    told(teller.news(&fleet, &mut out).and_then(|()| teller.nodes(&fleet, now(), &mut out)))?;
    Ok(())
}

/// False when nobody reads any more, which is no failure.
fn told(done: io::Result<()>) -> io::Result<bool> {
    match done.and_then(|()| io::stdout().flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}
