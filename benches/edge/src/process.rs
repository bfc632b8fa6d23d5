//! What the system says of a process.

use std::fs;

/// How much a process has used.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Resident memory, in bytes.
    pub resident: u64,
    /// Processor time, in seconds.
    pub processor: f64,
}

/// Of a running process.
pub fn usage(id: u32) -> Result<Usage, String> {
    let failed = |what: &str| format!("/proc/{id}/{what} cannot be read");
    let read =
        |what: &str| fs::read_to_string(format!("/proc/{id}/{what}")).map_err(|_| failed(what));
    let memory = read("statm")?;
    let pages = memory.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    let pages = pages.ok_or_else(|| failed("statm"))?;
    let status = read("stat")?;
    // The name may hold anything, but not the last bracket.
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

/// How many descriptors this process may have; as many as it may ask for.
pub fn descriptors() -> Result<u64, String> {
    let limit = fh_edge::listen::raise_descriptor_limit().map_err(|why| why.to_string())?;
    Ok(limit.unwrap_or(1 << 20))
}
