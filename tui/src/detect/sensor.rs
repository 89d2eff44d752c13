//! What is done to the sensor itself: who stops or ends it, reaches into it, or changes its files.

#[cfg(test)]
mod tests;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::incident::name_of;
use super::kin::{program, renews};
use super::rule::Severity;
use super::told::Told;
use crate::model::{Act, Deed, GroupKey, Kind, Model, Observer, Part, Process, ProcessId, ReachCall, signal_name};

/// Signals that nobody ends or stops by: SIGPIPE, which is ignored, SIGCHLD, SIGCONT, SIGURG, SIGWINCH.
const HARMLESS: [u8; 5] = [13, 17, 18, 23, 28];
/// Those that stop: SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU.
const STOPS: [u8; 4] = [19, 20, 21, 22];
/// Programs that start the whole of a node or of a login: what else they started has nothing to do with the sensor.
const MANAGERS: [&str; 10] =
    ["systemd", "init", "openrc", "runsv", "runsvdir", "s6-supervise", "supervisord", "cron", "crond", "sshd"];

/// Watches over the sensor.
#[derive(Debug, Default)]
pub(super) struct Sensor {
    told: Told,
}

/// What somebody is to the sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Who started it, whoever that one started besides, or somebody at its own terminal.
    Own,
    /// Somebody of the same login.
    Login,
    /// Somebody else of the host.
    Host,
    /// Somebody in a container.
    Container,
}

/// What was done.
struct Attack {
    rule: &'static str,
    severity: Severity,
    /// What they do, said of them.
    verb: String,
}

impl Behaviour for Sensor {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        let Kind::Act(act) = &scene.event.kind else { return };
        let Some(observer) = &act.observer else { return };
        let Some(attack) = attack(act, observer.part) else { return };
        let standing = standing(scene.process, observer, scene.model);
        let Some(severity) = rated(&attack, act, standing, scene) else { return };
        if !self.told.once(attack.rule, scene.process.id, (&attack.verb, severity)) {
            return;
        }
        let Some(found) = out.raise(attack.rule, scene) else { return };
        let (who, place) = (program(scene.process), name_of(&scene.process.group, scene.model));
        let verb = if act.error.is_some() { format!("{}, but is refused", attack.verb) } else { attack.verb };
        found
            .titled(format!("{who} ({}) of {place} {verb}", scene.process.id.pid))
            .rated(severity)
            .refused(act.error.is_some())
            .because(
                format!("it was done to the {} of the sensor", observer.part.name()),
                Fact::of(scene.event, act.to_string()),
            )
            .because(reason(standing), Fact::of(scene.event, by(scene.process, scene.model)));
    }
}

/// What was done to the sensor, and how bad that is by a stranger of the host.
fn attack(act: &Act, part: Part) -> Option<Attack> {
    use Severity::{High, Low, Medium};
    let attack = |rule, severity, verb: &str| Some(Attack { rule, severity, verb: verb.to_owned() });
    match (&act.what, part) {
        (Deed::Signal { number, .. }, _) if HARMLESS.contains(number) => None,
        (Deed::Signal { number, .. }, _) => {
            let stops = STOPS.contains(number);
            let verb = if stops { "stops" } else { "ends" };
            attack(
                "sensor_stopped",
                if stops { High } else { Medium },
                &format!("{verb} the sensor by {}", signal_name(*number)),
            )
        }
        (_, Part::Cgroup) => attack("sensor_stopped", High, "freezes or ends the cgroup of the sensor"),
        (Deed::Reach { how, .. }, _) => match how {
            ReachCall::Attach => attack("sensor_reached", High, "traces the sensor"),
            ReachCall::Poke | ReachCall::WriteMemory => {
                attack("sensor_reached", High, "writes into the memory of the sensor")
            }
            ReachCall::ReadMemory => attack("sensor_reached", Medium, "reads the memory of the sensor"),
            ReachCall::Limit => attack("sensor_stopped", High, "limits what the sensor may use"),
            ReachCall::TakeDescriptor => attack("sensor_reached", High, "takes a descriptor from the sensor"),
        },
        (Deed::Open(opened), Part::Process) if opened.write && !opened.read => {
            attack("sensor_reached", High, "writes into the memory of the sensor")
        }
        (Deed::Open(_), Part::Process) => attack("sensor_reached", Medium, "reads the memory of the sensor"),
        (_, Part::Record) => attack("sensor_file_changed", High, "changes what the sensor recorded"),
        (_, Part::Settings) => attack("sensor_file_changed", Low, "changes what the sensor goes by"),
        _ => None,
    }
}

/// How bad it is by whom it was done; `None` where it is nothing.
fn rated(attack: &Attack, act: &Act, standing: Standing, scene: &Scene<'_>) -> Option<Severity> {
    use Severity::{Critical, Low, Medium};
    let severity = match standing {
        Standing::Own => return None,
        Standing::Login => Low,
        Standing::Container if act.error.is_some() => Medium,
        Standing::Container => Critical,
        // Those that install and rotate end it so that it begins anew; they do not look into it.
        Standing::Host
            if attack.rule != "sensor_reached" && attack.severity <= Medium && renews(scene.process, scene.model) =>
        {
            return None;
        }
        Standing::Host => attack.severity,
    };
    Some(if act.error.is_some() && standing != Standing::Container { severity.min(Low) } else { severity })
}

fn standing(process: &Process, observer: &Observer, model: &Model) -> Standing {
    let inside = matches!(process.group, GroupKey::Container(_));
    let stranger = if inside { Standing::Container } else { Standing::Host };
    if process.id.pid == 1 {
        return Standing::Own;
    }
    let Some(parent) = observer.parent.and_then(|id| model.process(id)) else { return stranger };
    if parent.id == process.id || descends(parent.id, process.id, model) {
        return Standing::Own;
    }
    if inside {
        return stranger;
    }
    let manages = parent.id.pid == 1 || MANAGERS.contains(&program(parent).as_str());
    let terminal = !parent.tty.is_empty() && parent.tty == process.tty;
    if terminal || !manages && descends(process.id, parent.id, model) {
        return Standing::Own;
    }
    let login = |id| model.session(id).map(|session| session.id());
    if login(parent.id).is_some_and(|own| login(process.id) == Some(own)) { Standing::Login } else { stranger }
}

/// Whether `maker` is among those who made `of`.
fn descends(of: ProcessId, maker: ProcessId, model: &Model) -> bool {
    model.lineage(of).any(|ancestor| ancestor.id == maker)
}

fn reason(standing: Standing) -> &'static str {
    match standing {
        Standing::Own => "it started the sensor",
        Standing::Login => "it did not start the sensor, and is of the login that did",
        Standing::Host => "it did not start the sensor, and is not of the terminal or the login that did",
        Standing::Container => "it is in a container, and the sensor is nothing that it should see",
    }
}

/// Who it is, and who made it.
fn by(process: &Process, model: &Model) -> String {
    let named = |it: &Process| format!("{} ({})", program(it), it.id.pid).trim_start().to_owned();
    let makers: Vec<_> = model.lineage(process.id).take(4).map(named).collect();
    let login = model.login_of(process).map_or_else(String::new, |uid| format!(", login of uid {uid}"));
    format!("uid {}{login}, made by {}", process.creds.uid, makers.join(", "))
}
