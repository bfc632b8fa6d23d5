//! Counters of the log lines that a program drops because its log is not read fast enough.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// The kind of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogKind {
    /// A line of the audit log.
    Audit,
    /// A line of the access log.
    Access,
    /// Any other line.
    Other,
}

impl LogKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Audit, Self::Access, Self::Other];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Access => "access",
            Self::Other => "other",
        }
    }

    /// Returns the kind of the lines of a target of `tracing`.
    #[must_use]
    pub fn of_target(target: &str) -> Self {
        match target {
            "fh_edge::audit" => Self::Audit,
            "fh_edge::access" => Self::Access,
            _ => Self::Other,
        }
    }
}

/// The numbers of dropped log lines, by kind. Clones share the numbers.
#[derive(Debug, Clone)]
pub struct DroppedLogLines {
    counts: Family<Labels, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: &'static str,
}

impl Default for DroppedLogLines {
    fn default() -> Self {
        let this = Self { counts: Family::default() };
        // A counter that exists from the start can be used in alerts.
        let _ = this.totals();
        this
    }
}

impl DroppedLogLines {
    /// Counts a dropped line.
    pub fn count(&self, kind: LogKind) {
        self.counts.get_or_create(&Labels { kind: kind.as_str() }).inc();
    }

    /// Returns the numbers of lines that were dropped since the start, in the order of [`LogKind::ALL`].
    #[must_use]
    pub fn totals(&self) -> [u64; 3] {
        LogKind::ALL.map(|kind| self.counts.get_or_create(&Labels { kind: kind.as_str() }).get())
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "fh_edge_log_lines_dropped",
            "Log lines that were dropped because the log was not read fast enough or could not be written, by kind",
            self.counts.clone(),
        );
    }
}
