//! What is normal, learnt from recordings or from this node.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use rustix::thread::CapabilitySet;

use super::super::arguments::PolicyArguments;
use super::super::reading::{self, Judged, Reading, Step};
use super::super::{Exit, Failure, sources};
use crate::baseline::{Baseline, Learner, LeftOut, Scope};
use crate::detect::{Class, Detector, Exception, Finding, News, Severity};
use crate::export::report::Proof;
use crate::follow::{Follower, Story, follow, tell};
use crate::model::{Event, Model, ProcessId, Time};
use crate::source::live::OwnFiles;
use crate::store::hex;

const COMMAND: &str = "ktrace-tui policy --kind baseline --learn";
/// The program as baselines name it.
const MADE_WITH: &str = concat!("ktrace-tui ", env!("CARGO_PKG_VERSION"));
/// How often what is learnt live is looked at for its end.
const LOOK: Duration = Duration::from_millis(500);

/// Learns a baseline, writes it, and says what was left out.
pub(super) fn baseline(arguments: &PolicyArguments) -> Result<(), Failure> {
    let (baseline, left) = learn(arguments)?;
    say(&baseline, &left);
    super::write(arguments, &baseline.to_string())
}

/// What is normal in the files, or on this node, and what was left out.
///
/// # Errors
/// When a file cannot be read, or nothing can be learnt from any of them.
pub(in crate::cli) fn learn(arguments: &PolicyArguments) -> Result<(Baseline, LeftOut), Failure> {
    let config = arguments.config()?;
    let scope = Scope { host: arguments.host, sessions: arguments.sessions(), all: arguments.all };
    let (mut all, mut left) = (Baseline::default(), LeftOut::default());
    if let Some(time) = arguments.learn {
        (all, left) = live(arguments, scope, time)?;
    }
    for file in &arguments.files {
        let (baseline, more) = of_file(file, scope, &config.exceptions)?;
        if let Some(twice) = all.shared(&baseline).next() {
            let message = format!(
                "{}: the same was given before (recording {}): it would count twice",
                file.display(),
                twice.recording
            );
            return Err(Failure::new(Exit::Usage, message));
        }
        all.made_with.clone_from(&baseline.made_with);
        all.merge(baseline);
        left.add(&more);
    }
    if all.workloads.is_empty() {
        let message = format!(
            "nothing can be learnt: no container with a known image did anything (left out: {left}){}",
            if arguments.host { "" } else { "; --host learns the services of the host" }
        );
        return Err(Failure::new(Exit::Failed, message));
    }
    Ok((all, left))
}

fn of_file(file: &Path, scope: Scope, exceptions: &[Exception]) -> Result<(Baseline, LeftOut), Failure> {
    let mut learner = Learner::new(scope);
    let observe = &mut |step: Step<'_>, model: &Model, detector: &Detector| match step {
        Step::Event(event) => learner.observe(event, model),
        Step::Found(_, news) => {
            suspects(&mut |process, since| learner.suspect(process, since), news, model, detector);
        }
    };
    let Reading { model, proof, key, .. } = reading::read(file, &Judged::muting(exceptions), observe)?;
    let recording = match proof {
        Proof::Recording { root, .. } => root,
        _ => hex(&key),
    };
    Ok(learner.finish(&recording, MADE_WITH, &model))
}

/// Names whoever had a part in what was found just now, and since when: that is no normal work.
pub(super) fn suspects(name: &mut dyn FnMut(ProcessId, Time), news: &News, model: &Model, detector: &Detector) {
    for finding in news.findings.iter().filter_map(|&number| detector.finding(number)) {
        // That a container has many rights is how it was made, and nothing that somebody did.
        let counts = finding.severity >= Severity::Medium && finding.class() != Class::PrivilegedContainer;
        if !counts || finding.muted.is_some() {
            continue;
        }
        let first = finding.why.iter().map(|it| it.fact.time).min().unwrap_or(finding.time).min(finding.time);
        name(finding.process, since(finding, first, model));
        finding.others.iter().for_each(|other| name(*other, first));
    }
}

/// Of whom something was found is not believed from its birth on, unless it is what its container is there for.
fn since(finding: &Finding, first: Time, model: &Model) -> Time {
    let process = model.process(finding.process);
    let made_inside = process.is_some_and(|process| {
        let maker = process.birth_parent.and_then(|id: ProcessId| model.process(id));
        maker.is_some_and(|maker| maker.group == process.group && maker.born_in.as_ref() == Some(&process.group))
    });
    if made_inside { process.map_or(first, |process| process.born.min(first)) } else { first }
}

fn say(baseline: &Baseline, left: &LeftOut) {
    eprintln!("learnt {} workloads; left out: {left}", baseline.workloads.len());
    for (name, workload) in &baseline.workloads {
        if let Some(why) = workload.too_short() {
            eprintln!("{}: {why}: what it does later may be normal all the same", crate::escape::shown(name).as_str());
        }
    }
}

/// Learns from this node.
fn live(arguments: &PolicyArguments, scope: Scope, time: Duration) -> Result<(Baseline, LeftOut), Failure> {
    let config = arguments.config()?;
    let permit = sources::permitted(COMMAND, CapabilitySet::empty())?;
    sources::drive(&config, COMMAND, permit, OwnFiles::default(), async |node| {
        let mut story = Story::new(Model::default(), config.exceptions.clone(), Some(node.attention));
        story.go_by(Some(node.rules));
        let mut student = Student { story, learner: Learner::new(scope) };
        follow(node.events, Some(time), LOOK, &mut student).await.context("cannot go on")?;
        Ok(student.learner.finish("live", MADE_WITH, &student.story.model))
    })
}

/// Whoever learns from a node.
struct Student {
    story: Story,
    learner: Learner,
}

impl Follower for Student {
    fn take(&mut self, batch: Vec<Event>, _waiting: usize) -> std::io::Result<()> {
        for event in batch {
            self.story.model.apply(&event);
            let news = self.story.observe(&event);
            self.learner.observe(&event, &self.story.model);
            let Student { story, learner } = self;
            suspects(&mut |process, since| learner.suspect(process, since), &news, &story.model, &story.detector);
            if let Event::Status(status) = &event
                && self.story.becomes_ready(status)
            {
                tell(std::io::stderr(), "ready")?;
            }
        }
        Ok(())
    }

    fn look(&mut self) -> std::io::Result<bool> {
        Ok(false)
    }
}
