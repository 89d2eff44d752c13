//! What somebody does who knows that he is watched: names that are not his, parents that he loses, trees and names without
//! end. He is told as what he is.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::privileged;
use common::watch::{Told, Watch};
use serde_json::Value;

const NEEDS: &str = "a kernel with BTF and BPF ring buffers, python3 and a C compiler";
/// How deep the tree is.
const DEEP: usize = 10_000;
/// The kernel nests no deeper than 32, and this may be nested already.
const NESTED: usize = 29;

fn python(script: &str) -> Child {
    Command::new("python3").args(["-c", script]).stdin(Stdio::null()).spawn().unwrap()
}

/// Runs a script to its end, and gives its pid.
fn ran(script: &str) -> u32 {
    let mut child = python(script);
    let pid = child.id();
    assert!(child.wait().unwrap().success(), "{script}");
    pid
}

fn argv(line: &Value) -> Vec<&str> {
    line["process"]["argv"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
}

/// The one exec with these arguments.
fn exec<'a>(told: &'a Told, wanted: &[&str]) -> &'a Value {
    let found: Vec<_> = told.kind("exec").filter(|line| argv(line) == wanted).collect();
    assert_eq!(found.len(), 1, "{wanted:?}: {found:#?}");
    found[0]
}

/// Who made whom: pids, as each fork told.
fn makers(told: &Told) -> HashMap<u64, u64> {
    let pid = |id: &Value| id["pid"].as_u64().unwrap();
    told.kind("fork").map(|fork| (pid(&fork["process"]), pid(&fork["parent"]))).collect()
}

/// How many makers are between a process and the one that this test started.
fn generations(told: &Told, from: &Value, to: u32) -> usize {
    let (makers, mut at, mut count) = (makers(told), from["process"]["pid"].as_u64().unwrap(), 0);
    while at != u64::from(to) {
        at = *makers.get(&at).unwrap_or_else(|| panic!("nobody made {at}, after {count} makers"));
        count += 1;
    }
    count
}

#[test]
fn a_thread_that_runs_a_program_is_its_process() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    let pid = ran("import os, threading, time\n\
                   threading.Thread(target=lambda: os.execv('/bin/true', ['/bin/true', 'from-a-thread'])).start()\n\
                   time.sleep(20)");
    let told = watch.finish();
    let line = exec(&told, &["/bin/true", "from-a-thread"]);
    assert_eq!(line["process"]["pid"], pid);
    assert_eq!(told.of("exit", pid).len(), 1, "the first thread ends with the exec, the process later");
    assert_eq!(told.of("fork", pid).len(), 1);
}

#[test]
fn who_calls_himself_otherwise_is_told_by_what_he_ran() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    let script = "$0 = '[kworker/0:1]'; my $child = fork; exec '/bin/true', 'of-the-renamed' unless $child; wait";
    let mut child = Command::new("perl").args(["-e", script, "an-argument"]).spawn().unwrap();
    let pid = child.id();
    assert!(child.wait().unwrap().success());
    let told = watch.finish();
    let exit = told.one("exit", pid);
    assert_eq!(argv(exit), ["perl", "-e", script, "an-argument"]);
    assert!(exit["process"]["exe"].as_str().unwrap().contains("perl"), "{exit}");
    assert_eq!(generations(&told, exec(&told, &["/bin/true", "of-the-renamed"]), pid), 1);
}

#[test]
fn whoever_loses_his_parents_keeps_his_lineage() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    // Forked twice in a session of its own, then by vfork (posix_spawn) again and again, while each maker ends at once.
    let pid = ran("import os, sys\n\
                   def away():\n    \
                       if os.fork(): os._exit(0)\n\
                   if os.fork(): os.wait(); sys.exit()\n\
                   os.setsid(); away(); away()\n\
                   step = 'import os, sys; left = int(sys.argv[1]); next = [\"python3\", \"-c\", sys.argv[2], str(left - 1), sys.argv[2]]; ' \\\n    \
                       'os.posix_spawnp(\"python3\", next, os.environ) if left else os.execv(\"/bin/true\", [\"/bin/true\", \"at-last\"])'\n\
                   os.posix_spawnp('python3', ['python3', '-c', step, '5', step], os.environ)");
    let mut told = watch;
    told.await_told(|line| line["kind"] == "exec" && argv(line) == ["/bin/true", "at-last"]);
    let told = told.finish();
    // One fork for the session, two to be away, and six programs.
    assert_eq!(generations(&told, exec(&told, &["/bin/true", "at-last"]), pid), 9);
}

