//! Other ways out: roots and mounts, processes and sockets beyond the border, and the kernel itself.

use super::super::behaviour::Sink;
use super::super::rule::Severity;
use super::super::told::Told;
use super::paths::takes_device;
use super::{View, who};
use crate::model::{Act, Deed, GroupKey, KernelCall, Kind, Mount, MountCall, ProcessId, ReachCall, Text};

/// `mount(2)`: MS_BIND.
const BIND: u64 = 4096;

pub(super) fn look(view: &View<'_>, told: &mut Told, out: &mut Sink) {
    match &view.scene.event.kind {
        Kind::Exec(exec) => {
            let Some(file) = &exec.file else { return };
            if file.cwd_foreign {
                standing(view, "outside_working_directory", "its working directory", told, out);
            }
            // A program that runs itself again after it made a mount namespace still is of the container's own files.
            let own = view.baseline.is_some_and(|it| it.devices.contains(&file.device));
            if file.foreign && !file.in_memory && !own {
                standing(view, "host_program_run", "the program that it runs", told, out);
            }
        }
        Kind::Act(act) => match &act.what {
            Deed::Mount(mount) => mounted(view, act, mount, told, out),
            Deed::Reach { how, target } => reached(view, act, *how, *target, told, out),
            Deed::UnixConnect { path, host, peer } => connected(view, act, path, host.as_ref(), *peer, told, out),
            Deed::Kernel { how, .. } => kernel(view, act, *how, told, out),
            _ => {}
        },
        _ => {}
    }
}

/// Something that it stands on lies in another mount namespace.
fn standing(view: &View<'_>, rule: &'static str, what: &str, told: &mut Told, out: &mut Sink) {
    if !told.once_in_line(rule, view.scene.model, view.scene.process.id, ()) {
        return;
    }
    let Some(found) = out.raise(rule, view.scene) else { return };
    found
        .titled(format!("{} of {}: {what} lies outside of its container", view.who(), view.of()))
        .because("it is of a container", view.origin())
        .because(format!("{what} lies in a mount namespace that is not its own"), view.fact(what));
}

fn mounted(view: &View<'_>, act: &Act, mount: &Mount, told: &mut Told, out: &mut Sink) {
    let (source, target) = (mount.source.lossless(), mount.target.lossless());
    match mount.how {
        MountCall::Chroot | MountCall::PivotRoot => {
            let whole = mount.host.as_ref().is_some_and(|host| is_tree_of_host(host.bytes()));
            if !mount.foreign && !whole {
                return;
            }
            let root = mount.host.as_ref().map_or(target, Text::lossless);
            let title = format!("{} of {} took {root} of the host as its root", view.who(), view.of());
            let why = "the new root is a tree of the host";
            view.raise(act, "host_tree_entered", (Severity::Critical, "root"), title, why, told, out);
        }
        MountCall::Mount if mount.kind.bytes() == b"cgroup" => {
            let title = format!("{} of {} mounted a cgroup v1 hierarchy on {target}", view.who(), view.of());
            let why = "its release agent is run by the kernel, on the host";
            view.raise(act, "cgroup_v1_mounted", (Severity::Medium, "cgroup"), title, why, told, out);
        }
        MountCall::Mount if takes_device(mount.kind.bytes(), mount.flags) => {
            let title = format!("{} of {} mounted {source} on {target}", view.who(), view.of());
            let why = "the file system comes from a block device";
            view.raise(act, "host_device_mounted", (Severity::Critical, &source), title, why, told, out);
        }
        MountCall::Mount if mount.flags & BIND == 0 && mount.kind.bytes() != b"overlay" => {}
        MountCall::Mount | MountCall::OpenTree | MountCall::Move
            if mount.host.as_ref().is_some_and(|host| is_tree_of_host(host.bytes())) =>
        {
            let title = format!("{} of {} mounted {source}, a tree of the host, elsewhere", view.who(), view.of());
            let why = "what is mounted is a tree of the host";
            view.raise(act, "host_tree_entered", (Severity::Medium, &source), title, why, told, out);
        }
        _ => {}
    }
}

