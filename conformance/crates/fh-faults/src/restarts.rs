//! The Edge is killed and comes back, again and again, while threads read from the client.

use std::fmt;
use std::time::{Duration, Instant};

use fh_fake_edge::{Behaviour, Closing, FakeEdge, Feature, Route};

use crate::lateness::Lateness;
use crate::pace;
use crate::scale::Scale;
use crate::subject::{Driver, FEATURE, Report, Settings, Subject, value};

/// How many threads read.
pub const READERS: usize = 8;

/// Delays in a fiftieth of their time: from 20 ms to 600 ms.
const SCALE: f64 = 0.02;
/// The longest delay (D-64), scaled.
const CAP: Duration = Duration::from_millis(600);
/// What a busy machine may add to a delay before it counts as missed.
const SLACK: Duration = Duration::from_secs(5);

/// After so many restarts everything that is made once is made.
const WARM: usize = 10;
/// The most that resident memory may grow from then on, in bytes.
const GROWTH: u64 = 2_000_000;

const PATIENCE: Duration = Duration::from_secs(30);

/// How a client bore it.
#[derive(Debug)]
pub struct Restarts {
    driver: Driver,
    restarts: usize,
    took: Duration,
    /// From the moment at which the Edge listened again to the stream's request, the longest and the mean.
    longest: Duration,
    mean: Duration,
    /// Resident memory after the first restarts.
    warm: Option<u64>,
    report: Report,
    /// What the machine may have taken from times between requests.
    slack: Duration,
}

/// Kills the Edge so many times, and lets it come back: at once, or when the client has tried up to three times in vain.
///
/// # Errors
/// In words, if the client was not back, or something failed that is not the client's.
pub fn measure(driver: Driver, restarts: usize) -> Result<Restarts, String> {
    run(driver, restarts).map_err(|error| error.to_string())
}

fn run(driver: Driver, restarts: usize) -> Result<Restarts, Box<dyn std::error::Error>> {
    let edge = FakeEdge::start()?;
    let mut served = 1;
    edge.set_feature(Feature::string(FEATURE, &value(served)));
    // A stream that was up counts as healthy at once: here nobody waits a minute between restarts.
    let scale: Scale = SCALE.to_string().parse()?;
    let settings =
        Settings { driver, readers: READERS, healthy_after: Some(0), ..Settings::scaled(scale) };
    let mut subject = Subject::prepare(&edge, &settings)?;
    let lateness = Lateness::watch();
    let begun = subject.start()?;
    edge.wait_until(PATIENCE, |seen| seen.live_streams() == 1)?;
    let mut waits = Vec::new();
    let mut warm = None;
    for restart in 0..restarts {
        if restart % 5 == 4 {
            edge.script(Route::Stream, [torn()], Behaviour::healthy());
        }
        let sent = subject.report()?.sent.len();
        edge.kill();
        let in_vain = restart % 4;
        if in_vain > 0 {
            subject.wait_for_sent(sent + in_vain)?;
        }
        served += 1;
        edge.set_value(FEATURE, value(served));
        let requests = edge.recording().count(Route::Stream);
        edge.listen_again()?;
        let listening = Instant::now();
        edge.wait_for_requests(Route::Stream, requests + 1, PATIENCE)?;
        waits.push(listening.elapsed());
        // It comes with the list, the next one as an update.
        subject.wait_for_value(&value(served), PATIENCE)?;
        edge.wait_until(PATIENCE, |seen| seen.live_streams() == 1)?;
        served += 1;
        edge.set_value(FEATURE, value(served));
        subject.wait_for_value(&value(served), PATIENCE)?;
        if restart + 1 == WARM {
            warm = subject.report()?.resident_memory;
        }
    }
    let report = subject.report()?;
    let total: Duration = waits.iter().sum();
    Ok(Restarts {
        driver,
        restarts,
        took: begun.elapsed(),
        longest: waits.iter().max().copied().unwrap_or_default(),
        mean: total.checked_div(u32::try_from(restarts)?).unwrap_or_default(),
        warm,
        report,
        slack: lateness.slack(),
    })
}

