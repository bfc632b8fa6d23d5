//! The conditions: rows of the table.

/// A condition: a row of the table.
#[derive(Clone, Copy)]
pub(super) struct Condition {
    pub(super) name: &'static str,
    /// The command that starts the server under further limits.
    pub(super) limits: &'static [&'static str],
    pub(super) log: LogReader,
    pub(super) http: Http,
    pub(super) hardship: Hardship,
    /// The number of environments beside the one of the clients. Each start has other values in them.
    pub(super) environments: usize,
    pub(super) starts: usize,
}

/// The reader of stdout and stderr.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LogReader {
    Reads,
    /// The pipe is full from the start, and is read before the server stops.
    Stalls,
    /// The other end of the pipe is closed.
    Closed,
    /// There is no pipe, because stderr is closed. Its lines go to the null device.
    None,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Http {
    One,
    /// HTTP/2 over TLS. Health and the admin API have a port of their own, without TLS.
    Two,
}

/// The events of a round.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hardship {
    Calm,
    FullDisk,
    /// Comes between two starts.
    ReadOnlyFolder,
    ClockSteps,
    IdleConnections,
    HangUps,
    EndlessBodies,
    ClosedWindows,
}

const ONE_PROCESSOR: &str = "exec taskset --cpu-list \
     \"$(sed -n 's/^Cpus_allowed_list:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/self/status)\" \"$@\"";

const fn row(name: &'static str, hardship: Hardship) -> Condition {
    let (log, http) = (LogReader::Reads, Http::One);
    Condition { name, limits: &[], log, http, hardship, environments: 0, starts: 1 }
}

const fn limited(limits: &'static [&'static str], row: Condition) -> Condition {
    Condition { limits, ..row }
}

const fn over_http2(row: Condition) -> Condition {
    Condition { http: Http::Two, ..row }
}

/// The conditions. Those that take the longest are the first, so that they run side by side.
pub(super) const CONDITIONS: [Condition; 15] = [
    row("endless bodies", Hardship::EndlessBodies),
    over_http2(row("window 0, HTTP/2", Hardship::ClosedWindows)),
    over_http2(row("endless bodies, HTTP/2", Hardship::EndlessBodies)),
    row("hang-ups", Hardship::HangUps),
    over_http2(row("hang-ups, HTTP/2", Hardship::HangUps)),
    Condition { environments: 6, starts: 5, ..row("restarts and edits", Hardship::Calm) },
    row("memory limit", Hardship::Calm),
    Condition { log: LogReader::Stalls, ..row("stdout, stderr stalled", Hardship::Calm) },
    Condition { log: LogReader::Closed, ..row("log without a reader", Hardship::Calm) },
    Condition {
        log: LogReader::None,
        ..limited(&["sh", "-c", "exec \"$@\" 2>&-", "sh"], row("stderr closed", Hardship::Calm))
    },
    row("disk full", Hardship::FullDisk),
    row("data folder read-only", Hardship::ReadOnlyFolder),
    limited(&["prlimit", "--nofile=64"], row("few descriptors", Hardship::IdleConnections)),
    limited(&["sh", "-c", ONE_PROCESSOR, "sh"], row("one processor", Hardship::Calm)),
    row("clock stepped", Hardship::ClockSteps),
];
