//! The memory that the operating system allows a process.

use std::fmt;
use std::path::{Path, PathBuf};

/// An estimate of the memory of one idle stream in bytes, with a margin over the 11.3 KB that hyper itself takes.
pub(super) const PER_STREAM: u64 = 15 * 1024;

/// The memory that this process may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimit {
    /// The limit in bytes.
    pub bytes: u64,
    /// The origin of the limit.
    pub source: MemorySource,
}

/// The origin of a limit on a process's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemorySource {
    /// The smallest limit of the control groups that the process belongs to.
    ControlGroup,
    /// `RLIMIT_DATA`, the resource limit on the data of a process.
    Data,
    /// `RLIMIT_AS`, the resource limit on the address space of a process.
    AddressSpace,
    /// The memory of the machine.
    Machine,
}

impl MemoryLimit {
    /// Returns the smallest of all limits that the operating system reports, or `None` if it reports none. Linux reports all of them, other
    /// Unix systems only the resource limits, and Windows none.
    #[must_use]
    pub fn read() -> Option<Self> {
        use MemorySource::{AddressSpace, ControlGroup, Data, Machine};
        let limits = [
            (control_group(Path::new("/")), ControlGroup),
            (data(), Data),
            (address_space(), AddressSpace),
            (machine(), Machine),
        ];
        let limits = limits.into_iter().filter_map(|(bytes, source)| Some((bytes?, source)));
        limits.min_by_key(|(bytes, _)| *bytes).map(|(bytes, source)| Self { bytes, source })
    }
}

impl fmt::Display for MemoryLimit {
    /// Writes the limit in whole MiB, with its origin.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            MemorySource::ControlGroup => "the control group's limit",
            MemorySource::Data => "RLIMIT_DATA",
            MemorySource::AddressSpace => "RLIMIT_AS",
            MemorySource::Machine => "the machine's memory",
        };
        write!(f, "{} MiB, {source}", self.bytes >> 20)
    }
}

#[cfg(unix)]
fn data() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Data).current
}

#[cfg(unix)]
fn address_space() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::As).current
}

#[cfg(not(unix))]
fn data() -> Option<u64> {
    None
}

#[cfg(not(unix))]
fn address_space() -> Option<u64> {
    None
}

#[cfg(target_os = "linux")]
fn machine() -> Option<u64> {
    let info = rustix::system::sysinfo();
    #[allow(clippy::useless_conversion, reason = "the type has 32 bits on some machines")]
    let bytes = u64::from(info.totalram).checked_mul(u64::from(info.mem_unit.max(1)));
    bytes.filter(|bytes| *bytes > 0)
}

#[cfg(not(target_os = "linux"))]
fn machine() -> Option<u64> {
    None
}

/// Returns the smallest memory limit, in bytes, of the control groups (version 1 or 2) that this process belongs to, and of their
/// ancestors. Returns `None` if there is no limit, or if no limit can be read.
fn control_group(root: &Path) -> Option<u64> {
    let groups = std::fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let limits = groups.lines().filter_map(|line| {
        // A line `0::/path` is of version 2, and a line `4:memory:/path` is of version 1.
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        let (mount, file) = match controllers {
            "" => ("sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|each| each == "memory") => {
                ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => return None,
        };
        least(&root.join(mount), path, file)
    });
    limits.min()
}

/// Returns the smallest memory limit of a control group and its ancestors. Each of these groups has its limit in a file named `file`.
/// Returns `None` if there is no limit, or if no limit can be read. In a container, `path` may be a path of the host, which does not exist
/// in the container.
fn least(mount: &Path, path: &str, file: &str) -> Option<u64> {
    let relative = PathBuf::from(path.trim_start_matches('/'));
    let groups = relative.ancestors().map(|group| mount.join(group).join(file));
    let read = groups.filter_map(|path| std::fs::read_to_string(path).ok());
    // A group of version 2 without a limit has the text `max`, which is not a number. A group of version 1 without a limit has a number
    // larger than any memory.
    read.filter_map(|text| text.trim().parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use fh_test::Folder;

    use super::*;

    fn root(files: &[(&str, &str)]) -> Folder {
        let folder = Folder::new();
        for (path, text) in files {
            let path = folder.file(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn the_least_limit_of_the_groups_counts() {
        let limit = |files: &[(&str, &str)]| control_group(root(files).path());
        assert_eq!(limit(&[]), None);
        let two = ("proc/self/cgroup", "0::/pods/one\n");
        assert_eq!(limit(&[two, ("sys/fs/cgroup/pods/one/memory.max", "max\n")]), None);
        assert_eq!(
            limit(&[
                two,
                ("sys/fs/cgroup/pods/memory.max", "1000\n"),
                ("sys/fs/cgroup/pods/one/memory.max", "2000\n"),
            ]),
            Some(1000)
        );
        // The container sees its own control group as the root, although the path is the one on the host.
        assert_eq!(limit(&[two, ("sys/fs/cgroup/memory.max", "3000\n")]), Some(3000));
        let one = ("proc/self/cgroup", "8:pids:/\n4:cpu,memory:/a\n0::/\n");
        assert_eq!(
            limit(&[one, ("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4000\n")]),
            Some(4000)
        );
        assert_eq!(limit(&[("proc/self/cgroup", "nonsense\n:\n::\n")]), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_machine_has_memory() {
        let machine = machine().unwrap();
        assert!(machine > 1 << 20);
        assert!(MemoryLimit::read().is_some_and(|limit| limit.bytes <= machine));
    }
}
