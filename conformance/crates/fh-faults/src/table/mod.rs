//! The table of sdk-behaviour 7.5 (D-76): an Edge misbehaves for 12 s from a client's first contact on, and is healthy afterwards.
//!
//! A row is good if the client came back by itself, never sent more than the pace allows (redirect hops count), sent no more during the fault than its delays allow, and stayed within 64 MB.

mod expected;
mod print;
mod row;

use std::time::Duration;

use fh_fake_edge::Fault;

pub use print::{as_json, as_text};
pub use row::Row;

use crate::lateness::Lateness;
use crate::scale::Scale;

/// How long a fault lasts.
pub const FAULT: Duration = Duration::from_secs(12);
/// How long a client has to come back.
pub const HEALTHY: Duration = Duration::from_secs(150);
/// The most memory a client's process may use, in bytes.
pub const MEMORY: u64 = 64_000_000;

/// Measures these faults, all at the same time.
///
/// # Errors
/// In words, if something failed that is not the client's.
pub fn measure(faults: &[Fault], scale: Scale) -> Result<Vec<Row>, String> {
    // Starting processes takes more of a machine than the clients in them do: no fault begins before all of them stand.
    let prepared: Result<Vec<_>, _> =
        faults.iter().map(|fault| row::Prepared::new(*fault, scale)).collect();
    let prepared = prepared.map_err(|error| error.to_string())?;
    let lateness = Lateness::watch();
    let lateness = &lateness;
    std::thread::scope(|scope| {
        let rows: Vec<_> = prepared
            .into_iter()
            .map(|prepared| scope.spawn(move || prepared.measure(lateness)))
            .collect();
        rows.into_iter()
            .map(|row| match row.join() {
                Ok(row) => row.map_err(|error| error.to_string()),
                Err(_) => Err("a row's thread panicked".to_string()),
            })
            .collect()
    })
}

/// The faults whose names contain this text; case and backticks do not matter.
#[must_use]
pub fn named(part: &str) -> Vec<Fault> {
    let plain = |text: &str| text.replace('`', "").to_lowercase();
    let all = Fault::ALL.into_iter();
    // `503` is a name, and a part of another one.
    let exact: Vec<Fault> =
        all.clone().filter(|fault| plain(fault.name()) == plain(part)).collect();
    if exact.is_empty() {
        return all.filter(|fault| plain(fault.name()).contains(&plain(part))).collect();
    }
    exact
}
