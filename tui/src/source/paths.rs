//! Paths as mounts have them: bytes, absolute, without a slash at the end.

/// What is left of `path` below `directory`; `None` when it is not below it.
pub(super) fn below<'a>(path: &'a [u8], directory: &[u8]) -> Option<&'a [u8]> {
    if directory == b"/" {
        return Some(path);
    }
    let rest = path.strip_prefix(directory)?;
    (rest.is_empty() || rest.starts_with(b"/")).then_some(rest)
}

/// The path of `rest`, which begins with a slash or is empty, in a directory.
pub(super) fn joined(directory: &[u8], rest: &[u8]) -> Vec<u8> {
    let directory = if directory == b"/" { &b""[..] } else { directory };
    let rest = if rest == b"/" { &b""[..] } else { rest };
    let whole = [directory, rest].concat();
    if whole.is_empty() { b"/".to_vec() } else { whole }
}