/// A list, and an update that breaks off before its end: it was never served.
fn torn() -> Behaviour {
    let update = Feature::string(FEATURE, "torn").version(u64::from(u32::MAX)).json();
    Behaviour::sse()
        .ack()
        .features()
        .body(format!("event: feature\ndata: {update}\n"))
        .close(Closing::Rst)
}

impl Restarts {
    /// What is not as it should be; nothing if all is well.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let report = &self.report;
        let mut failures = report.wrong.clone();
        if report.panics > 0 {
            failures.push(format!("{} panics", report.panics));
        }
        if report.reads == 0 {
            failures.push("nobody read".to_string());
        }
        if self.longest > CAP + SLACK {
            failures.push(format!("back only after {:?}", self.longest));
        }
        let announced = Duration::from_micros(report.longest_wait);
        if announced > CAP {
            failures.push(format!("a delay of {announced:?} was announced"));
        }
        let sent: Vec<Duration> = report.sent.iter().copied().map(Duration::from_micros).collect();
        let pace = Duration::from_secs_f64(SCALE);
        failures.extend(pace::breach(&sent, pace, self.slack).map(|breach| breach.to_string()));
        if let (Some(warm), Some(end)) = (self.warm, report.resident_memory)
            && end > warm + GROWTH
        {
            failures.push(format!("resident memory grew from {warm} to {end} bytes"));
        }
        failures
    }
}

impl fmt::Display for Restarts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = |bytes: Option<u64>| {
            bytes.map_or("?".to_string(), |bytes| format!("{:.2} MB", bytes as f64 / 1e6))
        };
        let Self { driver, restarts, took, longest, mean, warm, report, .. } = self;
        writeln!(f, "{driver}: {restarts} restarts in {took:.1?}, delays × {SCALE}")?;
        writeln!(
            f,
            "  back {mean:.1?} after the Edge on average, {longest:.1?} at most (documented: {CAP:?})"
        )?;
        writeln!(
            f,
            "  {} requests; the longest delay announced: {:.1?}",
            report.sent.len(),
            Duration::from_micros(report.longest_wait)
        )?;
        writeln!(
            f,
            "  {READERS} threads: {} reads, {} wrong; {} panics",
            report.reads,
            report.wrong.len(),
            report.panics
        )?;
        write!(
            f,
            "  resident memory: {} after {WARM} restarts, {} at the end",
            megabytes(*warm),
            megabytes(report.resident_memory)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(change: impl FnOnce(&mut Restarts)) -> Vec<String> {
        let report = Report { reads: 1, resident_memory: Some(GROWTH), ..Report::default() };
        let mut restarts = Restarts {
            driver: Driver::Thread,
            restarts: 1,
            took: Duration::ZERO,
            longest: CAP,
            mean: CAP,
            warm: Some(0),
            report,
            slack: Duration::ZERO,
        };
        change(&mut restarts);
        restarts.failures()
    }

    #[test]
    fn each_rule_is_judged() {
        assert!(failures(|_| {}).is_empty());
        let one = |failures: Vec<String>, part: &str| {
            assert!(failures.len() == 1 && failures[0].contains(part), "{part}: {failures:?}");
        };
        one(failures(|found| found.longest = CAP + SLACK * 2), "back only after");
        one(failures(|found| found.report.wrong = vec!["value 1 after 2".into()]), "value 1");
        one(failures(|found| found.report.panics = 2), "2 panics");
        one(failures(|found| found.report.reads = 0), "nobody read");
        one(failures(|found| found.report.longest_wait = 700_000), "was announced");
        one(failures(|found| found.report.sent = vec![0, 1, 2]), "3 requests within");
        one(failures(|found| found.report.resident_memory = Some(GROWTH + 1)), "memory grew");
    }
}
