//! Where fields lie in the structs of the running kernel: one table, filled in from its BTF at load.

/// A field that the running kernel does not have.
pub const ABSENT: u32 = u32::MAX;

/// What stands in the object for the number of the kernel's function `bpf_rdonly_cast`, which is another in every kernel.
pub const RDONLY_CAST: u32 = 0x6b74_7263;

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Offset {
    /// The name of the field in [`Offsets`].
    pub name: &'static str,
    /// Where to find it: `struct.field.field`, alternatives of other kernels parted by `|`; `+8` is added. A name that
    /// begins with `sizeof ` gives the size of a type, with `enum ` the value of an enumerator, with `bit ` the
    /// number of a bit field's first bit, with `func ` the number of a function that probes may call.
    pub path: &'static str,
    /// True when no probe works without it.
    pub required: bool,
}

/// What the reader tells the probes at load, beside the offsets.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The reader's pid in its own pid namespace. Events of it are left out; 0 leaves out none.
    pub own_pid: u32,
    /// The same pid, always: what is done to it is told.
    pub observer: u32,
    /// Inode number of the reader's pid namespace; 0 when that is the initial one. Processes that have no pid
    /// there are left out.
    pub pid_ns: u32,
    /// Inode number of the host's mount namespace; 0 where it is not known.
    pub host_mnt_ns: u32,
    /// Bytes of the ring.
    pub ring_bytes: u32,
    /// The reader is woken when this many bytes wait in the ring.
    pub wake_bytes: u32,
    /// The reader is also woken when this long (ns) has passed since it was woken last.
    pub wake_nanos: u32,
}

impl Settings {
    /// The settings as the probes lay them out.
    pub fn words(&self) -> [u32; 7] {
        [self.own_pid, self.observer, self.pid_ns, self.host_mnt_ns, self.ring_bytes, self.wake_bytes, self.wake_nanos]
    }
}

macro_rules! offsets {
    ($($field:ident: $path:literal $($required:ident)?,)*) => {
        /// Byte offsets (or the sizes and values that [`Offset::path`] tells), [`ABSENT`] where the kernel has none.
        #[repr(C)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Offsets {
            $(#[doc = concat!("`", $path, "`")] pub $field: u32,)*
        }

        impl Offsets {
            /// Everything absent.
            pub const NONE: Offsets = Offsets { $($field: ABSENT,)* };

            /// The table as the probes lay it out.
            pub fn words(&self) -> [u32; OFFSETS.len()] {
                [$(self.$field,)*]
            }

            /// Fills the table: `find` gives the number for one line, or `None`.
            pub fn fill(mut find: impl FnMut(&Offset) -> Option<u32>) -> Offsets {
                let mut lines = OFFSETS.iter();
                let mut next = || lines.next().and_then(&mut find).unwrap_or(ABSENT);
                Offsets { $($field: next(),)* }
            }
        }

        /// The table, in the order of the fields of [`Offsets`].
        pub const OFFSETS: &[Offset] = &[
            $(Offset { name: stringify!($field), path: $path, required: false $(|| stringify!($required).len() > 0)? },)*
        ];
    };
}

