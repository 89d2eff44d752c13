//! The thread that holds the connection, and makes it anew whenever it breaks.

use std::sync::mpsc;
use std::time::Duration;
use std::{io, thread};

use tokio::sync::{mpsc as jobs, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use super::super::pause::Pause;
use super::look::Doubts;
use super::message::Message;
use super::session::{BusOptions, NoWay, Outcome, Session};

/// How long after the connection it is looked first what stands in the stream, and how often then.
const FIRST_LOOK: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_secs(20);

/// How it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// There has not been a connection yet.
    New,
    /// There is none; why.
    Away(String),
    /// There is one.
    Ready,
}

struct Job {
    messages: Vec<Message>,
    answer: oneshot::Sender<Outcome>,
}

/// What became of messages, some day.
pub(super) type Answer = oneshot::Receiver<Outcome>;

/// The near end of the thread; it ends with this.
#[derive(Debug)]
pub(super) struct Bus {
    jobs: jobs::Sender<Job>,
    state: watch::Receiver<State>,
    doubts: watch::Receiver<Doubts>,
}

/// Who hears how it goes.
struct Tell {
    state: watch::Sender<State>,
    doubt: watch::Sender<Doubts>,
}

/// How long it is waited for the next connection: briefly, as another server may lead soon, unless we may not.
struct Pauses {
    away: Pause,
    denied: Pause,
}

impl Pauses {
    fn new() -> Pauses {
        Pauses { away: Pause::short(), denied: Pause::default() }
    }

    fn next(&mut self, denied: bool) -> Duration {
        if denied { self.denied.next(None) } else { self.away.next(None) }
    }
}

/// How a connection ended.
enum End {
    /// The connection broke, or what was sent was not taken; why.
    Broke(NoWay),
    /// Nobody wants anything any more.
    Over,
}

impl Bus {
    /// Starts the thread.
    pub(super) fn start(options: BusOptions) -> io::Result<Bus> {
        let (send, receive) = jobs::channel(1);
        let (state, states) = watch::channel(State::New);
        let (doubt, doubts) = watch::channel(Doubts::default());
        let (up, is_up) = mpsc::channel();
        thread::Builder::new()
            .name("nats".to_owned())
            .spawn(move || hold(&options, receive, &Tell { state, doubt }, &up))?;
        is_up.recv().map_err(io::Error::other)??;
        Ok(Bus { jobs: send, state: states, doubts })
    }

    pub(super) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// What may be wrong with this node.
    pub(super) fn doubts(&self) -> Doubts {
        self.doubts.borrow().clone()
    }

    /// Hands over some messages; one job is done at a time.
    pub(super) async fn publish(&self, messages: Vec<Message>) -> Answer {
        let (answer, outcome) = oneshot::channel();
        // Whose thread has ended hears it from the answer.
        let _ = self.jobs.send(Job { messages, answer }).await;
        outcome
    }
}

/// Connections, one after the other. Each has a runtime of its own: what the library started for it ends with it.
fn hold(options: &BusOptions, mut jobs: jobs::Receiver<Job>, tell: &Tell, up: &mpsc::Sender<io::Result<()>>) {
    let mut pause = Pauses::new();
    loop {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                // At the start somebody hears it; later there is nothing but to try again.
                let why = error.to_string();
                drop(up.send(Err(error)));
                tell.state.send_replace(State::Away(why));
                thread::sleep(pause.next(false));
                continue;
            }
        };
        drop(up.send(Ok(())));
        match runtime.block_on(session(options, &mut jobs, tell, &mut pause)) {
            End::Over => return,
            End::Broke(NoWay { why, denied }) => {
                tell.state.send_replace(State::Away(why.clone()));
                drop(runtime);
                if wait(pause.next(denied), &why, &mut jobs).is_none() {
                    return;
                }
            }
        }
    }
}

/// From the connection to its end.
async fn session(options: &BusOptions, jobs: &mut jobs::Receiver<Job>, tell: &Tell, pauses: &mut Pauses) -> End {
    let mut looks = interval_at(Instant::now() + FIRST_LOOK, LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut session = match Session::connect(options).await {
        Ok(session) => session,
        Err(no) => return End::Broke(no),
    };
    tell.state.send_replace(State::Ready);
    loop {
        let job = tokio::select! {
            biased;
            why = session.gone() => return End::Broke(NoWay { why, denied: session.is_denied() }),
            job = jobs.recv() => job,
            _ = looks.tick() => {
                if let Some(doubts) = session.look().await {
                    tell.doubt.send_replace(doubts);
                }
                continue;
            }
        };
        let Some(Job { messages, answer }) = job else { return End::Over };
        let outcome = session.publish(&messages).await;
        if outcome.settled > 0 {
            *pauses = Pauses::new();
        }
        let why = outcome.why.clone().filter(|_| outcome.settled < messages.len());
        if let Some(why) = &why {
            // Before the answer, so that who hears it sees this too.
            tell.state.send_replace(State::Away(why.clone()));
        }
        // Who no longer waits sends it again.
        let _ = answer.send(outcome);
        if let Some(why) = why {
            return End::Broke(NoWay { why, denied: session.is_denied() });
        }
    }
}

/// Waits, and tells everybody who asks meanwhile why; `None` when nobody wants anything any more.
fn wait(pause: Duration, why: &str, jobs: &mut jobs::Receiver<Job>) -> Option<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let Ok(runtime) = runtime else {
        thread::sleep(pause);
        return Some(());
    };
    runtime.block_on(async {
        let over = sleep(pause);
        tokio::pin!(over);
        loop {
            let job = tokio::select! {
                biased;
                () = &mut over => return Some(()),
                job = jobs.recv() => job?,
            };
            let _ = job.answer.send(Outcome { why: Some(why.to_owned()), ..Outcome::default() });
        }
    })
}
