//! Memory, threads and sockets of an adapter's process and its descendants, as the system reports them. Linux only.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::scene::Scene;
use super::stop::{Skip, Stop};

/// The resources of a process and its descendants at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProcessUse {
    /// Number of processes.
    pub processes: usize,
    /// Resident memory in bytes. Memory that two processes share counts twice.
    pub resident: u64,
    /// The highest resident memory in bytes since the start of each process, or since [`MemoryWatch::begin`].
    pub peak: u64,
    /// Number of threads.
    pub threads: u64,
    /// Number of open sockets.
    pub sockets: u64,
}

impl ProcessUse {
    /// Returns the resources of a process, of its descendants, and of the members of its process group.
    ///
    /// # Errors
    /// The reason to skip, if the system does not report resources; the failed check, if the process has ended.
    pub fn of(process: u32) -> Result<Self, Stop> {
        let mut all = Self::default();
        for id in family(process)? {
            // A process that ends meanwhile uses nothing.
            let Ok(status) = fs::read_to_string(format!("/proc/{id}/status")) else { continue };
            let number = |name: &str| {
                let line = status.lines().find_map(|line| line.strip_prefix(name));
                line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
            };
            all.processes += 1;
            all.resident += number("VmRSS:").unwrap_or_default() * 1024;
            all.peak += number("VmHWM:").unwrap_or_default() * 1024;
            all.threads += number("Threads:").unwrap_or_default();
            all.sockets += sockets(id);
        }
        Ok(all)
    }
}

/// Measures the growth of the memory of a process and its descendants from one moment on.
#[derive(Debug, Clone, Copy)]
pub struct MemoryWatch {
    process: u32,
    resident: u64,
}

impl MemoryWatch {
    /// Begins to measure. Higher peaks of earlier times, such as that of the start of a runtime, no longer count.
    ///
    /// # Errors
    /// The reason to skip, if the system does not report or reset peaks; the failed check, if the process has ended.
    pub fn begin(process: u32) -> Result<Self, Stop> {
        for id in family(process)? {
            // The number 5 resets the peak of the resident memory.
            let reset = fs::write(format!("/proc/{id}/clear_refs"), "5");
            if let Err(error) = reset
                && id == process
            {
                return Err(skip(&format!("peaks of memory cannot be reset: {error}")));
            }
        }
        Ok(Self { process, resident: ProcessUse::of(process)?.resident })
    }

    /// Returns by how many bytes the highest memory since the begin exceeds the memory at the begin.
    ///
    /// # Errors
    /// As [`ProcessUse::of`].
    pub fn growth(&self) -> Result<u64, Stop> {
        Ok(ProcessUse::of(self.process)?.peak.saturating_sub(self.resident))
    }
}

impl Scene<'_> {
    /// Returns the resources that the adapter uses now.
    ///
    /// # Errors
    /// As [`ProcessUse::of`]; also the reason to skip, if the runner did not start the adapter's process.
    pub fn process_use(&self) -> Result<ProcessUse, Stop> {
        ProcessUse::of(self.adapter_process()?)
    }

    /// Begins to measure the growth of the adapter's memory. Scenarios begin before they create the client.
    ///
    /// # Errors
    /// As [`MemoryWatch::begin`]; also the reason to skip, if the runner did not start the adapter's process.
    pub fn watch_memory(&self) -> Result<MemoryWatch, Stop> {
        let process = self.adapter_process()?;
        // An answer shows that the runtime of the adapter has started.
        self.adapter().borrow_mut().hello().map_err(|error| Stop::of_command("hello", &error))?;
        MemoryWatch::begin(process)
    }

    /// Begins to measure as [`Scene::watch_memory`] does, for a scenario that checks more than memory. Where the system does not show the
    /// memory, as for an adapter that dials, there is no watch: the scenario runs without this check, and its timeline names the reason.
    ///
    /// # Errors
    /// The failed check, if the process has ended.
    pub fn watch_memory_if_shown(&self) -> Result<Option<MemoryWatch>, Stop> {
        match self.watch_memory() {
            Ok(watch) => Ok(Some(watch)),
            Err(Stop::Skipped(why)) => {
                self.note(&format!("memory is not checked: {why}"));
                Ok(None)
            }
            Err(stop) => Err(stop),
        }
    }

    fn adapter_process(&self) -> Result<u32, Stop> {
        let process = self.adapter().borrow().process_id();
        process.ok_or_else(|| skip("the adapter dials, and the process of its SDK is not known"))
    }
}

