//! Scenarios for client SDKs: what a client must do while an Edge behaves as scripted.
//!
//! A [`Scenario`] describes itself, sets up an Edge (`stage`) and drives one SDK through an adapter (`run`). Each scenario has an adapter
//! process and an Edge of its own, so that a crash or a storm of requests cannot affect another scenario.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

mod bounds;
mod client;
mod edge_timeline;
mod expect;
mod expected_answer;
mod expected_change;
mod listener;
mod pace;
mod process_memory;
mod row;
mod runner;
mod scenario;
pub mod scenarios;
mod scene;
mod stage;
mod stop;
mod subject;
mod tempo;

pub use bounds::at_least;
pub use client::SdkClient;
pub use expect::{check, equal};
pub use expected_answer::ExpectedAnswer;
pub use expected_change::ExpectedChange;
pub use listener::SdkListener;
pub use pace::{Breach, breach};
pub use process_memory::{MemoryWatch, ProcessUse};
pub use row::row_of;
pub use runner::{
    Measurement, RunOptions, ScenarioOutcome, ScenarioResult, UNDER_DECLARED, confirm_passes,
    run_all, run_one,
};
pub use scenario::{Group, SCENARIO, Scenario, Verdict};
pub use scene::Scene;
pub use stage::{EdgeProtocol, Stage, Tls};
pub use stop::{Failure, Skip, Stop};
pub use subject::Subject;
pub use tempo::{Delays, TEMPO, Tempo, is_delay};

/// The time after which a wait for something that must happen gives up, in milliseconds. It is far above what any SDK needs.
static PATIENCE_MS: AtomicU64 = AtomicU64::new(USUAL_PATIENCE_MS);

const USUAL_PATIENCE_MS: u64 = 12_000;

/// Returns the time after which a wait for something that must happen gives up.
#[must_use]
pub fn patience() -> Duration {
    Duration::from_millis(PATIENCE_MS.load(Ordering::Relaxed))
}

/// Shortens the time after which waits give up, for the whole process. The self-test does so while it runs scenarios that have to fail.
pub(crate) fn shorten_patience(limit: Duration) {
    PATIENCE_MS.store(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// Returns true if [`shorten_patience`] was called.
fn is_impatient() -> bool {
    PATIENCE_MS.load(Ordering::Relaxed) < USUAL_PATIENCE_MS
}
