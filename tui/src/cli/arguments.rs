//! The arguments, as clap reads them.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::{Exit, Failure};
use crate::config::{self, Config, Places};

mod actions;
mod agent;
mod audit;
mod baseline;
mod compare;
mod findings;
mod fleet;
mod look;
mod nats;
mod picture;
mod policy;
mod report;
mod rules;
mod verify;

pub use actions::ActionArguments;
pub use agent::{AgentArguments, Least, OtlpProtocol, WebhookFormat};
pub use audit::AuditArguments;
pub use baseline::{BaselineArguments, BaselineCommand};
pub use compare::CompareArguments;
pub use findings::FindingsArguments;
pub use fleet::FleetArguments;
pub use look::{LookArguments, ThemesArguments};
pub use nats::{ConnectionArguments, NatsArguments};
pub use picture::{PictureArguments, PictureFormat, ViewName};
pub use policy::{EnforceArgument, EngineArguments, PolicyArguments, PolicyKind};
pub use report::{ReportArguments, ReportFormat};
pub use rules::{CheckArguments, ListArguments, OwnRules, RulesArguments, RulesCommand, TestArguments, loaded};
pub use verify::{RedactArguments, VerifyArguments};

const EXIT_CODES: &str =
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not permitted to trace, 4 a recording that does not verify.";

/// Live process-tree forensics: who started what, what it connected to, where it crossed a border.
///
/// Without a command: the live screen of this node. It loads probes into the kernel, so it needs root or the
/// capabilities that `ktrace-tui doctor` names.
#[derive(Debug, Parser)]
#[command(name = "ktrace-tui", version, after_help = EXIT_CODES, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// What to do instead of the live screen.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of the live screen.
    #[command(flatten)]
    pub screen: ScreenArguments,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell what happens on this node, line by line, to stdout
    ///
    /// Says `ready` on stderr once the probes are attached and the processes that were there have been told.
    Watch(WatchArguments),
    /// Follow this node, and carry what is found to files and collectors
    ///
    /// Says `ready` on stderr once the probes are attached. Whatever is slow or gone there never holds up what is seen
    /// here; docs/AGENT.md tells more.
    Agent(Box<AgentArguments>),
    /// Many nodes on one screen, as their agents tell of them over NATS
    ///
    /// Incidents of several nodes are one where a connection leads from the one to the other. Enter opens the tree of a
    /// node, now or back in time. Needs no rights but those of the bus.
    Fleet(Box<FleetArguments>),
    /// Show a bundled attack on a Kubernetes node, told note by note
    ///
    /// Needs no rights. Recorded by this program from demo/kubernetes-attack.
    Demo(DemoArguments),
    /// Show a recording on the screen, at any moment
    ///
    /// The keys are those of the live screen; `?` lists them. Needs no rights but to read the file.
    Replay(ReplayArguments),
    /// Draw a view of a recording as SVG, or a walk through it as a cast or film
    ///
    /// As `replay` shows it; needs no terminal. The same file, options and TZ give the same picture, byte for byte, on any machine.
    Picture(PictureArguments),
    /// Tell what was found in a recording
    Findings(FindingsArguments),
    /// Tell the events of a recording, as `watch` told them
    Events(EventsArguments),
    /// Search a recording: tell the events and findings that fulfil a filter
    ///
    /// docs/FILTER.md has the language. Of a recording its indices answer; JSON lines are read from their beginning.
    Hunt(HuntArguments),
    /// Tell whether a recording is whole and unchanged
    ///
    /// Exit code 4 says that it is not.
    Verify(VerifyArguments),
    /// Copy a recording without secrets, addresses, and names of users and hosts
    ///
    /// They become pseudonyms, the same wherever they stood; docs/RECORDING.md tells more.
    Redact(RedactArguments),
    /// Write up the incidents of a recording, the chain of each as a picture
    Report(ReportArguments),
    /// Tell which containers run with more than they should
    ///
    /// On this node as it is now, or in a recording. What the kernel allows comes from /proc, what was asked for from the
    /// runtimes; where they differ, that is told. Needs no probes; what it may not read it names.
    Audit(AuditArguments),
    /// Write what normal looks like, or policies that would have stopped what was seen
    ///
    /// Learnt from recordings or from this node, for engines that enforce them; this program enforces nothing.
    /// docs/BASELINE.md and docs/POLICY.md tell more.
    Policy(Box<PolicyArguments>),
    /// Join, thin out, read and compare baselines
    Baseline(BaselineArguments),
    /// List, check and try rules of one's own and Sigma rules
    ///
    /// docs/RULES.md tells how they are written.
    Rules(RulesArguments),
    /// Tell what this kernel, these rights and these runtimes allow
    Doctor(DoctorArguments),
    /// Show the themes, each in its own colours
    Themes(ThemesArguments),
    /// Print the default configuration file, with a comment for each key
    Config,
    /// Print completions for a shell
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

/// Options of the live screen.
#[derive(Args, Debug)]
pub struct ScreenArguments {
    /// Where events come from.
    #[command(flatten)]
    pub source: SourceArguments,
    /// What is kept.
    #[command(flatten)]
    pub recording: RecordArguments,
    /// What is normal.
    #[command(flatten)]
    pub compare: CompareArguments,
    /// How it looks.
    #[command(flatten)]
    pub look: LookArguments,
    /// What may be done.
    #[command(flatten)]
    pub actions: ActionArguments,
}