fn skip(reason: &str) -> Stop {
    Stop::Skipped(Skip::System(reason.to_owned()))
}

/// Returns the ids of a process, of its descendants, and of the members of its process group.
fn family(process: u32) -> Result<BTreeSet<u32>, Stop> {
    if !Path::new("/proc/self/stat").exists() {
        return Err(skip("memory, threads and sockets of a process"));
    }
    if Relations::of(process).is_none() {
        return Err(Stop::failed("the adapter's process runs", "a process", "it has ended"));
    }
    let entries = fs::read_dir("/proc").map_err(|error| skip(&format!("/proc: {error}")))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let all: Vec<Relations> = names.filter_map(|name| Relations::of(name.parse().ok()?)).collect();
    let mut family = BTreeSet::from([process]);
    loop {
        let before = family.len();
        let related = |one: &&Relations| one.group == process || family.contains(&one.parent);
        let found: Vec<u32> = all.iter().filter(related).map(|one| one.id).collect();
        family.extend(found);
        if family.len() == before {
            return Ok(family);
        }
    }
}

/// The place of a process among others.
struct Relations {
    id: u32,
    parent: u32,
    group: u32,
}

impl Relations {
    /// Returns `None` if the process has ended.
    fn of(id: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name of the program stands in parentheses and may contain spaces and parentheses.
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_whitespace();
        if fields.next()? == "Z" {
            return None;
        }
        Some(Self { id, parent: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
    }
}

fn sockets(process: u32) -> u64 {
    let Ok(open) = fs::read_dir(format!("/proc/{process}/fd")) else { return 0 };
    let is_socket = |entry: &fs::DirEntry| {
        fs::read_link(entry.path()).is_ok_and(|target| target.to_string_lossy().contains("socket:"))
    };
    open.filter_map(Result::ok).filter(is_socket).count() as u64
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// Ends a process and its process group.
    struct Running(Child);

    impl Drop for Running {
        fn drop(&mut self) {
            let group = rustix::process::Pid::from_child(&self.0);
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            let _ = self.0.wait();
        }
    }

    #[test]
    fn descendants_count() {
        let child = Command::new("sh")
            .args(["-c", "(echo ready; sleep 60; true) & wait"])
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut running = Running(child);
        let mut line = String::new();
        BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let seen = ProcessUse::of(running.0.id()).unwrap();
        // The shell and its copy; the program `sleep` may not have started.
        assert!(seen.processes >= 2, "{seen:?}");
        assert_eq!(seen.threads, seen.processes as u64);
        assert!(seen.resident > 0 && seen.peak >= seen.resident, "{seen:?}");
        assert_eq!(seen.sockets, 0);
    }

    #[test]
    fn an_ended_process_is_a_failure() {
        let mut child = Command::new("true").spawn().unwrap();
        let id = child.id();
        child.wait().unwrap();
        assert!(matches!(ProcessUse::of(id), Err(Stop::Failed(_))));
    }

    #[test]
    fn growth_is_a_peak_and_sockets_count() {
        const SIZE: usize = 48 * 1024 * 1024;
        let own = std::process::id();
        drop(vec![1_u8; SIZE]);
        let watch = MemoryWatch::begin(own).unwrap();
        let before = watch.growth().unwrap();
        drop(std::hint::black_box(vec![1_u8; SIZE]));
        let growth = watch.growth().unwrap();
        assert!(growth >= before + SIZE as u64 / 2, "{before} {growth}");
        let sockets = ProcessUse::of(own).unwrap().sockets;
        let listeners: Vec<TcpListener> =
            (0..50).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        // Other tests of this process open and close sockets, too.
        assert!(ProcessUse::of(own).unwrap().sockets >= sockets + 25);
        drop(listeners);
    }
}
