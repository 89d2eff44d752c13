//! How long the variable parts of a record may be.

/// Bytes of argv that a record carries; more is cut, and marked.
pub const ARGV_MAX: usize = 16 * 1024;
/// Bytes of a resolved path, components and separators.
pub const PATH_MAX: usize = 4096;
/// Bytes of the path as it was given to execve.
pub const GIVEN_MAX: usize = 4096;
/// Bytes of a cgroup path.
pub const CGROUP_MAX: usize = 1024;
/// Bytes of a terminal's name.
pub const TTY_MAX: usize = 64;
/// Bytes of one path component with its NUL: names have at most 255 bytes.
pub const NAME_MAX: usize = 256;
/// Components of a path, mount points crossed included.
pub const PATH_DEPTH: u32 = 256;
/// The same on kernels without `bpf_loop` (before 5.17).
pub const PATH_DEPTH_SHALLOW: u32 = 12;
/// Components of a cgroup path.
pub const CGROUP_DEPTH: u32 = 24;
/// Bytes of everything that follows the fixed part of an exec.
pub const EXEC_TAIL_MAX: usize = CGROUP_MAX + 2 * PATH_MAX + GIVEN_MAX + TTY_MAX + ARGV_MAX;
/// No record is longer.
pub const RECORD_MAX: usize = 32 * 1024;
/// Bytes of a name that opens are compared with, its NUL included.
pub const CARE_MAX: usize = 32;
/// Bytes of everything that follows the fixed part of an open or an act: three paths and three strings.
pub const ACT_TAIL_MAX: usize = 3 * PATH_MAX + 3 * GIVEN_MAX;
/// Bytes that are carried of a name server's answer: as many as those who ask agree to as a rule (`EDNS`).
pub const ANSWER_MAX: usize = 1232;
