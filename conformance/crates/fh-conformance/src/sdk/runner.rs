//! Runs scenarios, several at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::adapter::{Timeline, TimelineEntry};
use crate::curl::curl;
use crate::parallel;
use crate::server::redactor::Redactor;

use super::scenario::Scenario;
use super::scene::Scene;
use super::stop::{Failure, Skip, Stop};
use super::subject::Subject;
use super::tempo::Delays;

/// How scenarios are run.
#[derive(Debug, Clone, Copy)]
pub struct RunOptions {
    /// Number of scenarios that run at once.
    pub jobs: usize,
    /// The delays of scenarios that run usual delays in a fraction of their time.
    pub delays: Delays,
}

/// A number that a scenario measured, for reports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measurement {
    /// The name, with the unit.
    pub name: &'static str,
    /// The number.
    pub value: f64,
}

/// The outcome of one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScenarioOutcome {
    /// All checks passed.
    Passed,
    /// A check failed.
    Failed(Box<Failure>),
    /// The scenario did not run.
    Skipped(Skip),
}

/// The result of one scenario.
#[derive(Debug, Clone)]
pub struct ScenarioResult {
    /// The scenario.
    pub scenario: &'static Scenario,
    /// The outcome.
    pub outcome: ScenarioOutcome,
    /// The time that the scenario took.
    pub took: Duration,
    /// The time from which the entries of the timeline count.
    pub start: Instant,
    /// What happened, if the scenario failed.
    pub timeline: Vec<TimelineEntry>,
    /// What the adapter logged, if the scenario failed.
    pub log: String,
    /// What the scenario measured.
    pub measurements: Vec<Measurement>,
    /// The longest time by which the machine woke a thread late during the scenario.
    pub late: Duration,
    /// The command for curl that repeats the client's last request at the Edge that `edge --scenario` serves, if the scenario failed after
    /// one.
    pub last_request: Option<String>,
}

/// The address of the Edge of a scenario that is served by hand, with `edge --scenario ID --port PORT`.
pub(super) const EDGE_BY_HAND: &str = "127.0.0.1:8903";

