//! The server's log on stderr.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use fh_edge::internal::{DroppedLogLines, LogKind};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::log_queue::{LogQueue, QueueWriters};
use super::standard_streams;

/// The longest time for which the end of the program waits for the reader of the log.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The queue of the log, from its start on.
static QUEUE: OnceLock<Arc<LogQueue>> = OnceLock::new();

/// The most detailed level of the events that are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    const fn filter(self) -> LevelFilter {
        match self {
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

impl FromStr for LogLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let found = Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(text));
        found.ok_or_else(|| "write error, warn, info, debug or trace".to_string())
    }
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Lines of text, to be read in a terminal.
    Text,
    /// One JSON object per line.
    Json,
}

impl LogFormat {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("write text or json".to_string()),
        }
    }
}

/// Starts logging to stderr. Only crates whose names begin with `fh` log more than warnings. Other crates might log paths and
/// headers, which hold API keys. Returns the numbers of dropped lines.
///
/// # Errors
/// Returns the error of the operating system if it refuses a thread, or a descriptor of stderr.
pub(crate) fn start(
    (level, audit_log): (LogLevel, bool),
    format: LogFormat,
    colour: bool,
) -> io::Result<DroppedLogLines> {
    let queue = LogQueue::start(standard_streams::stderr()?, report_dropped)?;
    // Errors of the layer itself would be written to stderr past the queue.
    let layer = tracing_subscriber::fmt::layer().log_internal_errors(false);
    let layer = layer.with_writer(QueueWriters(Arc::clone(&queue)));
    let layer = match format {
        LogFormat::Text => layer.with_ansi(colour).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    // A subscriber or a queue that exists already stays in use. `fh` starts one log only.
    let _ = tracing_subscriber::registry()
        .with(layer.with_filter(targets(level, audit_log)))
        .try_init();
    let dropped = queue.dropped().clone();
    let _ = QUEUE.set(queue);
    Ok(dropped)
}

/// Returns the events that are logged.
fn targets(level: LogLevel, audit_log: bool) -> Targets {
    let others = level.filter().min(LevelFilter::WARN);
    // Lines of the audit log and of the access log are logged at every level. The latter are only emitted if the access log is on.
    let audit = if audit_log { LevelFilter::INFO } else { LevelFilter::OFF };
    // The names of all this project's crates begin with `fh`.
    let targets = Targets::new().with_default(others).with_target("fh", level.filter());
    targets.with_target("fh_edge::audit", audit).with_target("fh_edge::access", LevelFilter::INFO)
}

fn report_dropped([audit, access, other]: [u64; 3]) {
    tracing::warn!(
        audit,
        access,
        other,
        "log lines were dropped, because the log was not read fast enough or could not be written"
    );
}

/// Writes panics to the log, since the standard library would write them to stderr past the queue. Suppresses the panic message of
/// the thread that opens the data folder. A damaged folder may make this thread panic, and is reported as an error.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        if thread.name() != Some(fh_edge::internal::DATA_THREAD) {
            let backtrace = Backtrace::capture();
            let is_captured = backtrace.status() == BacktraceStatus::Captured;
            let backtrace = is_captured.then(|| tracing::field::display(backtrace));
            tracing::error!(thread = thread.name(), backtrace, "{panic}");
        }
        // A panic of this thread ends the program.
        if thread.name() == Some("main") {
            finish();
        }
    }));
}

/// Writes the error with which the program ends to stderr, through the queue of the log if the log has started.
pub(crate) fn write_error(text: &str) {
    let line = format!("error: {text}\n");
    match QUEUE.get() {
        Some(queue) => queue.push(LogKind::Other, line.as_bytes()),
        // If stderr is closed, the error cannot be reported anywhere.
        None => drop(io::stderr().write_all(line.as_bytes())),
    }
}

/// Waits until the lines of the log are written, at most [`LAST_LINES`].
pub(crate) fn finish() {
    if let Some(queue) = QUEUE.get() {
        queue.wait_until_written(LAST_LINES);
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn audit_and_access_lines_are_logged_at_every_level() {
        for level in LogLevel::ALL {
            for audit_log in [true, false] {
                let targets = targets(level, audit_log);
                for of_event in [Level::INFO, Level::WARN] {
                    let enables = targets.would_enable("fh_edge::audit", &of_event);
                    assert_eq!(enables, audit_log, "{level:?}");
                }
                assert!(targets.would_enable("fh_edge::access", &Level::INFO), "{level:?}");
                let info = level.filter() >= LevelFilter::INFO;
                assert_eq!(targets.would_enable("fh_edge::edge", &Level::INFO), info, "{level:?}");
                assert!(!targets.would_enable("hyper", &Level::INFO), "{level:?}");
            }
        }
    }
}
