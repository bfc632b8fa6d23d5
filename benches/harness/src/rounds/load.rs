use std::hint::black_box;
use std::time::Instant;

use crate::workload::{Email, User, Workload, standard};

use crate::rounds::engine::Engine;
use crate::stats::{Shuffle, median};

/// A measurement of loading payloads.
pub struct Loader {
    /// The row of the table.
    pub row: &'static str,
    load: Box<dyn Fn() -> f64>,
    samples: Vec<f64>,
}

impl Loader {
    /// Creates a loader of this number of flags. `None` if the engine's format cannot express any variant.
    #[must_use]
    pub fn new<E: Engine>(flags: usize) -> Option<Self> {
        let payload = E::render(&standard(flags, Email::Regex))
            .or_else(|| E::render(&standard(flags, Email::Suffix)))?;
        let load = move || {
            let payload = payload.clone();
            let start = Instant::now();
            let engine = black_box(E::load(payload));
            let nanos = start.elapsed().as_nanos() as f64;
            drop(engine);
            nanos
        };
        Some(Self { row: E::NAME, load: Box::new(load), samples: vec![] })
    }

    /// Runs all loaders in turn. Returns the median times of a load, in nanoseconds.
    #[must_use]
    pub fn run(mut loaders: Vec<Self>, rounds: usize) -> Vec<(&'static str, f64)> {
        let mut shuffle = Shuffle::default();
        for loader in &loaders {
            (loader.load)();
        }
        for _ in 0..rounds {
            for number in shuffle.order(loaders.len()) {
                let nanos = (loaders[number].load)();
                loaders[number].samples.push(nanos);
            }
        }
        loaders.iter().map(|loader| (loader.row, median(&loader.samples))).collect()
    }
}

/// Not an engine, but the cost of parsing FeatureHub's payload as generic JSON.
pub struct JsonValue(
    #[allow(dead_code, reason = "held, so that it is not optimised away")] serde_json::Value,
);

impl Engine for JsonValue {
    type Context = ();
    type Flag = ();
    const NAME: &'static str = "serde_json::Value";

    fn render(workload: &Workload) -> Option<String> {
        Some(crate::workload::render::featurehub::render(workload))
    }
    fn load(payload: String) -> Result<Self, String> {
        serde_json::from_str(&payload).map(Self).map_err(|error| error.to_string())
    }
    fn flag(&self, _: &str) {}
    fn context(&self, _: &User) {}
    fn is_on(&self, (): &(), (): &()) -> bool {
        false
    }
}