/// The host's root, or one of the trees right below it; not a directory of its own for a container.
fn is_tree_of_host(host: &[u8]) -> bool {
    const SHARED: [&[u8]; 4] = [b"/mnt", b"/srv", b"/opt", b"/tmp"];
    host.iter().filter(|&&byte| byte == b'/').count() <= 1 && !SHARED.contains(&host)
}

fn reached(view: &View<'_>, act: &Act, how: ReachCall, target: Option<ProcessId>, told: &mut Told, out: &mut Sink) {
    let Some(target) = target.and_then(|id| view.scene.model.process(id)) else { return };
    if target.group == view.scene.process.group {
        return;
    }
    let of = who(target);
    let verb = match how {
        ReachCall::Attach => "traces",
        ReachCall::Poke => "changes",
        ReachCall::ReadMemory => "reads the memory of",
        ReachCall::WriteMemory => "writes the memory of",
        ReachCall::TakeDescriptor => "took a descriptor from",
        ReachCall::Limit => "limits",
    };
    let verb = if act.error.is_some() { format!("tried to reach ({verb})") } else { verb.to_owned() };
    let title = format!("{} of {} {verb} {of}, beyond its container", view.who(), view.of());
    let why = "the other process is not of its container";
    let severity = if view.beside(target) { Severity::Medium } else { Severity::Critical };
    view.raise(act, "reach_across_border", (severity, &of), title, why, told, out);
}

fn connected(
    view: &View<'_>,
    act: &Act,
    path: &Text,
    host: Option<&Text>,
    peer: Option<ProcessId>,
    told: &mut Told,
    out: &mut Sink,
) {
    let peer = peer.and_then(|id| view.scene.model.process(id));
    if peer.is_some_and(|peer| peer.group == view.scene.process.group) {
        return;
    }
    let peer = peer.filter(|peer| !matches!(peer.group, GroupKey::Container(_)));
    let name = host.unwrap_or(path).lossless();
    let last = name.rsplit('/').next().unwrap_or_default();
    let known = ["docker.sock", "containerd.sock", "crio.sock", "podman.sock", "dockershim.sock", "cri-dockerd.sock"];
    // By what it does, or by the name that it is known for.
    let runtime = peer.is_some_and(|peer| view.places.started_containers(peer.id)) || known.contains(&last);
    if runtime {
        let title = format!("{} of {} talks to the container runtime of the host over {name}", view.who(), view.of());
        let why = "whoever listens there starts containers";
        return view.raise(act, "runtime_socket", (Severity::High, &name), title, why, told, out);
    }
    let manager = ["/systemd/private", "/dbus/system_bus_socket", "/systemd/notify"];
    if peer.is_some() && manager.iter().any(|end| name.ends_with(end)) {
        let title = format!("{} of {} talks to the host's system manager over {name}", view.who(), view.of());
        let why = "whoever listens there starts services of the host";
        view.raise(act, "host_manager_socket", (Severity::Medium, &name), title, why, told, out);
    }
}

fn kernel(view: &View<'_>, act: &Act, how: KernelCall, told: &mut Told, out: &mut Sink) {
    let (rule, severity, why) = match how {
        KernelCall::LoadModule | KernelCall::Kexec => {
            ("kernel_module_from_container", Severity::Critical, "what it loads runs in the kernel of the host")
        }
        // Agents for the node's network do this as what their container was started for.
        KernelCall::Bpf if view.main => ("bpf_from_container", Severity::Medium, "programs in the kernel see the host"),
        KernelCall::Bpf => ("bpf_from_container", Severity::High, "programs in the kernel see the host"),
        KernelCall::UnloadModule => ("kernel_module_from_container", Severity::High, "the module is the host's"),
        KernelCall::Perf | KernelCall::Userfaultfd | KernelCall::Keyring | KernelCall::IoUring => {
            ("rare_kernel_interface", Severity::Low, "ordinary programs leave it alone")
        }
        KernelCall::FileHandle => return,
    };
    let title = format!("{} of {} called {}", view.who(), view.of(), how.name());
    view.raise(act, rule, (severity, how.name()), title, why, told, out);
}
