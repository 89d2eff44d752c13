//! Very many processes that sleep, in cgroups that look like containers.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::tiny::Tiny;

/// They are there until this is dropped.
pub struct Crowd {
    child: Child,
    cgroups: Vec<PathBuf>,
    _program: Tiny,
}

impl Crowd {
    /// `count` processes, spread evenly over as many containers; none of them in one where there are no containers.
    pub fn gather(count: usize, containers: usize) -> Crowd {
        let (program, cgroups) = (Tiny::sleeping(), make_cgroups(containers));
        let mut command = Command::new(std::env::current_exe().expect("the path of this program"));
        command.args(["--work-crowd", &count.to_string(), &program.path()]);
        command.args(cgroups.iter().skip(1).map(|cgroup| cgroup.join("cgroup.procs")));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the crowd starts");
        let told = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let crowd = Crowd { child, cgroups, _program: program };
        assert_eq!(told.take(count + 1).count(), count + 1, "not all of the processes could be started");
        crowd
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // Its input ends, and with it all of them.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
        for cgroup in self.cgroups.iter().rev() {
            // One in which a process has just ended is still in use.
            let gone = (0..100).any(|tries| {
                sleep(Duration::from_millis(tries.min(20)));
                fs::remove_dir(cgroup).is_ok()
            });
            if !gone {
                eprintln!("{} could not be taken away again", cgroup.display());
            }
        }
    }
}

/// A cgroup of our own, and the containers in it.
fn make_cgroups(containers: usize) -> Vec<PathBuf> {
    if containers == 0 {
        return Vec::new();
    }
    let own = own_cgroup();
    let inside = (0..containers).map(|number| own.join(container(number)));
    let all: Vec<PathBuf> = [own.clone()].into_iter().chain(inside).collect();
    for cgroup in &all {
        fs::create_dir(cgroup).expect("a cgroup can be made");
    }
    all
}

/// Where a benchmark's own cgroup is to be made.
pub fn own_cgroup() -> PathBuf {
    let mounts = fs::read_to_string("/proc/self/mounts").expect("the mounts can be read");
    let fields = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let mount = mounts.lines().map(fields).find(|fields| fields.get(2).is_some_and(|kind| kind == "cgroup2"));
    let mount = mount.expect("a cgroup v2 hierarchy is mounted");
    PathBuf::from(&mount[1]).join(format!("ktrace-bench-{}", std::process::id()))
}

/// What the cgroup of a container is called; each number is another one.
pub fn container(number: usize) -> String {
    let id = (1..5).map(|part| ((number * 4 + part) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    format!("docker-{}.scope", id.map(|part| format!("{part:016x}")).collect::<String>())
}
