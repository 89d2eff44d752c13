//! Servers that run shells, and people who come into containers.

#[cfg(test)]
mod tests;

use super::behaviour::{Behaviour, Scene, Sink};
use super::finding::Fact;
use super::incident::name_of;
use super::kin::{is_shell, program};
use super::rule::Severity;
use super::told::Told;
use crate::model::{Connection, Direction, Exec, GroupKey, Kind, Process};

/// Servers of web pages and of data: no work of theirs needs a shell.
const SERVERS: &[&str] = &[
    "nginx",
    "httpd",
    "apache2",
    "lighttpd",
    "caddy",
    "haproxy",
    "envoy",
    "traefik",
    "php-fpm",
    "java",
    "tomcat",
    "w3wp",
    "mysqld",
    "mariadbd",
    "postgres",
    "mongod",
    "redis-server",
    "memcached",
    "elasticsearch",
    "rabbitmq-server",
    "named",
    "vsftpd",
    "exim4",
    "squid",
];

/// Watches what servers start.
#[derive(Debug, Default)]
pub(super) struct Servers {
    told: Told,
}

impl Behaviour for Servers {
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink) {
        let Kind::Exec(exec) = &scene.event.kind else { return };
        if is_shell(scene.process) {
            self.of_server(exec, scene, out);
            self.terminal(exec, scene, out);
        }
    }
}

impl Servers {
    fn of_server(&mut self, exec: &Exec, scene: &Scene<'_>, out: &mut Sink) {
        let Some(parent) = scene.process.birth_parent.and_then(|id| scene.model.process(id)) else { return };
        let name = program(parent);
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        if !SERVERS.contains(&name) || !self.told.once("server_runs_shell", parent.id, ()) {
            return;
        }
        let words: Vec<String> = exec.image.argv.args.iter().map(|arg| arg.lossless()).collect();
        let serves = parent.connections.iter().find(|it| it.direction != Direction::Outbound);
        let Some(found) = out.raise("server_runs_shell", scene) else { return };
        let place = name_of(&parent.group, scene.model);
        found
            .titled(format!("{name} ({}) of {place} runs a shell", parent.id.pid))
            .with(Some(parent.id))
            .because("a server started a shell", Fact::of(scene.event, words.join(" ")));
        if let Some(serves) = serves {
            found.because("it serves the network", listens(parent, serves));
        }
    }

    /// Somebody was put into a container, with a terminal.
    fn terminal(&mut self, exec: &Exec, scene: &Scene<'_>, out: &mut Sink) {
        let process = scene.process;
        let inside = matches!(process.group, GroupKey::Container(_));
        // What the container itself started was born in it.
        let entered = process.born_in.as_ref().is_some_and(|born| *born != process.group)
            || process.birth_parent.and_then(|id| scene.model.process(id)).is_some_and(|it| it.group != process.group);
        if !inside || !entered || exec.tty.is_empty() || !self.told.once("terminal_in_container", process.id, ()) {
            return;
        }
        let Some(found) = out.raise("terminal_in_container", scene) else { return };
        found
            .titled(format!(
                "A terminal in {}: {} ({})",
                name_of(&process.group, scene.model),
                program(process),
                process.id.pid
            ))
            .rated(Severity::Info)
            .because("a shell was put into the container, with a terminal", Fact::of(scene.event, exec.tty.lossless()));
    }
}

fn listens(process: &Process, connection: &Connection) -> Fact {
    let local = connection.local.map_or_else(|| "?".to_owned(), |local| local.to_string());
    Fact { time: connection.opened, process: process.id, kind: "listen".into(), text: local }
}
