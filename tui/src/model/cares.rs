//! Which files somebody cares for: what an open of them must be told, and every other open must not. The kernel's side
//! compares the last name of the path, and the name of the directory that it is in.

/// A name that is cared for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Care {
    /// The name, at most 31 bytes.
    pub name: &'static str,
    /// Opening for reading is told.
    pub read: bool,
    /// Opening for writing (or creating, renaming, linking, removing) is told.
    pub write: bool,
}

const fn both(name: &'static str) -> Care {
    Care { name, read: true, write: true }
}

const fn read(name: &'static str) -> Care {
    Care { name, read: true, write: false }
}

const fn write(name: &'static str) -> Care {
    Care { name, read: false, write: true }
}

/// Last names of paths.
pub const FILES: &[Care] = &[
    // Who may come in, and with what.
    both("shadow"),
    both("gshadow"),
    both("sudoers"),
    both("authorized_keys"),
    both("id_rsa"),
    both("id_dsa"),
    both("id_ecdsa"),
    both("id_ed25519"),
    write("passwd"),
    write("group"),
    write("sshd_config"),
    // Keys of clusters and clouds.
    both("kubeconfig"),
    both("admin.conf"),
    both("kubelet.conf"),
    both("controller-manager.conf"),
    both("scheduler.conf"),
    both("super-admin.conf"),
    both("bootstrap-kubelet.conf"),
    read("token"),
    both("credentials"),
    both(".dockerconfigjson"),
    both(".dockercfg"),
    both(".git-credentials"),
    both(".netrc"),
    both(".pgpass"),
    both(".vault-token"),
    both("accessTokens.json"),
    // What belongs to other processes, and to the kernel.
    both("mem"),
    read("environ"),
    read("kcore"),
    read("kallsyms"),
    read("randomize_va_space"),
    read("sched_debug"),
    // What the kernel runs, or does at once.
    write("core_pattern"),
    write("modprobe"),
    write("hotplug"),
    write("poweroff_cmd"),
    write("release_agent"),
    write("uevent_helper"),
    write("register"),
    write("sysrq-trigger"),
    // What stops and ends everybody in a cgroup.
    write("cgroup.freeze"),
    write("cgroup.kill"),
    write("freezer.state"),
    // What starts things.
    write("ld.so.preload"),
    write("crontab"),
    write("anacrontab"),
    write("rc.local"),
    write("inittab"),
    write("environment"),
    write("profile"),
    write(".profile"),
    write("bash.bashrc"),
    write(".bashrc"),
    write(".bash_profile"),
    write(".bash_login"),
    write(".bash_logout"),
    write(".zshrc"),
    write(".zprofile"),
    write("daemon.json"),
    write("sysctl.conf"),
    write("modules"),
    // What remembers.
    write(".bash_history"),
    write(".zsh_history"),
    write(".history"),
    write(".python_history"),
    write(".mysql_history"),
    write("wtmp"),
    write("btmp"),
    write("utmp"),
    write("lastlog"),
    write("auth.log"),
    write("secure"),
    write("syslog"),
    write("messages"),
    write("kern.log"),
    write("audit.log"),
    write("audit.rules"),
];

/// Names of the directories that the file is in.
pub const DIRECTORIES: &[Care] = &[
    write("cron.d"),
    write("cron.hourly"),
    write("cron.daily"),
    write("cron.weekly"),
    write("cron.monthly"),
    write("crontabs"),
    write("manifests"),
    write("pod-manifests"),
    write("sudoers.d"),
    write("profile.d"),
    write("pam.d"),
    write("init.d"),
    write("rules.d"),
    write("system"),
    write("user"),
    write("system-generators"),
    write("ld.so.conf.d"),
    write("modprobe.d"),
    write("modules-load.d"),
    write("sshd_config.d"),
    write("update-motd.d"),
    write("autostart"),
    write("dispatcher.d"),
    write("if-up.d"),
    write("binfmt.d"),
    write("sysctl.d"),
    write("apt.conf.d"),
    write("kubelet.d"),
    write(".ssh"),
    write("default.target.wants"),
    // What programs are found in, and what languages run by themselves.
    write("bin"),
    write("sbin"),
    write("dist-packages"),
    write("site-packages"),
    // Keys of clusters and clouds.
    read(".kube"),
    read(".aws"),
    read(".azure"),
    read("gcloud"),
];
