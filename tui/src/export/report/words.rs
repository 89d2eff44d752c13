//! What all written forms have in common: moments, names of processes and places, the table of times.

use chrono::{DateTime, FixedOffset, Local, Offset as _, TimeZone as _, Utc};

use super::dossier::{Actor, Dossier, PlaceTold, Role};
use super::key::Key;
use crate::detect::Severity;
use crate::model::Time;

/// Lines of the table of times.
const MOMENTS: usize = 1_000;

/// How moments are told: UTC, and beside it local time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Seconds that local time is ahead of UTC at a moment.
    pub offset: fn(Time) -> i32,
}

impl Clock {
    /// That on the wall here.
    pub fn of_here() -> Clock {
        Clock { offset: local_offset }
    }
}

/// Seconds that the clock on the wall here was ahead of UTC at a moment.
fn local_offset(time: Time) -> i32 {
    let seconds = i64::try_from(time.0 / 1_000_000_000).unwrap_or(i64::MAX);
    Local.timestamp_opt(seconds, 0).single().map_or(0, |local| local.offset().fix().local_minus_utc())
}

impl Clock {
    /// `2026-11-23 07:21:31.371`, UTC.
    pub fn utc(self, time: Time) -> String {
        moment(time).format("%Y-%m-%d %H:%M:%S%.3f").to_string()
    }

    /// `2026-11-23 08:21:31.371 +01:00`.
    pub fn local(self, time: Time) -> String {
        let offset = FixedOffset::east_opt((self.offset)(time));
        let local = offset.map(|offset| moment(time).with_timezone(&offset));
        local.map(|local| local.format("%Y-%m-%d %H:%M:%S%.3f %:z").to_string()).unwrap_or_default()
    }
}

fn moment(time: Time) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(i64::try_from(time.0).unwrap_or(i64::MAX))
}

/// The user id of a process, and the login that it comes from.
pub(super) fn user(process: &Actor) -> String {
    let uid = process.uid.map_or_else(|| "?".to_owned(), |uid| uid.to_string());
    match &process.login {
        Some(login) => format!("{uid}, {}", login.words()),
        None => uid,
    }
}

/// `2 min 5 s`: how long something took, in its two largest units.
pub(super) fn lasted(from: Time, to: Time) -> String {
    let millis = to.since(from) / 1_000_000;
    let units = [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];
    let mut rest = millis;
    let mut parts = Vec::new();
    for (name, size) in units {
        if rest >= size && (name != "ms" || millis < 10_000) {
            parts.push(format!("{} {name}", rest / size));
            rest %= size;
        }
    }
    parts.truncate(2);
    if parts.is_empty() { "less than 1 ms".to_owned() } else { parts.join(" ") }
}

impl Actor {
    /// What it is called: the last part of its program's path, and its pid.
    pub fn name(&self) -> String {
        let exe = self.exe.as_deref().unwrap_or_default();
        let name = exe.rsplit('/').find(|part| !part.is_empty()).unwrap_or("?");
        format!("{name} ({})", self.pid)
    }

    /// Its command line: arguments that hold spaces stand in quotes.
    pub fn command(&self) -> String {
        command(&self.argv, self.argv_cut)
    }
}

/// A command line as one line: arguments that are empty or hold spaces stand in quotes.
pub(super) fn command(argv: &[String], cut: bool) -> String {
    let quoted = |word: &String| {
        let plain = !word.is_empty() && !word.contains(|c: char| c.is_whitespace());
        if plain { word.clone() } else { format!("'{word}'") }
    };
    let mut words: Vec<String> = argv.iter().map(quoted).collect();
    if cut {
        words.push("…".to_owned());
    }
    words.join(" ")
}

impl PlaceTold {
    /// `container web`, `the host node-1`, `service ssh.service`.
    pub fn label(&self) -> String {
        match self.kind {
            "host" if self.name == "the host" => self.name.clone(),
            "host" => format!("host {}", self.name),
            kind => format!("{kind} {}", self.name),
        }
    }
}

/// A word with a capital at its beginning.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The name of the process of a key; the key where there is none.
pub(super) fn name_of(dossier: &Dossier, key: Key) -> String {
    dossier.process(key).map_or_else(|| key.to_string(), Actor::name)
}

/// A line of the table of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) time: Time,
    /// Who.
    pub(super) who: String,
    /// What, in words.
    pub(super) what: String,
    /// For a finding: how bad.
    pub(super) severity: Option<Severity>,
}

