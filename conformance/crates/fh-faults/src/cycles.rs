//! Clients are made, get their features, and are closed, one after the other: nothing may be left of them (C-CLOSE-004).

use std::fmt;
use std::time::{Duration, Instant};

use fh_fake_edge::{FakeEdge, Feature};

use crate::scale::Scale;
use crate::subject::{Driver, FEATURE, Report, Settings, Subject};

/// After so many clients everything that is made once is made.
const WARM: u32 = 20;
/// The most that resident memory may grow from then on, in bytes.
const GROWTH: u64 = 4_000_000;
/// How long what a client leaves behind may take to go: closing does not wait for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was there before the clients, and after them.
#[derive(Debug)]
pub struct Cycles {
    driver: Driver,
    clients: u32,
    took: Duration,
    base: Report,
    end: Report,
    /// Connections that the Edge still sees.
    connections: usize,
}

/// Makes and closes so many clients in a process of its own.
///
/// # Errors
/// In words, if a client was not ready, or something failed that is not the client's.
pub fn measure(driver: Driver, clients: u32) -> Result<Cycles, String> {
    run(driver, clients).map_err(|error| error.to_string())
}

fn run(driver: Driver, clients: u32) -> Result<Cycles, Box<dyn std::error::Error>> {
    let edge = FakeEdge::start()?;
    edge.set_feature(Feature::string(FEATURE, "one"));
    let settings = Settings { driver, ..Settings::scaled(Scale::REAL) };
    let mut subject = Subject::prepare(&edge, &settings)?;
    let bare = subject.report()?;
    subject.cycle(WARM)?;
    let base = settled(&mut subject, &bare)?;
    let begun = Instant::now();
    subject.cycle(clients)?;
    let took = begun.elapsed();
    let end = settled(&mut subject, &base)?;
    // Nobody is waited for in vain: what is left is counted.
    let _ = edge.wait_until(PATIENCE, |seen| seen.open_connections() == 0);
    let connections = edge.recording().open_connections();
    Ok(Cycles { driver, clients, took, base, end, connections })
}

/// Asks until threads and sockets are no more than before, or it has taken too long.
fn settled(subject: &mut Subject, before: &Report) -> Result<Report, Box<dyn std::error::Error>> {
    let end = Instant::now() + PATIENCE;
    loop {
        let report = subject.report()?;
        let is_over = report.threads <= before.threads && report.sockets <= before.sockets;
        if is_over || Instant::now() >= end {
            return Ok(report);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Cycles {
    /// What is not as it should be; nothing if all is well.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        let (base, end) = (&self.base, &self.end);
        if end.threads > base.threads {
            failures.push(format!("threads: {:?}, then {:?}", base.threads, end.threads));
        }
        if end.sockets > base.sockets {
            failures.push(format!("sockets: {:?}, then {:?}", base.sockets, end.sockets));
        }
        if self.connections > 0 {
            failures.push(format!("the Edge sees {} connections", self.connections));
        }
        if let (Some(before), Some(after)) = (base.resident_memory, end.resident_memory)
            && after > before + GROWTH
        {
            failures.push(format!("resident memory grew from {before} to {after} bytes"));
        }
        if end.panics > 0 {
            failures.push(format!("{} panics", end.panics));
        }
        failures
    }
}

impl fmt::Display for Cycles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { driver, clients, took, base, end, connections } = self;
        writeln!(
            f,
            "{driver}: {clients} clients made and closed in {took:.1?}, after {WARM} others"
        )?;
        for (what, before, after) in [
            ("threads", base.threads, end.threads),
            ("sockets", base.sockets, end.sockets),
            ("resident kB", kilobytes(base), kilobytes(end)),
        ] {
            let known =
                |count: Option<u64>| count.map_or("?".to_string(), |count| count.to_string());
            writeln!(f, "  {what}: {}, then {}", known(before), known(after))?;
        }
        write!(f, "  connections that the Edge still sees: {connections}")
    }
}

fn kilobytes(report: &Report) -> Option<u64> {
    report.resident_memory.map(|bytes| bytes / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(change: impl FnOnce(&mut Cycles)) -> Vec<String> {
        let report = || Report {
            threads: Some(3),
            sockets: Some(1),
            resident_memory: Some(GROWTH),
            ..Report::default()
        };
        let mut cycles = Cycles {
            driver: Driver::Thread,
            clients: 1,
            took: Duration::ZERO,
            base: report(),
            end: report(),
            connections: 0,
        };
        change(&mut cycles);
        cycles.failures()
    }

    #[test]
    fn each_rule_is_judged() {
        assert!(failures(|_| {}).is_empty());
        let one = |failures: Vec<String>, part: &str| {
            assert!(failures.len() == 1 && failures[0].contains(part), "{part}: {failures:?}");
        };
        one(failures(|found| found.end.threads = Some(4)), "threads");
        one(failures(|found| found.end.sockets = Some(2)), "sockets");
        one(failures(|found| found.connections = 1), "1 connections");
        one(failures(|found| found.end.resident_memory = Some(2 * GROWTH + 1)), "memory grew");
        one(failures(|found| found.end.panics = 1), "1 panics");
    }
}
