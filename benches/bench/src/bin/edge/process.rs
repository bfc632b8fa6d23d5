//! Resource usage of processes, from `/proc`.

use std::fs;

/// The resources that a process uses.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Resident memory, in bytes.
    pub resident: u64,
    /// Processor time, in seconds.
    pub processor: f64,
}

/// Returns the usage of a running process.
pub fn usage(id: u32) -> Result<Usage, String> {
    let failed = |what: &str| format!("/proc/{id}/{what} cannot be read");
    let read =
        |what: &str| fs::read_to_string(format!("/proc/{id}/{what}")).map_err(|_| failed(what));
    let memory = read("statm")?;
    let pages = memory.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    let pages = pages.ok_or_else(|| failed("statm"))?;
    let status = read("stat")?;
    // The program's name may contain spaces and brackets, so the fields begin after the last bracket.
    let fields: Vec<&str> =
        status.rsplit_once(") ").map_or(Vec::new(), |(_, rest)| rest.split(' ').collect());
    let ticks = |index: usize| fields.get(index).and_then(|ticks| ticks.parse::<u64>().ok());
    let ticks = ticks(11).zip(ticks(12)).ok_or_else(|| failed("stat"))?;
    let per_second = rustix::param::clock_ticks_per_second() as f64;
    Ok(Usage {
        resident: pages * rustix::param::page_size() as u64,
        processor: (ticks.0 + ticks.1) as f64 / per_second,
    })
}

/// Returns the largest resident memory that a running process had, in bytes.
pub fn peak(id: u32) -> Result<u64, String> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.split_whitespace().next()?.parse::<u64>().ok());
    kib.map(|kib| kib << 10).ok_or_else(|| format!("/proc/{id}/status has no peak"))
}

/// Raises the limit of descriptors as far as allowed, and returns it.
pub fn descriptors() -> Result<u64, String> {
    let limit = fh_edge::listen::raise_descriptor_limit().map_err(|why| why.to_string())?;
    Ok(limit.unwrap_or(1 << 20))
}
