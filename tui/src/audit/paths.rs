//! Paths of a node, and what it means that a container has them.

use crate::detect::Severity;
use crate::model::{HostMount, Text};

/// How a path is rated: to be read, and to be written.
type Rates = (Option<Severity>, Severity);

use Severity::{High, Low, Medium};

/// Paths and all below them; of several the longest counts.
const RATED: [(&str, Rates); 50] = [
    ("/", (Some(High), High)),
    ("/bin", (None, High)),
    ("/boot", (Some(Low), High)),
    ("/dev", (Some(High), High)),
    ("/dev/shm", (Some(Low), Low)),
    ("/dev/log", (None, Low)),
    ("/etc", (Some(Medium), High)),
    ("/etc/alternatives", (None, Medium)),
    ("/etc/ca-certificates", (None, Medium)),
    ("/etc/group", (None, High)),
    ("/etc/hostname", (None, Low)),
    ("/etc/hosts", (None, Medium)),
    ("/etc/localtime", (None, Low)),
    ("/etc/machine-id", (None, Low)),
    ("/etc/nsswitch.conf", (None, Medium)),
    ("/etc/os-release", (None, Low)),
    ("/etc/passwd", (None, High)),
    ("/etc/pki/ca-trust", (None, Medium)),
    ("/etc/pki/tls/certs", (None, Medium)),
    ("/etc/resolv.conf", (None, Medium)),
    ("/etc/ssl/certs", (None, Medium)),
    ("/etc/timezone", (None, Low)),
    ("/home", (Some(Medium), High)),
    ("/lib", (None, High)),
    ("/lib/modules", (None, High)),
    ("/lib64", (None, High)),
    ("/opt/cni/bin", (None, Medium)),
    ("/proc", (Some(Medium), High)),
    ("/root", (Some(High), High)),
    ("/run", (Some(High), High)),
    ("/run/flannel", (None, Low)),
    ("/run/systemd", (Some(Medium), High)),
    ("/run/udev", (None, Low)),
    ("/run/xtables.lock", (None, Low)),
    ("/sbin", (None, High)),
    ("/sys", (Some(Low), High)),
    ("/sys/fs/cgroup", (Some(Low), Medium)),
    ("/usr", (Some(Low), High)),
    ("/usr/share", (None, Medium)),
    ("/usr/src", (None, Medium)),
    ("/var", (Some(High), High)),
    ("/var/lib/calico", (None, Low)),
    ("/var/lib/cni", (None, Medium)),
    ("/var/lib", (Some(High), High)),
    ("/var/lib/kubelet/device-plugins", (None, Medium)),
    ("/var/lib/kubelet/plugins", (None, Medium)),
    ("/var/log", (Some(Low), Medium)),
    ("/var/run", (Some(High), High)),
    ("/var/spool/cron", (Some(Medium), High)),
    ("/var/tmp", (None, Low)),
];

/// Paths that are rated themselves, while what is below them is somebody's own: only who has all of it has others' as well.
const ONLY_WHOLE: [&str; 8] = ["/", "/run", "/var", "/var/lib", "/var/run", "/home", "/usr", "/dev"];

/// Everything below is as bad as a rated whole: where the node, its runtimes and its pods keep what makes them.
const DEEP: [(&str, Rates); 12] = [
    ("/var/lib/kubelet", (Some(High), High)),
    ("/var/lib/docker", (Some(High), High)),
    ("/var/lib/containerd", (Some(High), High)),
    ("/var/lib/containers", (Some(High), High)),
    ("/var/lib/rancher", (Some(High), High)),
    ("/var/lib/etcd", (Some(High), High)),
    ("/run/containerd", (Some(High), High)),
    ("/run/docker", (Some(High), High)),
    ("/run/secrets", (Some(High), High)),
    ("/usr/bin", (None, High)),
    ("/usr/sbin", (None, High)),
    ("/usr/lib", (None, High)),
];

