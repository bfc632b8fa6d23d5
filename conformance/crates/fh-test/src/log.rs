//! Captures everything that a test's process logs, at every level, through `tracing` and through `log`, as text.
//!
//! ```
//! use std::time::Duration;
//!
//! use fh_test::Log;
//!
//! let log = Log::capture();
//! tracing::warn!(colour = "red", "an example");
//! assert!(log.text().contains("WARN"));
//! assert!(log.text().contains("an example colour=\"red\""));
//!
//! std::thread::spawn(|| tracing::info!("a line of another thread"));
//! let lines = log.wait_for_lines(Duration::from_secs(20), |line| line.contains("another thread"));
//! assert_eq!(lines.len(), 1);
//! ```

use std::fmt::Debug;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The single log of a process. Each event is a line: ` LEVEL target:` and its fields.
#[derive(Clone, Default)]
pub struct Log(Arc<Captured>);

#[derive(Default)]
struct Captured {
    /// Whole lines only: a line and its end are added under one lock.
    text: Mutex<String>,
    /// Notified after each line.
    grown: Condvar,
}

impl Log {
    /// Starts capturing at the first call, and returns the same log at every call. All tests of a process share it. Earlier events are not
    /// captured.
    #[must_use]
    pub fn capture() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let log = LOG.get_or_init(|| {
            let log = Self::default();
            // If another subscriber was set before, that one gets the events.
            let _ = tracing::subscriber::set_global_default(log.clone());
            if log::set_boxed_logger(Box::new(log.clone())).is_ok() {
                log::set_max_level(log::LevelFilter::Trace);
            }
            log
        });
        log.clone()
    }

    /// Returns everything captured until now.
    #[must_use]
    pub fn text(&self) -> String {
        self.lock().clone()
    }

    /// Returns all captured lines that fulfil a condition. If there are none yet, waits until the first one is captured. Returns an empty
    /// list if none is captured within the given time.
    ///
    /// This function blocks its thread. A test of asynchronous code needs another thread that runs the code.
    #[must_use]
    pub fn wait_for_lines(
        &self,
        within: Duration,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let deadline = Instant::now() + within;
        let mut text = self.lock();
        let mut searched = 0;
        loop {
            let unsearched = text.get(searched..).unwrap_or_default().lines();
            let lines: Vec<String> =
                unsearched.filter(|line| is_wanted(line)).map(str::to_string).collect();
            let left = deadline.saturating_duration_since(Instant::now());
            if !lines.is_empty() || left.is_zero() {
                return lines;
            }
            searched = text.len();
            let waited = self.0.grown.wait_timeout(text, left);
            text = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, String> {
        self.0.text.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, line: &str) {
        let mut text = self.lock();
        text.push_str(line);
        text.push('\n');
        drop(text);
        self.0.grown.notify_all();
    }
}

/// The fields of an event or a span, one after the other.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.0.push_str(&format!(" {value:?}")),
            name => self.0.push_str(&format!(" {name}={value:?}")),
        }
    }
}

/// Captures every event and every span at every level, with all fields.
impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(format!("span {}", span.metadata().target()));
        span.record(&mut fields);
        self.line(&fields.0);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = Fields("record".to_string());
        values.record(&mut fields);
        self.line(&fields.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut fields = Fields(format!(" {} {}:", metadata.level(), metadata.target()));
        event.record(&mut fields);
        self.line(&fields.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.line(&format!(" {} {}: {}", record.level(), record.target(), record.args()));
    }

    fn flush(&self) {}
}
