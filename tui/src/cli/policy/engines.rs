//! Policies for engines that enforce: written, and explained.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::super::arguments::{PolicyArguments, PolicyKind};
use super::super::reading::{self, Judged, Reading, Step};
use super::super::{Exit, Failure};
use super::{explained, learn, write};
use crate::baseline::{Baseline, Suspects};
use crate::detect::{Detector, Severity};
use crate::escape::shown;
use crate::model::{GroupKey, Model};
use crate::policy::admission::{self, Admission, PodShape};
use crate::policy::seccomp::{Calls, Used, seccomp};
use crate::policy::{Explainer, Least, Policy, Refused, Stand, network, tetragon};

/// Policies out of what is normal: for Tetragon, and for the network.
pub(super) fn of_normal(arguments: &PolicyArguments) -> Result<(), Failure> {
    let baseline = baseline(arguments)?;
    let (policies, refused) = made(arguments, &baseline)?;
    for refused in &refused {
        eprintln!("{}: no policy: {}", shown(&refused.workload).as_str(), shown(&refused.why).as_str());
    }
    for policy in &policies {
        policy.notes.iter().for_each(|note| eprintln!("{}: {}", policy.name, shown(note).as_str()));
    }
    if policies.is_empty() {
        let message = "no policy is written: of no workload enough is known, see above";
        return Err(Failure::new(Exit::Failed, message));
    }
    if arguments.engine.explain {
        explain(arguments, &policies)?;
        if arguments.out.is_none() {
            return Ok(());
        }
    }
    let text: Vec<&str> = policies.iter().map(|policy| policy.text.as_str()).collect();
    write(arguments, &text.join("---\n"))
}

fn baseline(arguments: &PolicyArguments) -> Result<Baseline, Failure> {
    let Some(file) = &arguments.engine.baseline else {
        return Ok(learn::learn(arguments)?.0);
    };
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Baseline::read(&text).with_context(|| format!("cannot read {}", file.display()))?)
}

fn made(arguments: &PolicyArguments, baseline: &Baseline) -> Result<(Vec<Policy>, Vec<Refused>), Failure> {
    let engine = &arguments.engine;
    let least = Least { watched: engine.least.as_secs() };
    let labels = engine.labels.iter().cloned().collect();
    let stand = engine.namespace.clone().map(|namespace| Stand { namespace, labels });
    let all: Vec<Result<Policy, Refused>> = match arguments.kind {
        PolicyKind::Network => network(baseline, stand.as_ref(), least),
        _ => {
            let each = baseline.workloads.iter().map(|(name, known)| {
                tetragon(name, known, engine.enforce.into(), engine.namespace.as_deref(), least)
                    .map_err(|why| Refused { workload: name.clone(), why })
            });
            each.collect()
        }
    };
    let wanted =
        |name: &str| engine.workloads.is_empty() || engine.workloads.iter().any(|it| name.starts_with(it.as_str()));
    let (mut policies, mut refused) = (Vec::new(), Vec::new());
    for made in all {
        match made {
            Ok(policy) if policy.workloads.iter().any(|name| wanted(name)) => policies.push(policy),
            Err(why) if wanted(&why.workload) => refused.push(why),
            _ => {}
        }
    }
    if policies.is_empty() && refused.is_empty() {
        let known: Vec<&str> = baseline.workloads.keys().map(String::as_str).collect();
        let message = format!("no workload is called so; there are: {}", known.join(", "));
        return Err(Failure::new(Exit::Usage, message));
    }
    Ok((policies, refused))
}

fn explain(arguments: &PolicyArguments, policies: &[Policy]) -> Result<(), Failure> {
    let config = arguments.config()?;
    for file in &arguments.files {
        let (mut explainer, mut suspects) = (Explainer::new(policies.iter()), Suspects::default());
        let observe = &mut |step: Step<'_>, model: &Model, detector: &Detector| match step {
            Step::Event(event) => explainer.observe(event, model),
            Step::Found(_, news) => {
                learn::suspects(&mut |process, since| suspects.suspect(process, since), news, model, detector);
            }
        };
        reading::read(file, &Judged::muting(&config.exceptions), observe)?;
        explained::tell(file, &explainer.finish(&suspects))?;
    }
    Ok(())
}

/// What is made of incidents: for admission, and for seccomp.
pub(super) fn of_incidents(arguments: &PolicyArguments) -> Result<(), Failure> {
    let mut seen = Incidents::default();
    for file in &arguments.files {
        seen.read(arguments, file)?;
    }
    match arguments.kind {
        PolicyKind::Seccomp => seen.seccomp(arguments),
        _ => seen.admission(arguments),
    }
}

