//! What a replay found.

use std::fmt;

/// One place where the server answered otherwise than was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The step.
    pub step: String,
    /// Where in the answer: `status`, `headers.etag`, `body.0.features.A.value`.
    pub place: String,
    /// What was recorded there, as JSON; empty if nothing.
    pub recorded: String,
    /// What is there now.
    pub seen: String,
    /// The rules that say so; none: a failure.
    pub because: Vec<String>,
}

/// What a replay found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Requests that were sent, those during streams too.
    pub requests: usize,
    /// Events that were received.
    pub events: usize,
    /// All differences in the order of the conversation.
    pub rows: Vec<Row>,
    /// Allowed differences that did not show, though there were requests that they are about.
    pub unused: Vec<String>,
    /// Allowed differences that no request of the recording is about.
    pub idle: Vec<String>,
}

impl Report {
    /// Differences that no rule allows.
    pub fn failures(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.because.is_empty())
    }

    /// Nothing unexpected, and nothing allowed in vain?
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
            writeln!(f, "UNUSED  {step}: an allowed difference that did not show")?;
        }
        for idle in &self.idle {
            writeln!(f, "IDLE    {idle}: no request of this recording is about it")?;
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