/// Everything that has a time, in its order.
pub(super) fn moments(dossier: &Dossier) -> Vec<Moment> {
    let mut all = Vec::new();
    let mut add = |time, who: String, what: String, severity| all.push(Moment { time, who, what, severity });
    for process in dossier.processes.iter().filter(|process| process.role != Role::Ancestor) {
        for ran in &process.before {
            add(ran.time, process.name(), format!("ran {}", command(&ran.argv, false)), None);
        }
        if let Some(time) = process.executed {
            add(time, process.name(), format!("ran {}", process.command()), None);
        }
        if let (Some(time), Some(end)) = (process.ended, &process.end) {
            add(time, process.name(), format!("ended: {end}"), None);
        }
    }
    for (_, finding) in dossier.findings() {
        let who = finding.process.map(|key| name_of(dossier, key)).unwrap_or_default();
        for evidence in &finding.why {
            let by = evidence.process.and_then(|key| dossier.process(key));
            let by = by.map_or_else(|| format!("? ({})", evidence.pid), Actor::name);
            add(evidence.time, by, format!("{}: {}", evidence.kind, evidence.text), None);
        }
        add(finding.time, who, finding.title.clone(), Some(finding.severity));
    }
    for contact in &dossier.endpoints {
        for it in &contact.uses {
            let what = match it.direction {
                "inbound" => format!("accepted a connection from {}", contact.address),
                "listening" => format!("listens on {}", contact.address),
                _ => format!("connected to {}", contact.address),
            };
            add(it.opened, name_of(dossier, it.process), format!("{what} ({})", it.protocol), None);
        }
    }
    all.sort_by_key(|it| (it.time, it.severity.is_some()));
    let mut seen = std::collections::HashSet::new();
    all.retain(|it| seen.insert((it.time, it.who.clone(), it.what.clone())));
    all.truncate(MOMENTS);
    all
}

/// What it is, in two or three sentences.
pub(super) fn summary(dossier: &Dossier) -> Vec<String> {
    let findings = dossier.findings().count();
    let failed = dossier.findings().filter(|(_, finding)| finding.failed).count();
    let span = if dossier.first == dossier.last {
        String::new()
    } else {
        format!(", over {}", lasted(dossier.first, dossier.last))
    };
    let count = |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    let mut first = format!(
        "{} in {}{span}",
        count(findings, "finding", "findings"),
        count(dossier.stages.len(), "stage", "stages"),
    );
    if failed > 0 {
        first.push_str(&format!("; {failed} of them tried and refused"));
    }
    let actors = dossier.processes.iter().filter(|process| process.role != Role::Ancestor).count();
    let containers = dossier.places.iter().filter(|place| place.kind == "container").count();
    let acted_on = |kind: &str| {
        let mut own = dossier.processes.iter().filter(|process| process.role != Role::Ancestor);
        own.any(|process| dossier.place(process.place).is_some_and(|place| place.kind == kind))
    };
    let mut second = format!(
        "{} had a part in it, in {}",
        count(actors, "process", "processes"),
        count(containers, "container", "containers")
    );
    if acted_on("host") || acted_on("service") {
        second.push_str(" and on the host itself");
    }
    let outside = dossier.endpoints.iter().filter(|it| it.uses.iter().any(|it| it.direction != "listening")).count();
    if outside > 0 {
        second.push_str(&format!(", with connections to {}", count(outside, "address", "addresses")));
    }
    let third = match (dossier.complete, dossier.missing.is_empty()) {
        (false, _) => "Records were lost that findings may rest on: the picture may be incomplete.",
        (true, false) => "No finding rests on lost records; what else is missing is listed below.",
        (true, true) => "Nothing is known to be missing.",
    };
    vec![format!("{first}."), format!("{second}."), third.to_owned()]
}

/// How what it rests on can be verified, in sentences.
pub(super) fn proof(dossier: &Dossier) -> (Vec<String>, Option<String>) {
    use super::dossier::Proof;
    let command = dossier.proof.command();
    let said = match &dossier.proof {
        Proof::Import => vec![
            "This report was written from events that another sensor exported. They carry no proof of their own: keep \
             the exported file, and note its SHA-256, to show later that it is the same."
                .to_owned(),
        ],
        Proof::Screen { recording: false } => vec![
            "This report was written from the screen of a live node, of what it showed at that moment. It carries no \
             proof of its own: the key `s` saves the recording that does."
                .to_owned(),
        ],
        Proof::Screen { recording: true } => vec![
            "This report was written from the screen, of what it showed at a moment of a recording. `ktrace-tui report` \
             writes one of the whole recording, with the hash that it is verified by."
                .to_owned(),
        ],
        Proof::Recording { file, root, signer, state } => {
            let signer = signer.as_ref().map_or_else(|| "Nobody signed it".to_owned(), |it| format!("Signed by {it}"));
            vec![
                format!("Recording: {file}"),
                format!("Hash over all of it: {root}"),
                signer,
                format!("State: {state}"),
            ]
        }
    };
    (said, command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_utc_and_with_its_own_offset() {
        let clock = Clock { offset: |time| if time.0 < 2_000_000_000 { 3_600 } else { -12_600 } };
        assert_eq!(clock.utc(Time(1_500_000_000)), "1970-01-01 00:00:01.500");
        assert_eq!(clock.local(Time(1_500_000_000)), "1970-01-01 01:00:01.500 +01:00");
        assert_eq!(clock.local(Time(2_000_000_000)), "1969-12-31 20:30:02.000 -03:30");
    }

    #[test]
    fn how_long_it_took_has_two_units_at_most() {
        let told = |millis: u64| lasted(Time(0), Time(millis * 1_000_000));
        assert_eq!(told(0), "less than 1 ms");
        assert_eq!(told(1_250), "1 s 250 ms");
        assert_eq!(told(125_300), "2 min 5 s");
        assert_eq!(told(90_061_000), "1 d 1 h");
    }

    #[test]
    fn arguments_with_spaces_stand_in_quotes() {
        let argv = ["sh", "-c", "id; ls", ""].map(str::to_owned);
        assert_eq!(command(&argv, false), "sh -c 'id; ls' ''");
        assert_eq!(command(&argv[..1], true), "sh …");
    }
}