/// What recordings tell of incidents, and of all else.
#[derive(Default)]
struct Incidents {
    guilty: Vec<PodShape>,
    normal: Vec<PodShape>,
    used: Used,
    normally: Used,
    /// What the incidents are called.
    titles: Vec<String>,
}

impl Incidents {
    fn read(&mut self, arguments: &PolicyArguments, file: &Path) -> Result<(), Failure> {
        let config = arguments.config()?;
        let (mut calls, mut suspects) = (Calls::default(), Suspects::default());
        let observe = &mut |step: Step<'_>, model: &Model, detector: &Detector| match step {
            Step::Event(event) => calls.observe(event, model),
            Step::Found(_, news) => {
                learn::suspects(&mut |process, since| suspects.suspect(process, since), news, model, detector);
            }
        };
        let Reading { model, detector, .. } = reading::read(file, &Judged::muting(&config.exceptions), observe)?;
        let wanted = |id: u64| arguments.engine.incident.is_none_or(|wanted| wanted == id);
        let mut touched: Vec<GroupKey> = Vec::new();
        for incident in detector.incidents(&model) {
            if wanted(incident.id) {
                self.titles.push(incident.title.clone());
                self.guilty.extend(admission::pods(containers(&incident.places), &model));
            }
            touched.extend(incident.places);
        }
        let exposed = detector.findings().filter(|it| it.severity >= Severity::Medium && it.muted.is_none());
        touched.extend(exposed.filter_map(|it| model.process(it.process)).map(|process| process.group.clone()));
        let rest: Vec<GroupKey> =
            model.groups().map(|group| group.key.clone()).filter(|it| !touched.contains(it)).collect();
        self.normal.extend(admission::pods(containers(&rest), &model));
        let (used, normally) = calls.finish(&suspects);
        self.used.merge(used);
        self.normally.merge(normally);
        Ok(())
    }

    fn admission(self, arguments: &PolicyArguments) -> Result<(), Failure> {
        if self.guilty.is_empty() {
            let message = match self.titles.is_empty() {
                true => {
                    "there is no incident of medium or worse in it: nothing is to be refused (`audit` tells which \
                         containers run with more than they should)"
                }
                false => "no container has a part in the incidents: there is no pod that could have been refused",
            };
            return Err(Failure::new(Exit::Failed, message));
        }
        let name = arguments.engine.name.as_deref().unwrap_or("ktrace-incident");
        let made = admission::admission(name, &self.guilty, &self.normal);
        made.left.iter().for_each(|left| eprintln!("not asked: {}", shown(left).as_str()));
        if made.asked.is_empty() {
            let message = "nothing is known of the incident's containers that admission could refuse: they ask for no more \
                           than others do, or it was recorded before that was kept";
            return Err(Failure::new(Exit::Failed, message));
        }
        if arguments.engine.explain {
            explained::pods(&self.judged(&made))?;
            if arguments.out.is_none() {
                return Ok(());
            }
        }
        write(arguments, &made.text)
    }

    /// Each pod, whether it belongs to an incident, and what it is refused for.
    fn judged<'a>(&'a self, made: &Admission) -> Vec<(&'a PodShape, bool, Vec<&'static str>)> {
        let refused = |pod: &PodShape| {
            made.asked.iter().filter(|asked| asked.refuses(pod)).map(|asked| asked.control.title()).collect()
        };
        let guilty = self.guilty.iter().map(|pod| (pod, true, refused(pod)));
        guilty.chain(self.normal.iter().map(|pod| (pod, false, refused(pod)))).collect()
    }

    fn seccomp(self, arguments: &PolicyArguments) -> Result<(), Failure> {
        let base = arguments.engine.base.as_deref();
        let base = base.map(|file| fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display())));
        let made = seccomp(base.transpose()?.as_deref(), &self.used, &self.normally);
        let made = made.map_err(|why| Failure::new(Exit::Failed, why))?;
        made.notes.iter().for_each(|note| eprintln!("{note}"));
        if arguments.engine.explain {
            explained::calls(&made, &self.normally)?;
            if arguments.out.is_none() {
                return Ok(());
            }
        }
        write(arguments, &made.text)
    }
}

fn containers(places: &[GroupKey]) -> impl Iterator<Item = &str> {
    places.iter().filter_map(|place| match place {
        GroupKey::Container(id) => Some(&**id),
        _ => None,
    })
}
