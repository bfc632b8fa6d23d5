//! The classes `Backoff` and `Limits`, whose objects are values of settings.

use pyo3::prelude::*;

use crate::duration::Seconds;

/// Delays before retries.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Backoff {
    pub(crate) core: fh_client::Backoff,
}

#[pymethods]
impl Backoff {
    #[new]
    #[pyo3(signature = (initial, cap, jitter=0.5))]
    fn new(initial: Seconds, cap: Seconds, jitter: f64) -> Self {
        Self { core: fh_client::Backoff { initial: initial.0, cap: cap.0, jitter } }
    }

    #[getter]
    fn initial(&self) -> f64 {
        self.core.initial.as_secs_f64()
    }

    #[getter]
    fn cap(&self) -> f64 {
        self.core.cap.as_secs_f64()
    }

    #[getter]
    fn jitter(&self) -> f64 {
        self.core.jitter
    }

    fn __repr__(&self) -> String {
        let (initial, cap) = (self.initial(), self.cap());
        format!("fh_client.Backoff({initial}, {cap}, {})", self.core.jitter)
    }
}

/// Time limits of requests, and the largest size of a response.
#[pyclass(frozen, module = "fh_client")]
pub(crate) struct Limits {
    pub(crate) core: fh_client::Limits,
}

#[pymethods]
impl Limits {
    #[new]
    #[pyo3(signature = (*, connect=None, head=None, poll=None, idle=None, held_back=None, bytes=None))]
    fn new(
        connect: Option<Seconds>,
        head: Option<Seconds>,
        poll: Option<Seconds>,
        idle: Option<Seconds>,
        held_back: Option<Seconds>,
        bytes: Option<usize>,
    ) -> Self {
        let default = fh_client::Limits::default();
        let or = |limit: Option<Seconds>, default| limit.map_or(default, |limit| limit.0);
        Self {
            core: fh_client::Limits {
                connect: or(connect, default.connect),
                head: or(head, default.head),
                poll: or(poll, default.poll),
                idle: or(idle, default.idle),
                held_back: or(held_back, default.held_back),
                bytes: bytes.unwrap_or(default.bytes),
            },
        }
    }

    #[getter]
    fn connect(&self) -> f64 {
        self.core.connect.as_secs_f64()
    }

    #[getter]
    fn head(&self) -> f64 {
        self.core.head.as_secs_f64()
    }

    #[getter]
    fn poll(&self) -> f64 {
        self.core.poll.as_secs_f64()
    }

    #[getter]
    fn idle(&self) -> f64 {
        self.core.idle.as_secs_f64()
    }

    #[getter]
    fn held_back(&self) -> f64 {
        self.core.held_back.as_secs_f64()
    }

    #[getter]
    fn bytes(&self) -> usize {
        self.core.bytes
    }

    fn __repr__(&self) -> String {
        format!(
            "fh_client.Limits(connect={}, head={}, poll={}, idle={}, held_back={}, bytes={})",
            self.connect(),
            self.head(),
            self.poll(),
            self.idle(),
            self.held_back(),
            self.core.bytes
        )
    }
}