/// Runs scenarios and returns their results in the same order. The slow ones start first, so that none of them is left for the end.
/// `done` is called after each one, from any thread.
pub fn run_all(
    scenarios: &[&'static Scenario],
    subject: &Subject,
    options: RunOptions,
    done: impl Fn(&ScenarioResult) + Sync,
) -> Vec<ScenarioResult> {
    // The last groups wait the longest, so they begin first.
    let mut order: Vec<(usize, &'static Scenario)> =
        scenarios.iter().copied().enumerate().rev().collect();
    order.sort_by_key(|(_, scenario)| !scenario.slow);
    let mut results = parallel::map(&order, options.jobs, |(place, scenario)| {
        let result = run_one(scenario, subject, options.delays);
        done(&result);
        (*place, result)
    });
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Runs one scenario. A scenario that requires a missing capability is skipped. If the Edge can see the capability, the scenario runs all
/// the same, and must fail.
#[must_use]
pub fn run_one(scenario: &'static Scenario, subject: &Subject, delays: Delays) -> ScenarioResult {
    let missing: Vec<&str> =
        scenario.requires.iter().copied().filter(|name| !subject.hello.has(name)).collect();
    match missing.as_slice() {
        [] => run_required(scenario, subject, delays),
        [capability] if PROBED.contains(capability) => {
            probe(run_required(scenario, subject, delays), capability)
        }
        [capability, ..] => ScenarioResult {
            scenario,
            outcome: ScenarioOutcome::Skipped(Skip::Capability((*capability).to_owned())),
            took: Duration::ZERO,
            start: Instant::now(),
            timeline: Vec::new(),
            log: String::new(),
            measurements: Vec::new(),
            late: Duration::ZERO,
            last_request: None,
        },
    }
}

/// How often a scenario runs again whose pass a busy machine may explain.
const CONFIRMATIONS: usize = 3;

/// A machine is busy if it wakes threads so much later than requested. It is half of the shortest delay that scenarios check.
const BUSY: Duration = Duration::from_millis(50);

/// Runs scenarios again, one at a time, that passed on a busy machine although they are known to fail. An SDK without a delay seems to have
/// one if the machine delays it. The first run that does not pass counts.
pub fn confirm_passes(
    results: &mut [ScenarioResult],
    subject: &Subject,
    delays: Delays,
    is_known: impl Fn(&str) -> bool,
    done: impl Fn(&ScenarioResult),
) {
    for result in results.iter_mut().filter(|result| is_known(result.scenario.id)) {
        for _ in 0..CONFIRMATIONS {
            if result.outcome != ScenarioOutcome::Passed || result.late < BUSY {
                break;
            }
            *result = run_one(result.scenario, subject, delays);
            done(result);
        }
    }
}

/// The capabilities that show on the wire whatever the SDK declares. `http.connections` is not among them: an SDK that keeps the connections of
/// a closed client open lacks it, although it may open any number of connections at once.
const PROBED: &[&str] = &[
    "http.cache_control",
    "http.etag",
    "http.gzip",
    "http.identify",
    "http.retry_after",
    "stream.last_event_id",
];

/// The label of a failure of an SDK that has a capability which it does not declare.
pub const UNDER_DECLARED: &str = "under-declared";

/// Turns the outcome of a scenario around that must fail, because the SDK says that it lacks the capability.
fn probe(result: ScenarioResult, capability: &str) -> ScenarioResult {
    let outcome = match result.outcome {
        ScenarioOutcome::Passed => ScenarioOutcome::Failed(Box::new(Failure::new(
            UNDER_DECLARED,
            format!("the SDK lacks {capability}, as the adapter declares"),
            "the scenario passes",
        ))),
        ScenarioOutcome::Failed(_) => {
            ScenarioOutcome::Skipped(Skip::Capability(capability.to_owned()))
        }
        skipped @ ScenarioOutcome::Skipped(_) => skipped,
    };
    ScenarioResult { outcome, timeline: Vec::new(), log: String::new(), ..result }
}

fn run_required(scenario: &'static Scenario, subject: &Subject, delays: Delays) -> ScenarioResult {
    let timeline = Timeline::default();
    let start = timeline.start();
    let result = |outcome, entries, log, measurements, late| ScenarioResult {
        scenario,
        outcome,
        took: start.elapsed(),
        start,
        timeline: entries,
        log,
        measurements,
        late,
        last_request: None,
    };
    let scene = match Scene::start(scenario, subject, timeline.clone(), delays) {
        Ok(scene) => scene,
        Err(stop) => {
            let (outcome, entries) = (outcome_of(Err(stop)), timeline.merged([]));
            return result(outcome, entries, String::new(), Vec::new(), Duration::ZERO);
        }
    };
    // A panic of a scenario is a defect of the suite, and must not hide the results of the others.
    let ended = catch_unwind(AssertUnwindSafe(|| (scenario.run)(&scene)));
    let verdict = ended.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Stop::failed("the scenario runs to its end", "no panic", text.unwrap_or_default()))
    });
    let verdict = match scene.adapter().borrow().broken() {
        // A violation of the protocol that no command noticed.
        Some(broken) if verdict.is_ok() => {
            Err(Stop::failed(Failure::PROTOCOL, "lines of the protocol", broken))
        }
        _ => verdict,
    };
    let entries = scene.merged_timeline();
    scene.adapter().borrow_mut().end();
    let log = scene.adapter().borrow().log();
    let measurements = scene.measurements();
    let late = scene.lateness().worst();
    match outcome_of(verdict) {
        outcome @ ScenarioOutcome::Failed(_) => {
            let last_request = last_request(&scene);
            ScenarioResult { last_request, ..result(outcome, entries, log, measurements, late) }
        }
        outcome => result(outcome, Vec::new(), String::new(), measurements, late),
    }
}

/// Returns the last request that the Edge received, as a command for curl.
fn last_request(scene: &Scene<'_>) -> Option<String> {
    let requests = scene.edge().recording().requests;
    let request = &requests.last()?.request;
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    for (name, value) in &request.headers {
        // curl manages its connection itself.
        if !name.eq_ignore_ascii_case("connection") {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    let bytes = [format!("{head}\r\n").as_bytes(), &request.body].concat();
    curl(&bytes, bytes.len(), Some(EDGE_BY_HAND), &Redactor::default())
}

fn outcome_of(verdict: Result<(), Stop>) -> ScenarioOutcome {
    match verdict {
        Ok(()) => ScenarioOutcome::Passed,
        Err(Stop::Failed(failure)) => ScenarioOutcome::Failed(failure),
        Err(Stop::Skipped(skip)) => ScenarioOutcome::Skipped(skip),
    }
}
