//! A throw-away containerd: own root, state and socket, its CRI plugin on, gone when dropped.
#![allow(dead_code, unreachable_pub, reason = "each test crate includes this file and uses its part")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(20);

/// The image that [`Containerd::import`] brings along.
pub const IMAGE: &str = "registry.example/ktrace-busybox:1";

/// The namespace of the kubelet's containers.
const SPACE: &str = "k8s.io";

/// One at a time: the tests of a crate take turns.
static TURN: Mutex<()> = Mutex::new(());

/// A containerd that belongs to one test.
pub struct Containerd {
    _turn: MutexGuard<'static, ()>,
    dir: TempDir,
    child: Option<Child>,
}

impl Containerd {
    /// Starts one, and waits until it answers. Panics with the log where that fails.
    pub fn start() -> Containerd {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = tempfile::Builder::new().prefix("ktrace-containerd-").tempdir().unwrap();
        let mut containerd = Containerd { _turn: turn, dir, child: None };
        let at = |name: &str| containerd.dir.path().join(name).display().to_string();
        let config = format!(
            "version = 2\nroot = \"{}\"\nstate = \"{}\"\n[grpc]\naddress = \"{}\"\n\
             [plugins.\"io.containerd.internal.v1.opt\"]\npath = \"{}\"\n\
             [plugins.\"io.containerd.grpc.v1.cri\"]\ndisable_tcp_service = true\n\
             sandbox_image = \"{IMAGE}\"\nrestrict_oom_score_adj = true\ndisable_apparmor = true\n",
            at("root"),
            at("state"),
            at("c.sock"),
            at("opt"),
        );
        fs::write(containerd.dir.path().join("config.toml"), config).unwrap();
        containerd.make_rootfs();
        containerd.up();
        containerd
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("c.sock")
    }

