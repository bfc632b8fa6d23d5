//! One fault, one client.

use std::thread;
use std::time::{Duration, Instant};

use fh_fake_edge::{Behaviour, FakeEdge, Fault, Feature};
use serde::Serialize;

use super::expected::most_requests;
use super::{FAULT, HEALTHY, MEMORY};
use crate::lateness::Lateness;
use crate::pace;
use crate::scale::Scale;
use crate::subject::{FEATURE, Settings, Subject, SubjectError};

/// What a client did under one fault.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The fault's name.
    pub fault: &'static str,
    /// Requests that reached the Edge during the fault, redirect hops counted.
    pub requests: usize,
    /// Requests that the client sent during the fault, also those that reached nobody.
    pub sent: usize,
    /// As many may be sent.
    pub at_most: usize,
    /// Seconds from the end of the fault until the client had what changed there; `None` if it never did.
    pub back_after: Option<f64>,
    /// The most memory that its process used, in bytes.
    pub peak_memory: Option<u64>,
    /// Its status at the end, in words.
    pub status: String,
    /// What is wrong with all that; empty if nothing is.
    pub failures: Vec<String>,
    #[serde(skip)]
    pub(super) which: Fault,
}

/// An Edge and a client that has not started.
pub(super) struct Prepared {
    fault: Fault,
    scale: Scale,
    edge: FakeEdge,
    subject: Subject,
}

impl Prepared {
    pub(super) fn new(fault: Fault, scale: Scale) -> Result<Self, SubjectError> {
        let edge = FakeEdge::start()?;
        edge.set_feature(Feature::string(FEATURE, "during"));
        let subject = Subject::prepare(&edge, &Settings::scaled(scale))?;
        Ok(Self { fault, scale, edge, subject })
    }

    pub(super) fn measure(self, lateness: &Lateness) -> Result<Row, SubjectError> {
        let Self { fault, scale, edge, mut subject } = self;
        begin(fault, scale, &edge);
        let begun = subject.start()?;
        let end = begun + scale.of(FAULT);
        thread::sleep(end.saturating_duration_since(Instant::now()));
        let ended = Instant::now();
        fault.end(&edge)?;
        edge.set_value(FEATURE, "after");
        let healthy = scale.of(HEALTHY);
        let back = match subject.wait_for_value("after", healthy) {
            Ok(at) => Some(at.saturating_duration_since(ended)),
            Err(SubjectError::Silent) => None,
            Err(error) => return Err(error),
        };
        let report = subject.report()?;

        let requests = edge.recording().requests;
        let arrivals: Vec<Duration> =
            requests.iter().map(|seen| seen.request.at.saturating_duration_since(begun)).collect();
        let departures: Vec<Duration> =
            report.sent.iter().copied().map(Duration::from_micros).collect();
        let lasted = ended.saturating_duration_since(begun);
        let during = |times: &[Duration]| times.iter().filter(|at| **at < lasted).count();
        let mut row = Row {
            fault: fault.name(),
            requests: during(&arrivals),
            sent: during(&departures),
            at_most: most_requests(fault, scale),
            back_after: back.map(|back| back.as_secs_f64()),
            peak_memory: report.peak_memory,
            status: report.status,
            failures: Vec::new(),
            which: fault,
        };
        row.judge(&[arrivals, departures], scale, lateness.slack(), report.panics);
        Ok(row)
    }
}

impl Row {
    fn judge(&mut self, requests: &[Vec<Duration>], scale: Scale, slack: Duration, panics: u64) {
        let mut failures = Vec::new();
        if self.back_after.is_none() {
            failures.push(format!("not back after {:?}: {}", scale.of(HEALTHY), self.status));
        }
        let pace = scale.of(Duration::from_secs(1));
        for times in requests {
            failures.extend(pace::breach(times, pace, slack).map(|breach| breach.to_string()));
        }
        let sent = self.sent.max(self.requests);
        if sent > self.at_most {
            failures.push(format!("{sent} requests, where {} were to be expected", self.at_most));
        }
        if self.requests == 0 && self.which != Fault::Refused {
            failures.push("no request: nothing was measured".to_string());
        }
        if let Some(peak) = self.peak_memory.filter(|peak| *peak > MEMORY) {
            failures.push(format!("{} MB of memory", peak / 1_000_000));
        }
        if panics > 0 {
            failures.push(format!("{panics} panics"));
        }
        self.failures = failures;
    }

    /// Is all as it should be?
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failures.is_empty()
    }
}

/// The fault as it is, with those of its delays scaled that can be.
fn begin(fault: Fault, scale: Scale, edge: &FakeEdge) {
    match fault {
        Fault::SlowDrip => {
            edge.behave(Behaviour::new().drip(1, scale.of(Duration::from_millis(50))));
        }
        _ => fault.begin(edge),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            fault: Fault::Status500.name(),
            requests: 2,
            sent: 2,
            at_most: 5,
            back_after: Some(0.5),
            peak_memory: Some(MEMORY),
            status: "NOT_READY".to_string(),
            failures: Vec::new(),
            which: Fault::Status500,
        }
    }

    fn failures(change: impl FnOnce(&mut Row), times: &[u64], panics: u64) -> Vec<String> {
        let mut row = row();
        change(&mut row);
        let times = times.iter().copied().map(Duration::from_millis).collect();
        row.judge(&[times], Scale::REAL, Duration::ZERO, panics);
        assert_eq!(row.is_good(), row.failures.is_empty());
        row.failures
    }

    #[test]
    fn each_rule_is_judged() {
        assert!(failures(|_| {}, &[0, 500, 1000], 0).is_empty());
        let one = |failures: Vec<String>, part: &str| {
            assert!(failures.len() == 1 && failures[0].contains(part), "{part}: {failures:?}");
        };
        one(failures(|row| row.back_after = None, &[], 0), "NOT_READY");
        one(failures(|_| {}, &[0, 10, 20], 0), "3 requests within");
        one(failures(|row| row.sent = 6, &[], 0), "6 requests, where 5");
        one(failures(|row| row.requests = 6, &[], 0), "6 requests, where 5");
        one(failures(|row| row.requests = 0, &[], 0), "nothing was measured");
        one(failures(|row| row.peak_memory = Some(MEMORY + 1_000_000), &[], 0), "65 MB");
        one(failures(|_| {}, &[], 1), "1 panics");
        // Where nobody listens no request arrives.
        let refused = |row: &mut Row| (row.which, row.requests) = (Fault::Refused, 0);
        assert!(failures(refused, &[], 0).is_empty());
    }
}
