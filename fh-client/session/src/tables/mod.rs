//! Tables of inputs and results, which the tests in TypeScript read (`bindings/web/equality/README.md` describes each). A test fails if a
//! committed table differs from what the code gives now. The tables of streams are in `tests/it/sse/tables.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the module holds tests only"
)]

mod check;
mod contexts;
mod delays;
mod keys;
mod numbers;
mod responses;
mod texts;
mod urls;

use serde_json::{Value, json};

use check::check;

/// Returns a context as a list of names with their values, sorted by name.
fn context(attributes: &fh_eval::Attributes) -> Value {
    let mut pairs: Vec<(String, Vec<String>)> = attributes
        .iter()
        .map(|(name, values)| (name.to_string(), values.map(Into::into).collect()))
        .collect();
    pairs.sort();
    json!(pairs)
}
