//! The class `Clock`: a time of day that a program sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use fh_client::Timestamp;
use pyo3::prelude::*;

use crate::instant::{self, Instant};

/// A clock that stands still until the program sets it. The client reads it without running Python code, so that its own thread can read
/// it too.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Clock {
    millis: Arc<AtomicI64>,
}

impl Clock {
    /// Returns the function that reads this clock.
    pub(crate) fn reader(&self) -> impl Fn() -> Timestamp + Send + Sync + 'static {
        let millis = Arc::clone(&self.millis);
        move || Timestamp::from_millis(millis.load(Ordering::Relaxed))
    }
}

#[pymethods]
impl Clock {
    #[new]
    #[pyo3(signature = (now, /))]
    fn new(now: Instant) -> Self {
        Self { millis: Arc::new(AtomicI64::new(now.0.as_millis())) }
    }

    #[pyo3(signature = (now, /))]
    fn set(&self, now: Instant) {
        self.millis.store(now.0.as_millis(), Ordering::Relaxed);
    }

    #[getter]
    fn now(&self) -> f64 {
        instant::seconds(self.reader()())
    }

    fn __repr__(&self) -> String {
        format!("<fh_client.Clock {}>", self.reader()())
    }
}