    /// Its state directory: the bundles are in it.
    pub fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// A directory for what the test writes.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Starts it, again if it was stopped; what it ran before still runs.
    pub fn up(&mut self) {
        assert!(self.child.is_none(), "containerd runs already");
        let log = File::options().create(true).append(true).open(self.dir.path().join("log")).unwrap();
        let child = Command::new("containerd")
            .arg("--config")
            .arg(self.dir.path().join("config.toml"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("containerd starts: it is installed and this is root");
        self.child = Some(child);
        let began = Instant::now();
        while !self.command(&["version"]).output().is_ok_and(|output| output.status.success()) {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
            if ended.is_some() || began.elapsed() > START {
                panic!("containerd does not come up ({ended:?}); its log:\n{}", self.log());
            }
            sleep(Duration::from_millis(50));
        }
    }

    /// Stops it as a service manager does, which leaves its containers running.
    pub fn down(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        signal("TERM", child.id());
        let began = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if began.elapsed() > STOP {
                signal("KILL", child.id());
                let _ = child.wait();
                break;
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// Stops its clock: it keeps its socket and answers nothing.
    pub fn freeze(&self) {
        signal("STOP", self.pid());
    }

    /// Undoes [`Containerd::freeze`].
    pub fn thaw(&self) {
        signal("CONT", self.pid());
    }

    fn pid(&self) -> u32 {
        self.child.as_ref().expect("containerd runs").id()
    }

    /// What `ctr ARGS` prints, trimmed; panics where it fails.
    pub fn ctr(&self, args: &[&str]) -> String {
        let output = self.command(args).output().expect("ctr is installed (containerd)");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "ctr {args:?}: {said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Runs `sh -c SCRIPT` in a container of the namespace `k8s.io`, with labels and annotations.
    pub fn run(&self, id: &str, labels: &[(&str, &str)], annotations: &[(&str, &str)], script: &str) {
        let rootfs = self.dir.path().join("rootfs").display().to_string();
        let mut args: Vec<String> = vec!["run".into(), "-d".into(), "--rootfs".into()];
        for (key, value) in labels {
            args.extend(["--label".into(), format!("{key}={value}")]);
        }
        for (key, value) in annotations {
            args.extend(["--annotation".into(), format!("{key}={value}")]);
        }
        args.extend([rootfs, id.into(), "/bin/sh".into(), "-c".into(), script.into()]);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        self.ctr(&args);
    }

    /// Makes the image [`IMAGE`] of the busybox: an archive of the OCI image layout, with one layer.
    pub fn import(&self) {
        let at = |name: &str| self.dir.path().join(name);
        let blobs = at("image/blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        let tar = |archive: &Path, of: &Path| {
            let made = Command::new("tar").arg("-cf").arg(archive).arg("-C").arg(of).arg(".").status().unwrap();
            assert!(made.success(), "tar makes {}", archive.display());
        };
        tar(&at("layer.tar"), &at("rootfs"));
        let put = |bytes: &[u8]| {
            let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            fs::write(blobs.join(&digest), bytes).unwrap();
            serde_json::json!({ "digest": format!("sha256:{digest}"), "size": bytes.len() })
        };
        let typed = |mut blob: serde_json::Value, kind: &str| {
            blob["mediaType"] = format!("application/vnd.oci.image.{kind}").into();
            blob
        };
        let layer = typed(put(&fs::read(at("layer.tar")).unwrap()), "layer.v1.tar");
        let config = serde_json::json!({
            "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }, "os": "linux",
            "config": { "Entrypoint": ["/bin/sleep", "1000"] },
            "rootfs": { "type": "layers", "diff_ids": [layer["digest"]] },
        });
        let config = typed(put(config.to_string().as_bytes()), "config.v1+json");
        let manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config, "layers": [layer],
        });
        let mut manifest = typed(put(manifest.to_string().as_bytes()), "manifest.v1+json");
        manifest["annotations"] = serde_json::json!({ "io.containerd.image.name": IMAGE });
        let index = serde_json::json!({ "schemaVersion": 2, "manifests": [manifest] });
        fs::write(at("image/index.json"), index.to_string()).unwrap();
        fs::write(at("image/oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        tar(&at("image.tar"), &at("image"));
        self.ctr(&["images", "import", at("image.tar").to_str().unwrap()]);
    }

    /// Ends a container and takes it away.
    pub fn remove(&self, id: &str) {
        let _ = self.command(&["task", "kill", "-s", "KILL", id]).output();
        let began = Instant::now();
        while !self.command(&["task", "rm", id]).output().is_ok_and(|output| output.status.success()) {
            if began.elapsed() > Duration::from_secs(5) {
                break;
            }
            sleep(Duration::from_millis(50));
        }
        let _ = self.command(&["container", "rm", id]).output();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("ctr");
        command.arg("--address").arg(self.socket()).args(["--namespace", SPACE]).args(args).stdin(Stdio::null());
        command
    }

    /// The static busybox of this machine, with a link for each applet.
    fn make_rootfs(&self) {
        let bin = self.dir.path().join("rootfs/bin");
        fs::create_dir_all(&bin).unwrap();
        let busybox = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| Path::new(path).exists());
        let busybox = busybox.expect("busybox is installed (busybox-static)");
        fs::copy(busybox, bin.join("busybox")).unwrap();
        for applet in ["sh", "sleep", "true", "cat", "id"] {
            std::os::unix::fs::symlink("busybox", bin.join(applet)).unwrap();
        }
        for directory in ["proc", "sys", "dev", "tmp", "run", "etc"] {
            fs::create_dir_all(self.dir.path().join("rootfs").join(directory)).unwrap();
        }
    }

    /// The end of its log.
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Containerd {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.thaw();
        } else {
            // Only it can end what it left running.
            self.up();
        }
        let left = self.command(&["containers", "ls", "-q"]).output();
        for id in left.iter().flat_map(|output| std::str::from_utf8(&output.stdout)).flat_map(str::split_whitespace) {
            self.remove(id);
        }
        self.down();
        // What a pod's sandbox has mounted stays when it is not taken away by CRI.
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let own = self.dir.path().display().to_string();
        for at in mounts.lines().filter_map(|line| line.split(' ').nth(1)).filter(|at| at.starts_with(&own)) {
            let _ = Command::new("umount").arg(at).status();
        }
    }
}

fn signal(name: &str, pid: u32) {
    let _ = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).stderr(Stdio::null()).status();
}