/// Sockets that runtimes listen on, by how their paths end.
const SOCKETS: [&str; 9] = [
    "/docker.sock",
    "/containerd.sock",
    "/containerd.sock.ttrpc",
    "/crio.sock",
    "/podman.sock",
    "/cri-dockerd.sock",
    "/dockershim.sock",
    "/buildkitd.sock",
    "/frakti.sock",
];

/// Directories that hold such a socket.
const OF_SOCKETS: [&str; 10] = [
    "/run/containerd",
    "/run/docker",
    "/run/crio",
    "/run/podman",
    "/run/k3s/containerd",
    "/run",
    "/var/run",
    "/var",
    "/var/snap/microk8s/common/run",
    "/",
];

/// Where volumes are that a runtime or the kubelet made for containers: parts of a path.
const VOLUMES: [&str; 5] = [
    "/docker/volumes/",
    "/containers/storage/volumes/",
    "/var/lib/kubelet/pods/",
    "/io.containerd.grpc.v1.cri/",
    "/nerdctl/",
];

/// Disks and memory: through them a container has all of the node.
const RAW: [&str; 12] = ["mem", "kmem", "port", "sd", "hd", "vd", "xvd", "nvme", "dm-", "loop", "mapper", "disk"];

/// Devices that say and change nothing of the node.
const HARMLESS: [&str; 12] =
    ["null", "zero", "full", "random", "urandom", "tty", "console", "ptmx", "pts", "shm", "mqueue", "fd"];

/// Where Docker and Podman put the first process that they are asked for.
const INITS: [&str; 3] = ["/sbin/docker-init", "/run/podman-init", "/dev/init"];

