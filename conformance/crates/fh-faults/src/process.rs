//! What the system says of this process. Linux only; elsewhere nothing is known.

use std::fs;

/// The most memory that was resident so far, in bytes.
#[must_use]
pub fn peak_memory() -> Option<u64> {
    status("VmHWM:").map(|kibibytes| kibibytes * 1024)
}

/// The memory that is resident, in bytes.
#[must_use]
pub fn resident_memory() -> Option<u64> {
    status("VmRSS:").map(|kibibytes| kibibytes * 1024)
}

/// How many threads there are.
#[must_use]
pub fn threads() -> Option<u64> {
    status("Threads:")
}

/// How many sockets are open.
#[must_use]
pub fn sockets() -> Option<u64> {
    let open = fs::read_dir("/proc/self/fd").ok()?;
    let is_socket = |entry: &fs::DirEntry| {
        fs::read_link(entry.path()).is_ok_and(|target| target.to_string_lossy().contains("socket:"))
    };
    Some(open.filter_map(Result::ok).filter(is_socket).count() as u64)
}

/// The number of a line of `/proc/self/status`.
fn status(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
