//! The result of a replay.

use std::fmt;

/// One difference between the recorded and the received answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The name of the step.
    pub step: String,
    /// The path in the answer: `status`, `headers.etag`, `body.0.features.A.value`.
    pub place: String,
    /// The recorded value as JSON; empty if there is none.
    pub recorded: String,
    /// The received value as JSON; empty if there is none.
    pub seen: String,
    /// The reasons that allow the difference. If there are none, it is a failure.
    pub because: Vec<String>,
}

/// The result of a replay.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Number of requests sent, including those during streams.
    pub requests: usize,
    /// Number of events received.
    pub events: usize,
    /// All differences, in the order of the conversation.
    pub rows: Vec<Row>,
    /// Allowed differences that applied to a request but did not occur.
    pub unused: Vec<String>,
    /// Allowed differences that apply to no request of the recording.
    pub idle: Vec<String>,
}

impl Report {
    /// Returns the differences that no rule allows.
    pub fn failures(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.because.is_empty())
    }

    /// Returns true if there is no unexpected difference and no unused rule.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.unused.is_empty() && self.failures().next().is_none()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            let mark = if row.because.is_empty() { "FAILS" } else { "allowed" };
            writeln!(f, "{mark:<8}{} · {}", row.step, row.place)?;
            writeln!(f, "        recorded {}", shortened(&row.recorded))?;
            writeln!(f, "        now      {}", shortened(&row.seen))?;
            for because in &row.because {
                writeln!(f, "        because  {because}")?;
            }
        }
        for step in &self.unused {
            writeln!(f, "UNUSED  {step}: the allowed difference did not occur")?;
        }
        for idle in &self.idle {
            writeln!(f, "IDLE    {idle}: the rule applies to no request of this recording")?;
        }
        let failures = self.failures().count();
        let allowed = self.rows.len() - failures;
        let (requests, events, unused) = (self.requests, self.events, self.unused.len());
        write!(
            f,
            "{requests} requests, {events} events: {allowed} differences allowed, {failures} not, \
             {unused} entries unused"
        )
    }
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 160;
    if text.is_empty() {
        return "(nothing)".to_owned();
    }
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("{start}…")
}