fn within(path: &str, above: &str) -> bool {
    above == "/" || path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path without doubled or trailing slashes, and the one that /var/run is a link to.
fn plain(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let path = format!("/{}", parts.join("/"));
    match path.strip_prefix("/var/run") {
        Some(rest) if rest.starts_with('/') => format!("/run{rest}"),
        _ => path,
    }
}

/// True for a volume that was made for a container.
pub(super) fn is_volume(mount: &HostMount) -> bool {
    let path = plain(&mount.source.lossless());
    let made = VOLUMES.iter().any(|part| path.contains(part));
    let named = path.contains("/volumes/") && path.ends_with("/_data");
    // Where the kubelet mounts the disks of volumes, before each pod has its own view of them.
    let disk = path.contains("/kubelet/plugins/kubernetes.io/")
        && ["/globalmount", "/mounts/"].iter().any(|it| path.contains(it));
    let podman = path.contains("/overlay-containers/") && path.contains("/userdata/");
    (made || named || disk || podman) && !path.contains("/..")
}

/// True for a volume, and for what a runtime puts into a container by itself. What the kubelet fetches from a repository is none
/// that a restricted pod may have.
pub(super) fn is_own(mount: &HostMount) -> bool {
    let path = plain(&mount.source.lossless());
    let init = !mount.writable && INITS.iter().any(|at| mount.target == Text::from(*at));
    init || (is_volume(mount) && !path.contains("/kubernetes.io~git-repo/"))
}

/// How bad it is that a container has this of the node; `None` for what is harmless.
pub(super) fn rate(mount: &HostMount) -> Option<Severity> {
    if is_volume(mount) {
        return None;
    }
    let path = plain(&mount.source.lossless());
    let deep = DEEP.iter().filter(|(above, _)| within(&path, above)).max_by_key(|(above, _)| above.len());
    let whole = |above: &str| !ONLY_WHOLE.contains(&above) || above == path;
    let rated = RATED.iter().filter(|(above, _)| within(&path, above) && whole(above));
    let (_, (read, write)) = rated.chain(deep).max_by_key(|(above, _)| above.len())?;
    if mount.writable { Some(*write) } else { *read }
}

/// True for the socket of a runtime, or a directory that has one in it.
pub(super) fn leads_to_runtime(mount: &HostMount) -> bool {
    let path = plain(&mount.source.lossless());
    SOCKETS.iter().any(|end| path.ends_with(end)) || OF_SOCKETS.contains(&path.as_str())
}

/// True for the socket of a runtime itself.
pub(super) fn is_runtime_socket(mount: &HostMount) -> bool {
    let path = plain(&mount.source.lossless());
    SOCKETS.iter().any(|end| path.ends_with(end))
}

/// How bad it is that a container has this device; `None` for what is harmless.
pub(super) fn rate_device(path: &str) -> Option<Severity> {
    let name = plain(path).strip_prefix("/dev/")?.to_owned();
    let first = name.split('/').next().unwrap_or_default().to_owned();
    if HARMLESS.contains(&first.as_str()) {
        return None;
    }
    let raw = |start: &str| match start {
        "mem" | "kmem" | "port" | "mapper" | "disk" => first == start,
        _ => first.starts_with(start),
    };
    Some(if RAW.iter().any(|start| raw(start)) { High } else { Low })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(source: &str, writable: bool) -> HostMount {
        HostMount { source: source.into(), target: "/x".into(), writable }
    }

    #[test]
    fn what_may_be_written_is_worse_than_what_may_be_read_and_what_everybody_mounts_is_nothing() {
        let of = |source: &str| [rate(&mount(source, false)), rate(&mount(source, true))];
        assert_eq!(of("/"), [Some(High), Some(High)]);
        assert_eq!(of("/etc/kubernetes/pki"), [Some(Medium), Some(High)]);
        assert_eq!(of("/etc/localtime"), [None, Some(Low)]);
        assert_eq!(of("/etc/ssl/certs/ca.pem"), [None, Some(Medium)]);
        assert_eq!(of("/var/run"), [Some(High), Some(High)]);
        assert_eq!(of("//var/lib/kubelet/"), [Some(High), Some(High)]);
        assert_eq!(of("/lib/modules"), [None, Some(High)]);
        assert_eq!(of("/usr/lib/systemd"), [None, Some(High)]);
        assert_eq!(of("/srv/shop"), [None, None]);
        assert_eq!(of("/home/ada/shop"), [None, None], "somebody's own, and none of the others'");
        assert_eq!(of("/home"), [Some(Medium), Some(High)]);
        assert_eq!(of("/rootless"), [None, None]);
        assert_eq!(of("/var/lib/mysql"), [None, None]);
    }

    #[test]
    fn volumes_are_no_paths_of_the_node_but_the_directory_of_all_volumes_is() {
        assert_eq!(rate(&mount("/var/lib/docker/volumes/data/_data", true)), None);
        assert_eq!(rate(&mount("/var/lib/kubelet/pods/u/volumes/kubernetes.io~empty-dir/x", true)), None);
        assert_eq!(rate(&mount("/var/lib/kubelet/plugins/kubernetes.io/csi/disk/77/globalmount", true)), None);
        assert_eq!(rate(&mount("/var/lib/kubelet/plugins/kubernetes.io/csi", true)), Some(Medium));
        assert_eq!(rate(&mount("/var/lib/docker/volumes", true)), Some(High));
        assert_eq!(rate(&mount("/var/lib/kubelet/pods", false)), Some(High));
        assert_eq!(rate(&mount("/var/lib/docker/overlay2", false)), Some(High));
    }

    #[test]
    fn a_socket_is_found_alone_and_in_its_directory() {
        for path in ["/var/run/docker.sock", "/run/containerd/containerd.sock", "/run", "/", "/run/crio/"] {
            assert!(leads_to_runtime(&mount(path, false)), "{path}");
        }
        for path in ["/run/shop.sock", "/var/run/nginx", "/runner"] {
            assert!(!leads_to_runtime(&mount(path, true)), "{path}");
        }
        assert!(is_runtime_socket(&mount("/tmp/x/docker.sock", false)) && !is_runtime_socket(&mount("/run", false)));
    }

    #[test]
    fn disks_and_memory_are_worse_than_other_devices() {
        let of = ["/dev/sda1", "/dev/mem", "/dev/mapper/x", "/dev/nvme0n1", "/dev/fuse", "/dev/null", "/dev/ttyS0"];
        let rates = of.map(rate_device);
        assert_eq!(rates, [Some(High), Some(High), Some(High), Some(High), Some(Low), None, Some(Low)]);
    }
}
