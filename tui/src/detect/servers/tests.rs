//! Servers that run shells, and people who come into containers.

use crate::detect::Severity::{Info, Medium};
use crate::detect::testkit::*;
use crate::model::Kind;

const RULES: &[&str] = &["server_runs_shell", "terminal_in_container"];

#[test]
fn a_server_that_runs_a_shell_is_told_once_and_one_that_runs_a_script_of_its_own_language_is_not() {
    let mut node = Node::new().only(RULES);
    node.run(40, 20, "/usr/sbin/nginx -g daemon");
    node.run(41, 40, "/bin/sh -c id");
    node.run(42, 40, "/bin/sh -c w");
    assert_eq!(node.others(0), [40]);
    assert_eq!(node.take(), [("server_runs_shell".into(), Medium, false)]);
    node.run(50, 20, "/usr/bin/gunicorn app");
    node.run(51, 50, "/bin/sh -c convert");
    node.run(43, 40, "/usr/sbin/nginx -s reload");
    assert_eq!(node.take(), []);
}

#[test]
fn a_terminal_that_was_put_into_a_container_is_told_and_a_health_check_is_not() {
    for (terminal, found) in [("pts/0", 1), ("", 0)] {
        let mut node = Node::web().only(RULES);
        node.fork(120, 31);
        node.exec(120, "/usr/bin/runc init");
        node.tell(120, Some(inside(WEB)), Kind::Move);
        node.exec_with(120, "/bin/sh", |exec| exec.tty = terminal.into());
        assert_eq!(node.found.len(), found, "{terminal}");
        assert!(node.found.iter().all(|finding| finding.severity == Info));
    }
}
