//! The memory that the system lets a process have.

use std::path::{Path, PathBuf};

/// Bytes that one idle stream takes at most: 1.3 times the 11.3 KB that hyper itself takes (D-100).
pub(super) const PER_STREAM: u64 = 15 * 1024;

/// Bytes that this process may have: the least of its control group's limits and the machine's memory. `None` where the system
/// does not say.
pub(super) fn limit() -> Option<u64> {
    [control_group(Path::new("/")), machine()].into_iter().flatten().min()
}

#[cfg(target_os = "linux")]
fn machine() -> Option<u64> {
    let info = rustix::system::sysinfo();
    #[allow(clippy::useless_conversion, reason = "32 bits on some machines")]
    let bytes = u64::from(info.totalram).checked_mul(u64::from(info.mem_unit.max(1)));
    bytes.filter(|bytes| *bytes > 0)
}

#[cfg(not(target_os = "linux"))]
fn machine() -> Option<u64> {
    None
}

/// The least limit of the control groups that this process is in, of either version.
fn control_group(root: &Path) -> Option<u64> {
    let groups = std::fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let limits = groups.lines().filter_map(|line| {
        // `0::/path` is version 2, `4:memory:/path` version 1.
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

/// The least limit from a group up to the root. In a container the group's path can be the host's, and is then not there.
fn least(mount: &Path, path: &str, file: &str) -> Option<u64> {
    let relative = PathBuf::from(path.trim_start_matches('/'));
    let groups = relative.ancestors().map(|group| mount.join(group).join(file));
    let read = groups.filter_map(|path| std::fs::read_to_string(path).ok());
    // `max` is no number; version 1 writes a number beyond all memory.
    read.filter_map(|text| text.trim().parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use fh_test_folder::Folder;

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
        // A container that sees its own group as the root, under the path of the host.
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
        assert!(limit().is_some_and(|bytes| bytes <= machine));
    }
}
