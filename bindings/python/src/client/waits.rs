//! The waits of a client for features and for the delivery of events.

use std::time::{Duration, Instant};

use pyo3::prelude::*;

use super::handle::Client;
use crate::duration::Seconds;
use crate::errors;
use crate::logs;
use crate::waiting::{wait, wait_for};
use crate::workers;

impl Client {
    pub(super) fn wait_until_ready(
        &self,
        py: Python<'_>,
        timeout: Option<Seconds>,
        through_refusals: bool,
    ) -> PyResult<()> {
        let core = self.started()?;
        let ready = async {
            if through_refusals { core.ready_through_refusals().await } else { core.ready().await }
        };
        let outcome = match timeout {
            Some(timeout) => wait_for(py, ready, timeout.0)?,
            None => Some(wait(py, ready)?),
        };
        outcome
            .unwrap_or_else(|| Err(core.timed_out()))
            .map_err(|error| errors::not_ready(py, &error))
    }

    /// Waits until listeners, observers and the handlers of `logging` have their events.
    pub(super) fn wait_for_events(&self, py: Python<'_>, timeout: Duration) -> PyResult<()> {
        let core = self.started()?;
        // A function that the client calls would wait for its own end.
        if workers::is_calling() {
            return Ok(());
        }
        let end = Instant::now().checked_add(timeout);
        let left = || end.map_or(timeout, |end| end.saturating_duration_since(Instant::now()));
        match wait_for(py, core.flushed(timeout), timeout)? {
            // An observer that cannot send its events returns when its time is over, about when this wait ends.
            Some(()) if !left().is_zero() => logs::deliver(py, left()),
            _ => Err(errors::flush()),
        }
    }
}
