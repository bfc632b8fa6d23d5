//! Metrics of the process, with the names that Prometheus's own client libraries use.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::gauges::Seconds;

#[derive(Debug, Default)]
pub(super) struct ProcessFigures {
    cpu_seconds: Counter<f64, AtomicU64>,
    resident_bytes: Gauge,
    virtual_bytes: Gauge,
    open_fds: Gauge,
    max_fds: Gauge,
    threads: Gauge,
    start: Seconds,
}

/// The values that the operating system reports for this process.
#[derive(Debug, Default, PartialEq)]
struct Reading {
    cpu_seconds: f64,
    resident_bytes: i64,
    virtual_bytes: i64,
    open_fds: i64,
    max_fds: i64,
    threads: i64,
}

impl ProcessFigures {
    /// Registers the metrics of the process. If the operating system does not report their values, registers no metric.
    pub(super) fn register(&self, registry: &mut Registry) {
        let (Some(_), Some(start)) = (read(), start_time()) else { return };
        self.start.set(start);
        registry.register(
            "process_cpu_seconds",
            "Processor time used by the process",
            self.cpu_seconds.clone(),
        );
        registry.register(
            "process_start_time_seconds",
            "Start time of the process, in seconds since 1970",
            self.start.clone(),
        );
        let mut gauge = |name: &str, help: &str, gauge: &Gauge| {
            registry.register(format!("process_{name}"), help, gauge.clone());
        };
        gauge("resident_memory_bytes", "Memory in use, in bytes", &self.resident_bytes);
        gauge("virtual_memory_bytes", "Address space in use, in bytes", &self.virtual_bytes);
        gauge("open_fds", "Open file descriptors", &self.open_fds);
        gauge("max_fds", "Largest number of file descriptors that may be open", &self.max_fds);
        gauge("threads", "Threads", &self.threads);
    }

    pub(super) fn set(&self) {
        let Some(reading) = read() else { return };
        self.cpu_seconds.inner().store(reading.cpu_seconds.to_bits(), Ordering::Relaxed);
        self.resident_bytes.set(reading.resident_bytes);
        self.virtual_bytes.set(reading.virtual_bytes);
        self.open_fds.set(reading.open_fds);
        self.max_fds.set(reading.max_fds);
        self.threads.set(reading.threads);
    }
}

#[cfg(target_os = "linux")]
fn read() -> Option<Reading> {
    use rustix::process::{Resource, getrlimit};
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses, which may contain spaces.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    // Fields are numbered as in proc(5). The first field after the name has the number 3.
    let field = |number: usize| fields.get(number.checked_sub(3)?)?.parse::<i64>().ok();
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let page = i64::try_from(rustix::param::page_size()).ok()?;
    let open_fds = std::fs::read_dir("/proc/self/fd").ok()?.count();
    // One of the descriptors belongs to the folder that this function reads.
    let open_fds = i64::try_from(open_fds.saturating_sub(1)).ok()?;
    let max_fds = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    #[expect(clippy::cast_precision_loss, reason = "exact for centuries of processor time")]
    let cpu_seconds = cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9;
    Some(Reading {
        cpu_seconds,
        resident_bytes: field(24)?.saturating_mul(page),
        virtual_bytes: field(23)?,
        open_fds,
        max_fds: i64::try_from(max_fds).unwrap_or(i64::MAX),
        threads: field(20)?,
    })
}

/// Returns the start time of this process in seconds since 1970. The start time of the system, to which it refers, is in whole seconds.
#[cfg(target_os = "linux")]
fn start_time() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    // The field has the number 22. The first field after the name has the number 3.
    let ticks = fields.split_whitespace().nth(19)?.parse::<f64>().ok()?;
    let system = std::fs::read_to_string("/proc/stat").ok()?;
    let boot = system.lines().find_map(|line| line.strip_prefix("btime "))?;
    #[expect(clippy::cast_precision_loss, reason = "the number of ticks in a second is small")]
    let per_second = rustix::param::clock_ticks_per_second() as f64;
    Some(boot.trim().parse::<f64>().ok()? + ticks / per_second)
}

#[cfg(not(target_os = "linux"))]
fn start_time() -> Option<f64> {
    None
}

#[cfg(not(target_os = "linux"))]
fn read() -> Option<Reading> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    /// The time does not depend on when a server creates its metrics.
    #[test]
    fn a_process_starts_once() {
        let start = start_time().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        assert!(start > 1e9 && start < now + 2.0, "{start} {now}");
        assert_eq!(start_time(), Some(start));
    }

    #[test]
    fn a_process_has_memory_threads_and_descriptors() {
        let before = read().unwrap();
        let file = std::fs::File::open("/proc/self/stat").unwrap();
        let reading = read().unwrap();
        assert!(reading.resident_bytes > 1 << 20);
        assert!(reading.virtual_bytes > reading.resident_bytes);
        assert!(reading.threads >= 1 && reading.open_fds >= 1);
        assert!(reading.max_fds >= reading.open_fds);
        assert!(reading.cpu_seconds > 0.0 && reading.cpu_seconds >= before.cpu_seconds);
        drop(file);
    }
}