offsets! {
    task_pid: "task_struct.pid" required,
    task_tgid: "task_struct.tgid" required,
    task_leader: "task_struct.group_leader" required,
    task_parent: "task_struct.real_parent" required,
    task_children: "task_struct.children",
    task_start: "task_struct.start_boottime|task_struct.real_start_time" required,
    task_exit_code: "task_struct.exit_code" required,
    task_signal: "task_struct.signal" required,
    task_cred: "task_struct.cred",
    task_login_uid: "task_struct.loginuid",
    task_session: "task_struct.sessionid",
    task_nsproxy: "task_struct.nsproxy",
    task_thread_pid: "task_struct.thread_pid" required,
    task_mm: "task_struct.mm" required,
    task_fs: "task_struct.fs",
    task_cgroups: "task_struct.cgroups",
    signal_live: "signal_struct.live" required,
    signal_tty: "signal_struct.tty",
    signal_subreaper: "bit signal_struct.is_child_subreaper",
    signal_flags: "signal_struct.flags",
    signal_group_exit_code: "signal_struct.group_exit_code",
    tty_name: "tty_struct.name",
    cred_uid: "cred.uid",
    cred_gid: "cred.gid",
    cred_euid: "cred.euid",
    cred_effective: "cred.cap_effective",
    cred_permitted: "cred.cap_permitted",
    cred_user_ns: "cred.user_ns",
    nsproxy_mnt: "nsproxy.mnt_ns",
    nsproxy_net: "nsproxy.net_ns",
    nsproxy_ipc: "nsproxy.ipc_ns",
    nsproxy_uts: "nsproxy.uts_ns",
    nsproxy_cgroup: "nsproxy.cgroup_ns",
    nsproxy_time: "nsproxy.time_ns",
    mnt_inum: "mnt_namespace.ns.inum",
    net_inum: "net.ns.inum",
    ipc_inum: "ipc_namespace.ns.inum",
    uts_inum: "uts_namespace.ns.inum",
    cgroup_inum: "cgroup_namespace.ns.inum",
    user_inum: "user_namespace.ns.inum",
    time_inum: "time_namespace.ns.inum",
    pid_inum: "pid_namespace.ns.inum" required,
    pid_reaper: "pid_namespace.child_reaper",
    pid_level: "pid.level" required,
    pid_numbers: "pid.numbers" required,
    upid_nr: "upid.nr" required,
    upid_ns: "upid.ns" required,
    upid_size: "sizeof upid" required,
    mm_arg_start: "mm_struct.arg_start" required,
    mm_arg_end: "mm_struct.arg_end" required,
    mm_exe_file: "mm_struct.exe_file",
    file_path: "file.f_path",
    file_inode: "file.f_inode",
    inode_nlink: "inode.i_nlink",
    path_mnt: "path.mnt",
    path_dentry: "path.dentry",
    fs_pwd: "fs_struct.pwd",
    dentry_parent: "dentry.d_parent",
    dentry_name: "dentry.d_name.name",
    dentry_inode: "dentry.d_inode",
    vfsmount_root: "vfsmount.mnt_root",
    mount_mnt: "mount.mnt",
    mount_parent: "mount.mnt_parent",
    mount_point: "mount.mnt_mountpoint",
    css_default: "css_set.dfl_cgrp",
    css_subsys: "css_set.subsys",
    css_cgroup: "cgroup_subsys_state.cgroup",
    subsys_pids: "enum pids_cgrp_id",
    subsys_memory: "enum memory_cgrp_id",
    subsys_cpu: "enum cpu_cgrp_id",
    cgroup_kn: "cgroup.kn",
    cgroup_root: "cgroup.root",
    root_hierarchy: "cgroup_root.hierarchy_id",
    kn_id: "kernfs_node.id",
    kn_name: "kernfs_node.name",
    kn_parent: "kernfs_node.__parent|kernfs_node.parent",
    bprm_filename: "linux_binprm.filename",
    sock_family: "sock.__sk_common.skc_family",
    sock_port: "sock.__sk_common.skc_num",
    sock_remote_port: "sock.__sk_common.skc_dport",
    sock_local4: "sock.__sk_common.skc_rcv_saddr",
    sock_remote4: "sock.__sk_common.skc_daddr",
    sock_local6: "sock.__sk_common.skc_v6_rcv_saddr",
    sock_remote6: "sock.__sk_common.skc_v6_daddr",
    sock_net: "sock.__sk_common.skc_net",
    inet_port: "inet_sock.inet_sport",
    sock_protocol: "sock.sk_protocol",
    sock_err: "sock.sk_err",
    sock_flags: "sock.__sk_common.skc_flags|sock.sk_flags",
    sock_done: "enum SOCK_DONE",
    tcp_sent: "tcp_sock.bytes_sent",
    tcp_resent: "tcp_sock.bytes_retrans",
    tcp_received: "tcp_sock.bytes_received",
    regs_number: "pt_regs.orig_ax|pt_regs.syscallno",
    regs_arg0: "pt_regs.di|pt_regs.orig_x0",
    regs_arg1: "pt_regs.si|pt_regs.regs+8",
    regs_arg2: "pt_regs.dx|pt_regs.regs+16",
    regs_arg3: "pt_regs.r10|pt_regs.regs+24",
    regs_arg4: "pt_regs.r8|pt_regs.regs+32",
    regs_compat0: "pt_regs.bx",
    regs_compat1: "pt_regs.cx",
    regs_compat2: "pt_regs.dx",
    regs_compat3: "pt_regs.si",
    regs_compat4: "pt_regs.di",
    task_files: "task_struct.files",
    task_flags: "task_struct.flags",
    task_pid_links: "task_struct.pid_links",
    pid_tasks: "pid.tasks",
    files_table: "files_struct.fdt",
    table_max: "fdtable.max_fds",
    file_mode: "file.f_mode",
    file_private: "file.private_data",
    inode_mode: "inode.i_mode",
    inode_number: "inode.i_ino",
    inode_rdev: "inode.i_rdev",
    inode_uid: "inode.i_uid",
    inode_private: "inode.i_private",
    inode_sb: "inode.i_sb",
    inode_size: "sizeof inode",
    sb_dev: "super_block.s_dev",
    sb_magic: "super_block.s_magic",
    mount_ns: "mount.mnt_ns",
    socket_inode: "socket_alloc.vfs_inode",
    socket_sock: "socket.sk",
    sock_peer_pid: "sock.sk_peer_pid",
    sock_userlocks: "bit sock.sk_userlocks",
    unix_peer: "unix_sock.peer",
    pid_ns_tree: "pid_namespace.idr.idr_rt.xa_head",
    xa_shift: "xa_node.shift",
    xa_slots: "xa_node.slots",
    proc_vfs_inode: "proc_inode.vfs_inode",
    proc_pid: "proc_inode.pid",
    fs_root: "fs_struct.root",
    tty_file_tty: "tty_file_private.tty",
    tty_link: "tty_struct.link",
    task_status: "task_struct.thread_info.status",
    ring_opcode: "io_kiocb.opcode",
    ring_result: "io_kiocb.cqe.res|io_kiocb.result",
    ring_open_slot: "io_open.file_slot",
    ring_open_name: "io_open.filename",
    ring_open_flags: "io_open.how.flags",
    ring_rename_old: "io_rename.oldpath",
    ring_rename_new: "io_rename.newpath",
    ring_unlink_name: "io_unlink.filename",
    ring_mkdir_name: "io_mkdir.filename",
    ring_link_old: "io_link.oldpath",
    ring_link_new: "io_link.newpath",
    filename_name: "filename.name",
    dentry_inline: "dentry.d_shortname|dentry.d_iname",
    siginfo_code: "kernel_siginfo.si_code",
    rdonly_cast: "func bpf_rdonly_cast",
}
