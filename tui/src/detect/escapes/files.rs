//! Files beyond the border: of the host, of its kernel, of other processes; and how they were come by.

use super::super::behaviour::Sink;
use super::super::rule::Severity;
use super::super::told::Told;
use super::paths::{Hook, Raw, Start, hook, hook_path, is_block, raw, starts};
use super::{View, who};
use crate::model::{Act, Deed, GroupKey, Kind, NameCall, Naming, Opened, Process, Text};

pub(super) fn look(view: &View<'_>, told: &mut Told, out: &mut Sink) {
    let Kind::Act(act) = &view.scene.event.kind else { return };
    match &act.what {
        Deed::Open(opened) => open(view, act, opened, told, out),
        Deed::Name(naming) => name(view, act, naming, told, out),
        Deed::Wrote(wrote) => {
            if let Some(hook) = hook(wrote.fs, wrote.inside.bytes()) {
                let bytes = wrote.bytes.lossless();
                written_hook(view, act, &format!("{} to {}", bytes.trim_end(), wrote.path.lossless()), hook, told, out);
            }
        }
        _ => {}
    }
}

fn open(view: &View<'_>, act: &Act, opened: &Opened, told: &mut Told, out: &mut Sink) {
    if opened.by_handle {
        return handle(view, act, opened, told, out);
    }
    if let Some(device) = raw(opened.mode, opened.rdev) {
        return raw_device(view, opened, device, told, out);
    }
    // Of a file that could not be opened only the path is known.
    let hook = match act.error {
        None => hook(opened.fs, opened.inside.bytes()),
        Some(_) => hook_path(opened.path.bytes()),
    };
    if let Some(hook) = hook.filter(|_| opened.write) {
        return written_hook(view, act, &opened.path.lossless(), hook, told, out);
    }
    if let Some(subject) = opened.subject.and_then(|id| view.scene.model.process(id))
        && subject.group != view.scene.process.group
        && (opened.path.bytes().ends_with(b"/mem") || opened.path.bytes().ends_with(b"/environ"))
    {
        let of = who(subject);
        let severity = match (opened.write, view.beside(subject)) {
            (_, true) => Severity::Medium,
            (true, _) => Severity::Critical,
            (false, _) => Severity::High,
        };
        let title = format!("{} of {} opened what {of} keeps in memory, beyond its container", view.who(), view.of());
        return view.raise(act, "reach_across_border", (severity, &of), title, "the memory is another's", told, out);
    }
    if opened.write
        && let Some(host) = &opened.host
    {
        if act.error.is_none() && runs_on_host(view, opened) {
            let title = format!("{} of {} overwrites {}, which the host runs", view.who(), view.of(), host.lossless());
            let why = "the file is a program that runs on the host";
            return view.raise(
                act,
                "runtime_overwritten",
                (Severity::Critical, &host.lossless()),
                title,
                why,
                told,
                out,
            );
        }
        if written_host(view, act, host.bytes(), told, out) {
            return;
        }
    }
    if act.error.is_none() && opened.foreign {
        let path = opened.host.as_ref().unwrap_or(&opened.path).lossless();
        let title = format!("{} of {} opened {path} in another mount namespace", view.who(), view.of());
        let why = "the file lies in a mount namespace that is not its own";
        let severity = if beside(view, opened) { Severity::Medium } else { Severity::Critical };
        view.raise(act, "host_file_crossing", (severity, "crossing"), title, why, told, out);
    }
}

fn name(view: &View<'_>, act: &Act, naming: &Naming, told: &mut Told, out: &mut Sink) {
    if naming.how == NameCall::Mknod && is_block(naming.mode) {
        let path = naming.path.lossless();
        let title = format!("{} of {} made a device node, {path}", view.who(), view.of());
        let why = "it made a name for a block device";
        return view.raise(act, "device_node_made", (Severity::Medium, &path), title, why, told, out);
    }
    if naming.how != NameCall::Unlink
        && let Some(host) = &naming.host
        && !written_host(view, act, host.bytes(), told, out)
    {
        left(view, act, naming, host, told, out);
    }
}

fn handle(view: &View<'_>, act: &Act, opened: &Opened, told: &mut Told, out: &mut Sink) {
    let path = opened.host.as_ref().unwrap_or(&opened.path).lossless();
    let title = match act.error {
        None => format!("{} of {} opened {path} by its handle", view.who(), view.of()),
        Some(_) => format!("{} of {} tried to open a file by its handle", view.who(), view.of()),
    };
    let why = "a handle needs no path: it leads around the container's root";
    // One of the container's own files is what backup tools and file servers do.
    let severity = if act.error.is_none() && opened.host.is_none() { Severity::Medium } else { Severity::Critical };
    view.raise(act, "file_handle_opened", (severity, "handle"), title, why, told, out);
}

