//! Scenarios for client SDKs: what a client must do while an Edge behaves as scripted.
//!
//! A [`Scenario`] describes itself, sets up an Edge (`stage`) and drives one SDK through an adapter (`run`). Each scenario has an adapter
//! process and an Edge of its own, so that a crash or a storm of requests cannot affect another scenario.

mod bounds;
mod client;
mod edge_timeline;
mod expect;
mod expected_answer;
mod expected_change;
mod lateness;
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
pub use lateness::Lateness;
pub use listener::SdkListener;
pub use pace::{Breach, breach};
pub use process_memory::{MemoryWatch, ProcessUse};
pub use row::row_of;
pub use runner::{
    Measurement, RunOptions, ScenarioOutcome, ScenarioResult, UNDER_DECLARED, run_all, run_one,
};
pub use scenario::{Group, SCENARIO, Scenario, Verdict};
pub use scene::Scene;
pub use stage::{Stage, Tls};
pub use stop::{Failure, Skip, Stop};
pub use subject::Subject;
pub use tempo::{Delays, TEMPO, Tempo, is_delay};

/// The time after which a wait for something that must happen gives up. It is far above what any SDK needs.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(12);