#[test]
fn a_tree_without_end_is_told_to_its_end() {
    if !privileged(NEEDS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("deep");
    // Each level runs the program anew: without that the kernel itself needs longer for each level the deeper it is.
    let source = "#include <spawn.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <sys/wait.h>\n#include <unistd.h>\n\
                  int main(int count, char **words) { int left = atoi(words[1]), end = 1; pid_t child; char next[16];\n\
                  if (!left) return execl(\"/bin/true\", \"/bin/true\", \"deepest\", (char *)0);\n\
                  sprintf(next, \"%d\", left - 1); char *more[] = {words[0], next, 0};\n\
                  if (posix_spawn(&child, words[0], 0, 0, more, 0)) return 2;\n\
                  waitpid(child, &end, 0); return end != 0; }\n";
    std::fs::write(program.with_extension("c"), source).unwrap();
    let built =
        Command::new("cc").args(["-static", "-o"]).arg(&program).arg(program.with_extension("c")).status().unwrap();
    assert!(built.success(), "a C compiler is there");
    let watch = Watch::start(&[]);
    let mut child = Command::new(&program).arg(DEEP.to_string()).spawn().unwrap();
    let pid = child.id();
    assert!(child.wait().unwrap().success(), "{DEEP} processes can be alive at once");
    let told = watch.finish();
    assert_eq!(told.lost(), 0);
    assert_eq!(generations(&told, exec(&told, &["/bin/true", "deepest"]), pid), DEEP);
}

#[test]
fn namespaces_within_namespaces_hide_nobody() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    let script = "if [ $1 -gt 0 ]; then exec unshare --user --map-root-user --pid --mount --fork sh -c \"$2\" sh $(($1-1)) \"$2\"; \
                  fi; exec /bin/true innermost";
    let mut child = Command::new("sh").args(["-c", script, "sh", &NESTED.to_string(), script]).spawn().unwrap();
    let pid = child.id();
    assert!(child.wait().unwrap().success());
    let told = watch.finish();
    let line = exec(&told, &["/bin/true", "innermost"]);
    assert_eq!(generations(&told, line, pid), NESTED);
    assert_eq!(line["exec"]["ns_pid"], 1);
    let own = std::fs::read_link("/proc/self/ns/pid").unwrap();
    assert_ne!(own.to_str().unwrap(), format!("pid:[{}]", line["exec"]["namespaces"]["pid"]));
}

/// Cgroups below a mount of this test, gone when it ends.
struct Cgroups {
    top: tempfile::TempDir,
    made: Vec<PathBuf>,
}

impl Cgroups {
    fn mount() -> Cgroups {
        let top = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount").args(["-t", "cgroup2", "none"]).arg(top.path()).status().unwrap();
        assert!(mounted.success(), "cgroup v2 can be mounted");
        Cgroups { top, made: Vec::new() }
    }

    /// A cgroup below the last one; paths that are too long for one call are gone down part by part.
    fn make(&mut self, name: &str) {
        let below = self.made.last().map_or(self.top.path(), PathBuf::as_path).join(name);
        std::fs::create_dir(&below).unwrap();
        self.made.push(below);
    }

    fn innermost(&self) -> &Path {
        self.made.last().unwrap()
    }
}

impl Drop for Cgroups {
    fn drop(&mut self) {
        self.made.iter().rev().for_each(|path| drop(std::fs::remove_dir(path)));
        let _ = Command::new("umount").arg(self.top.path()).status();
    }
}

#[test]
fn a_container_is_known_however_long_the_name_of_its_cgroup_is() {
    if !privileged(NEEDS) {
        return;
    }
    let id = "5e".repeat(32);
    let mut groups = Cgroups::mount();
    for at in 0..14 {
        groups.make(&format!("ktrace-{}-{at}-{}", std::process::id(), "x".repeat(200)));
    }
    groups.make(&format!("docker-{id}.scope"));
    let path = groups.innermost().to_owned();
    assert!(path.as_os_str().as_bytes().len() > 3_000);
    let watch = Watch::start(&[]);
    let script = format!("echo $$ > {}/cgroup.procs; exec /bin/true within", path.display());
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    let told = watch.finish();
    let line = exec(&told, &["/bin/true", "within"]);
    assert_eq!(line["process"]["container"]["id"], id, "{line}");
    // Of a path that is longer than a record its end is told, which says whose it is.
    let named = line["exec"]["cgroup"]["path"].as_str().unwrap();
    let end = named.strip_prefix('…').unwrap_or_else(|| panic!("{named} says that it is cut"));
    assert!(end.len() > 500 && path.to_str().unwrap().ends_with(end), "{named}");
}

#[test]
fn arguments_of_two_megabytes_are_cut_and_said_to_be() {
    if !privileged(NEEDS) {
        return;
    }
    let watch = Watch::start(&[]);
    // A single argument may have 128 KiB, all of them two megabytes with the usual limit of the stack.
    let words: Vec<String> = (0..15).map(|_| "y".repeat(128 * 1024 - 1)).collect();
    let mut child = Command::new("/bin/true").args(&words).env_clear().spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    let told = watch.finish();
    let line = told.one("exec", pid);
    let whole = words.iter().map(|word| word.len() + 1).sum::<usize>() + "/bin/true".len() + 1;
    assert_eq!(line["exec"]["argv_truncated"], whole, "it says how much there was");
    assert_eq!(told.lost(), 0);
}