/// Options of everything that follows this node.
#[derive(Args, Debug)]
pub struct SourceArguments {
    /// Memory between the kernel and this program: a power of two, at least a page [default: 8MiB]
    #[arg(long, value_name = "SIZE", value_parser = config::ring_size)]
    pub ring_size: Option<u32>,
    /// Tell the events of ktrace-tui itself too
    #[arg(long)]
    pub include_self: bool,
    /// Configuration file [default: ~/.config/ktrace-tui/config.toml, else /etc/ktrace-tui/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Socket that speaks the Docker API, for the names of containers; can be given more than once
    /// [default: those of Docker and Podman]
    #[arg(long = "docker-socket", value_name = "PATH")]
    pub docker_sockets: Vec<PathBuf>,
    /// Ask no container runtime: containers are shown by their ids
    #[arg(long, conflicts_with = "docker_sockets")]
    pub no_runtimes: bool,
    /// What is watched for besides.
    #[command(flatten)]
    pub own: OwnRules,
}

/// Options of everything that is recorded.
#[derive(Args, Debug)]
pub struct RecordArguments {
    /// Keep everything in this file, which must not exist yet
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// With --record: let the oldest and least interesting go when the file is larger than this, like 2GiB
    #[arg(long, value_name = "SIZE", value_parser = config::parse_size, requires = "record")]
    pub record_size: Option<u64>,
    /// With --record: let what is not part of an incident go when it is older than this, like 7d
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, requires = "record")]
    pub record_age: Option<Duration>,
    /// Sign recordings with this key: Ed25519, PKCS#8 in PEM
    #[arg(long, value_name = "KEY")]
    pub sign: Option<PathBuf>,
}

/// Options of `watch`.
#[derive(Args, Debug)]
pub struct WatchArguments {
    /// Where events come from.
    #[command(flatten)]
    pub source: SourceArguments,
    /// What is kept.
    #[command(flatten)]
    pub recording: RecordArguments,
    /// What is normal.
    #[command(flatten)]
    pub compare: CompareArguments,
    /// Make a recording of each incident in this directory, with the minutes before it
    #[arg(long, value_name = "DIR")]
    pub on_incident: Option<PathBuf>,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Tell one sort only
    #[arg(long, value_enum)]
    pub only: Option<Only>,
    /// Tell only the events that fulfil this, like `kind = connect and not address = 10.0.0.0/8`: docs/FILTER.md
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// Stop after this long, like 30s, 500ms or 5m; without it, at Ctrl-C
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub duration: Option<Duration>,
}

/// Options of `demo`.
#[derive(Args, Debug)]
pub struct DemoArguments {
    /// Write the recording to this file instead, for `report`, `hunt`, `verify` and the rest to be tried on
    #[arg(short = 'o', long = "out", value_name = "OUT")]
    pub out: Option<PathBuf>,
    /// How it looks.
    #[command(flatten)]
    pub look: LookArguments,
    /// Configuration file [default: ~/.config/ktrace-tui/config.toml, else /etc/ktrace-tui/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Options of `replay`.
#[derive(Args, Debug)]
pub struct ReplayArguments {
    /// The recording
    pub file: PathBuf,
    /// Moment to begin at, like 12:03:41, -5m (before the end), +10s (after the start), 2026-11-23T12:03Z, #1234 (an
    /// event) or start [default: the end, with everything seen]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// Begin with the notes in it, one after the other
    #[arg(long, conflicts_with = "at")]
    pub walkthrough: bool,
    /// What is normal.
    #[command(flatten)]
    pub compare: CompareArguments,
    /// Judge what happened anew, by these rules, too.
    #[command(flatten)]
    pub own: OwnRules,
    /// How it looks.
    #[command(flatten)]
    pub look: LookArguments,
    /// Configuration file [default: ~/.config/ktrace-tui/config.toml, else /etc/ktrace-tui/config.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Options of `events`.
#[derive(Args, Debug)]
pub struct EventsArguments {
    /// The recording; `-` for stdin
    pub file: PathBuf,
    /// Tell only the events that fulfil this, like `kind = connect and not address = 10.0.0.0/8`: docs/FILTER.md
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub format: EventFormat,
}

/// How events are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EventFormat {
    /// For people
    #[default]
    Text,
    /// For programs: JSON
    Json,
    /// For programs that know OCSF 1.5.0: JSON lines
    Ocsf,
}

/// Options of `hunt`.
#[derive(Args, Debug)]
pub struct HuntArguments {
    /// The recording; `-` for stdin
    pub file: PathBuf,
    /// What is looked for, like `exe ~ "nc$" and within container web`, or words
    pub filter: String,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Tell at most this many events [default: 1000]
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Tell only how many there are
    #[arg(long, conflicts_with = "limit")]
    pub count: bool,
}

/// Options of `doctor`.
#[derive(Args, Debug)]
pub struct DoctorArguments {
    /// What is looked at: what would be used.
    #[command(flatten)]
    pub source: SourceArguments,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// How something is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs: JSON
    Json,
}

/// What to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Only {
    /// What was detected
    Findings,
    /// What happened
    Events,
}

impl SourceArguments {
    /// The configuration with what the command line says on top.
    ///
    /// # Errors
    /// When a configuration file is there and cannot be taken.
    pub fn config(&self) -> Result<Config, Failure> {
        let mut config = rules::loaded(self.config.as_ref(), &self.own)?;
        config.ring_size = self.ring_size.unwrap_or(config.ring_size);
        config.include_self |= self.include_self;
        if self.no_runtimes {
            config.ask_no_runtime();
        } else if !self.docker_sockets.is_empty() {
            config.docker_sockets = Some(self.docker_sockets.clone());
        }
        Ok(config)
    }
}

impl ScreenArguments {
    /// As [`SourceArguments::config`].
    ///
    /// # Errors
    /// As there.
    pub fn config(&self) -> Result<Config, Failure> {
        let mut config = self.source.config()?;
        self.look.lay_over(&mut config);
        Ok(config)
    }
}

/// Where this user's files are.
pub fn places() -> Places {
    Places::of(|name| std::env::var_os(name))
}