fn raw_device(view: &View<'_>, opened: &Opened, device: Raw, told: &mut Told, out: &mut Sink) {
    let (what, severity) = match (device, opened.write) {
        (Raw::Disk, true) => ("a disk, to write", Severity::Critical),
        (Raw::Disk, false) => ("a disk", Severity::High),
        (Raw::Memory, _) => ("the memory of the machine", Severity::Critical),
        (Raw::Loop, _) => ("a file as a disk", Severity::Medium),
    };
    let path = opened.path.lossless();
    let title = format!("{} of {} opened {what}: {path}", view.who(), view.of());
    let Kind::Act(act) = &view.scene.event.kind else { return };
    view.raise(act, "raw_device_opened", (severity, &path), title, "below its file systems", told, out);
}

fn written_hook(view: &View<'_>, act: &Act, path: &str, hook: Hook, told: &mut Told, out: &mut Sink) {
    let (rule, severity, why) = match hook {
        Hook::Program => {
            ("kernel_hook_written", Severity::Critical, "the kernel runs, on the host, what is named there")
        }
        Hook::Interpreter => ("kernel_hook_written", Severity::Critical, "the kernel runs program files with it"),
        Hook::Setting => ("kernel_setting_written", Severity::High, "it holds for the whole machine"),
    };
    let verb = if act.error.is_some() { "tried to write" } else { "writes" };
    let title = format!("{} of {} {verb} {path}", view.who(), view.of());
    view.raise(act, rule, (severity, path), title, why, told, out);
}

/// False when nothing on the host starts by that file.
fn written_host(view: &View<'_>, act: &Act, host: &[u8], told: &mut Told, out: &mut Sink) -> bool {
    let Some(what) = starts(host) else { return false };
    let path = String::from_utf8_lossy(host).into_owned();
    let (rule, severity, why) = match what {
        Start::Starts => {
            ("host_startup_written", Severity::Critical, "it is a file of the host that starts programs or lets in")
        }
        Start::Program => ("host_program_written", Severity::High, "it is a program or a library of the host"),
        Start::Profile => ("host_startup_written", Severity::High, "a shell of the host runs it"),
    };
    let verb = if act.error.is_some() { "tried to write" } else { "writes" };
    let title = format!("{} of {} {verb} the host's {path}", view.who(), view.of());
    view.raise(act, rule, (severity, &path), title, why, told, out);
    true
}

/// The file is of a container whose processes this one was given to see.
fn beside(view: &View<'_>, opened: &Opened) -> bool {
    let holds = |process: &&Process| process.file.as_ref().is_some_and(|file| file.device == opened.device);
    let mut holders = view.scene.model.processes().filter(|process| process.alive()).filter(holds);
    holders.any(|process| view.beside(process))
}

/// What stands in a directory of the host, put there by a container, for somebody on the host to follow or to run.
fn left(view: &View<'_>, act: &Act, naming: &Naming, host: &Text, told: &mut Told, out: &mut Sink) {
    const SETUID: u32 = 0o4000;
    let path = host.lossless();
    let to = naming.from.lossless();
    if naming.how == NameCall::Chmod && naming.mode & SETUID != 0 {
        let title = format!("{} of {} made {path} of the host run as its owner", view.who(), view.of());
        let why = "whoever runs it on the host gets the rights of its owner";
        return view.raise(act, "setuid_on_host", (Severity::High, &path), title, why, told, out);
    }
    let secret = ["/etc/shadow", "/etc/passwd", "/root/", "/proc/", "/etc/kubernetes/", "/var/lib/kubelet/"];
    if naming.how == NameCall::Symlink && secret.iter().any(|start| to.starts_with(start)) || to == "/" {
        let title = format!("{} of {} left a link to {to} in the host's {path}", view.who(), view.of());
        let why = "whoever follows it on the host opens a file of the host";
        view.raise(act, "link_on_host", (Severity::Medium, &path), title, why, told, out);
    }
}

/// Some process of the host runs the file that was opened.
fn runs_on_host(view: &View<'_>, opened: &Opened) -> bool {
    let outside = |group: &GroupKey| !matches!(group, GroupKey::Container(_));
    view.scene.model.processes().filter(|process| process.alive() && outside(&process.group)).any(|process| {
        process.file.as_ref().is_some_and(|file| file.inode == opened.inode && file.device == opened.device)
    })
}
