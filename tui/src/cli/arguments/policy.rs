//! The arguments of `policy`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::super::Exit;
use super::report::incident;
use super::{Failure, SourceArguments};
use crate::config::Config;
use crate::policy::Enforce;

/// Options of `policy`.
#[derive(Args, Debug)]
pub struct PolicyArguments {
    /// The recordings; `-` for stdin [default: learn from this node, as --learn says]
    #[arg(required_unless_present = "learn")]
    pub files: Vec<PathBuf>,
    /// What is made of them
    #[arg(long, value_enum)]
    pub kind: PolicyKind,
    /// File to write to, readable by its owner alone; one that is there is replaced [default: stdout]
    #[arg(short = 'o', long = "out", value_name = "OUT")]
    pub out: Option<PathBuf>,
    /// Learn from this node for so long, like 10m; needs the rights that the live screen needs
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, conflicts_with = "files")]
    pub learn: Option<Duration>,
    /// Learn also what processes did that something of medium or worse was found of
    #[arg(long)]
    pub all: bool,
    /// Learn also what was brought into containers from outside (kubectl exec, health checks by commands), as policies for
    /// engines always do when they learn from recordings themselves
    #[arg(long)]
    pub sessions: bool,
    /// Learn also the services of the host
    #[arg(long)]
    pub host: bool,
    /// What is asked of policies for engines.
    #[command(flatten)]
    pub engine: EngineArguments,
    /// With --learn: where events come from; of recordings, only the exceptions of the configuration file count.
    #[command(flatten)]
    pub source: SourceArguments,
}

impl PolicyArguments {
    /// As [`SourceArguments::config`].
    ///
    /// # Errors
    /// As there.
    pub fn config(&self) -> Result<Config, Failure> {
        self.source.config()
    }

    /// Whether what is brought into containers is learnt: engines cannot tell it from the rest.
    pub fn sessions(&self) -> bool {
        self.sessions || self.kind != PolicyKind::Baseline
    }

    /// Whether what is given says something of the kind that is asked for.
    ///
    /// # Errors
    /// Which option does not.
    pub fn check(&self) -> Result<(), Failure> {
        use PolicyKind::{Admission, Network, Seccomp, Tetragon};
        let engine = &self.engine;
        let given: [(&str, bool, &[PolicyKind]); 10] = [
            ("--baseline", engine.baseline.is_some(), &[Tetragon, Network]),
            ("--explain", engine.explain, &[Tetragon, Network, Admission, Seccomp]),
            ("--enforce kill", engine.enforce == EnforceArgument::Kill, &[Tetragon]),
            ("--namespace", engine.namespace.is_some(), &[Tetragon, Network]),
            ("--label", !engine.labels.is_empty(), &[Network]),
            ("--workload", !engine.workloads.is_empty(), &[Tetragon, Network]),
            ("--incident", engine.incident.is_some(), &[Admission, Seccomp]),
            ("--name", engine.name.is_some(), &[Admission]),
            ("--base", engine.base.is_some(), &[Seccomp]),
            ("--learn", self.learn.is_some(), &[PolicyKind::Baseline, Tetragon, Network]),
        ];
        if let Some((option, ..)) = given.iter().find(|(_, given, kinds)| *given && !kinds.contains(&self.kind)) {
            let kind = self.kind.to_possible_value().map(|kind| kind.get_name().to_owned()).unwrap_or_default();
            return Err(Failure::new(
                Exit::Usage,
                format!("{option} says nothing of --kind {kind}: see docs/POLICY.md"),
            ));
        }
        let twice = engine.explain && self.kind != Admission && self.kind != Seccomp;
        if twice && self.files.iter().any(|file| file.as_os_str() == "-") {
            return Err(Failure::new(
                Exit::Usage,
                "--explain goes through the recordings once more, and stdin is gone by then",
            ));
        }
        Ok(())
    }
}

/// Options of policies for engines that enforce.
#[derive(Args, Debug)]
pub struct EngineArguments {
    /// What is normal [default: learnt from the recordings themselves]
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Tell what the policy would have stopped of the recordings, instead of the policy, unless -o says where that goes
    #[arg(long)]
    pub explain: bool,
    /// tetragon: what is done with what is not normal
    #[arg(long, value_enum, default_value_t)]
    pub enforce: EnforceArgument,
    /// tetragon, network: the namespace of the pods that run images which were seen outside of pods
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// network: a label of these pods; can be given more than once
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label, requires = "namespace")]
    pub labels: Vec<(String, String)>,
    /// tetragon, network: write none for workloads that were watched for a shorter time
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "10m")]
    pub least: Duration,
    /// tetragon, network: only for workloads whose name begins like this; can be given more than once
    #[arg(long = "workload", value_name = "NAME")]
    pub workloads: Vec<String>,
    /// admission, seccomp: only of this incident, like i3 [default: all of medium and worse]
    #[arg(long, value_name = "ID", value_parser = incident)]
    pub incident: Option<u64>,
    /// admission: what the policy is called [default: ktrace-incident]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// seccomp: the profile that is in force, as JSON
    #[arg(long, value_name = "FILE")]
    pub base: Option<PathBuf>,
}

fn label(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(key, _)| !key.is_empty());
    parts
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .ok_or_else(|| "a label is given like app=web".to_owned())
}

/// What a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PolicyKind {
    /// What is normal, to compare with by --baseline: docs/BASELINE.md
    Baseline,
    /// Tetragon: tells, or ends, what is not normal: docs/POLICY.md
    Tetragon,
    /// Kubernetes: lets through what was seen on the network
    Network,
    /// Kubernetes: refuses pods like those of an incident
    Admission,
    /// Container runtimes: the profile that is in force, without what an incident used
    Seccomp,
}

/// What is done with what is not normal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EnforceArgument {
    /// It is told
    #[default]
    Alert,
    /// Its process is ended
    Kill,
}

impl From<EnforceArgument> for Enforce {
    fn from(argument: EnforceArgument) -> Enforce {
        match argument {
            EnforceArgument::Alert => Enforce::Alert,
            EnforceArgument::Kill => Enforce::Kill,
        }
    }
}
