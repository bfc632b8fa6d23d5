//! Adapters: programs around one SDK, which the runner drives by lines of JSON ([`crate::protocol`]).

mod child;
mod command_line;
mod connection;
mod dial;
mod process;
mod timeline;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::deadline::Deadline;
use crate::protocol::{Command, CommandError, ErrorCode, Event, Hello};

pub use command_line::{AdapterCommand, CommandLineError};
pub use connection::{Connection, Incoming};
pub use dial::DialConnection;
pub use process::{AdapterProcess, ProcessEnd};
pub use timeline::{Timeline, TimelineEntry, TimelineKind};

/// The times within which an adapter answers, beyond the command's own `timeout_ms`. They grow while the machine is late ([`Deadline`]).
#[derive(Debug, Clone, Copy)]
struct AnswerLimits {
    /// The limit of the first answer. It includes the start of the process and of its runtime.
    first: Duration,
    /// The limit of each later answer.
    later: Duration,
}

const ANSWER_LIMITS: AnswerLimits =
    AnswerLimits { first: Duration::from_secs(30), later: Duration::from_secs(10) };

/// The reason why a command has no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskError {
    /// The adapter answered with an error.
    Answered(CommandError),
    /// The adapter violated the protocol: a wrong line, no answer in time, an end in the middle.
    Protocol(String),
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(error) => write!(f, "error {}: {}", error.code.name(), error.message),
            Self::Protocol(problem) => f.write_str(problem),
        }
    }
}

impl std::error::Error for AskError {}

/// An event and the time at which its line arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// The time of arrival, by the runner's clock.
    pub at: Instant,
    /// The event.
    pub event: Event,
}

/// A running adapter. Dropping it ends the adapter.
#[derive(Debug)]
pub struct Adapter {
    connection: Box<dyn Connection>,
    timeline: Timeline,
    next_id: u64,
    events: Vec<Observed>,
    broken: Option<String>,
    limits: AnswerLimits,
    has_answered: bool,
}

impl Adapter {
    /// Starts an adapter. Its commands, answers and events are added to the timeline.
    ///
    /// # Errors
    /// A message if the program cannot be started.
    pub fn start(command: &AdapterCommand, timeline: Timeline) -> Result<Self, String> {
        Ok(Self {
            connection: command.connect()?,
            timeline,
            next_id: 1,
            events: Vec::new(),
            broken: None,
            limits: ANSWER_LIMITS,
            has_answered: false,
        })
    }

    /// Sends a command and waits for its answer.
    ///
    /// # Errors
    /// [`AskError`]. After an [`AskError::Protocol`] every further command fails with the same message.
    pub fn ask(&mut self, op: &str, members: Map<String, Value>) -> Result<Value, AskError> {
        if let Some(broken) = &self.broken {
            return Err(AskError::Protocol(broken.clone()));
        }
        let own = members.get("timeout_ms").and_then(Value::as_u64).map(Duration::from_millis);
        let limit = if self.has_answered { self.limits.later } else { self.limits.first };
        let limit = limit + own.unwrap_or_default();
        self.exchange(op, members, limit).inspect_err(|error| {
            if let AskError::Protocol(problem) = error {
                self.timeline.note(TimelineKind::Problem, problem);
                self.broken = Some(problem.clone());
            }
        })
    }

    /// Sends a command whose members and answer are typed.
    ///
    /// # Errors
    /// [`AskError`]; an answer of another form is an [`AskError::Protocol`].
    pub fn ask_as<T: DeserializeOwned>(
        &mut self,
        op: &str,
        members: &impl Serialize,
    ) -> Result<T, AskError> {
        let members = match serde_json::to_value(members) {
            Ok(Value::Object(members)) => members,
            Ok(_) => Map::new(),
            Err(error) => return Err(AskError::Protocol(format!("{op} cannot be sent: {error}"))),
        };
        let answer = self.ask(op, members)?;
        serde_json::from_value(without_nulls(answer.clone())).map_err(|error| {
            AskError::Protocol(format!("the answer to {op} has another form: {error}: {answer}"))
        })
    }

    /// Asks for the SDK and its capabilities.
    ///
    /// # Errors
    /// [`AskError`]
    pub fn hello(&mut self) -> Result<Hello, AskError> {
        self.ask_as("hello", &json!({}))
    }

    /// Returns true if the adapter answers to an operation that the SDK lacks it.
    pub fn refuses(&mut self, op: &str, members: Map<String, Value>) -> bool {
        let unsupported = |error: &CommandError| error.code == ErrorCode::Unsupported;
        matches!(self.ask(op, members), Err(AskError::Answered(error)) if unsupported(&error))
    }

    /// Returns the events that arrived so far.
    pub fn events(&mut self) -> &[Observed] {
        while let Ok(Some(incoming)) = self.connection.receive(Duration::ZERO) {
            self.take(incoming, None);
        }
        &self.events
    }

    /// Waits until `observation` of the events returns a value, or until the time is over. A late machine lengthens the time.
    pub fn wait_for_events<T>(
        &mut self,
        timeout: Duration,
        observation: impl FnMut(&[Observed]) -> Option<T>,
    ) -> Option<T> {
        let deadline = Deadline::after(timeout);
        self.wait_for_events_until(|| deadline.left(), observation)
    }

    /// Waits until `observation` of the events returns a value, for exactly this time: for events that must not come.
    pub fn watch_events<T>(
        &mut self,
        time: Duration,
        observation: impl FnMut(&[Observed]) -> Option<T>,
    ) -> Option<T> {
        let end = Instant::now() + time;
        self.wait_for_events_until(|| end.saturating_duration_since(Instant::now()), observation)
    }

    fn wait_for_events_until<T>(
        &mut self,
        left: impl Fn() -> Duration,
        mut observation: impl FnMut(&[Observed]) -> Option<T>,
    ) -> Option<T> {
        loop {
            if let Some(value) = observation(self.events()) {
                return Some(value);
            }
            let left = left();
            if left.is_zero() || self.broken.is_some() {
                return None;
            }
            match self.connection.receive(left) {
                Ok(Some(incoming)) => {
                    self.take(incoming, None);
                }
                Ok(None) => {}
                Err(problem) => {
                    self.timeline.note(TimelineKind::Problem, &problem);
                    self.broken = Some(problem);
                }
            }
        }
    }

    /// Returns the violation of the protocol that was found, if any.
    #[must_use]
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Returns the id of the process in which the SDK runs, if it is a child of this program.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.connection.process_id()
    }

    /// Returns what the adapter wrote to standard error.
    #[must_use]
    pub fn log(&self) -> String {
        self.connection.log()
    }

    /// Ends the adapter's input, and waits until it exits. What is left after two seconds is killed.
    pub fn end(&mut self) -> ProcessEnd {
        self.connection.end()
    }

    fn exchange(
        &mut self,
        op: &str,
        members: Map<String, Value>,
        limit: Duration,
    ) -> Result<Value, AskError> {
        let id = self.next_id;
        self.next_id += 1;
        let command = Command { id, op: op.to_owned(), members };
        let line = serde_json::to_string(&command)
            .map_err(|error| AskError::Protocol(format!("{op} cannot be sent: {error}")))?;
        self.timeline.note(TimelineKind::Command, &line);
        self.connection
            .send(&line)
            .map_err(|problem| AskError::Protocol(format!("{op}: {problem}")))?;
        let deadline = Deadline::after(limit);
        loop {
            let incoming = self
                .connection
                .receive(deadline.left())
                .map_err(|problem| AskError::Protocol(format!("{op}: {problem}")))?;
            let Some(incoming) = incoming else {
                if deadline.is_over() {
                    let waited = deadline.waited();
                    return Err(AskError::Protocol(format!("{op} has no answer after {waited}")));
                }
                continue;
            };
            if let Some(answer) = self.take(incoming, Some(id)) {
                self.has_answered = true;
                return answer;
            }
            if let Some(broken) = &self.broken {
                return Err(AskError::Protocol(broken.clone()));
            }
        }
    }

    /// Takes one line. Returns the answer if the line is the answer to the command with this id.
    fn take(&mut self, incoming: Incoming, id: Option<u64>) -> Option<Result<Value, AskError>> {
        let problem = match serde_json::from_str::<Value>(&incoming.line) {
            Ok(Value::Object(object)) if object.contains_key("event") => {
                self.timeline.note_at(incoming.at, TimelineKind::Event, &incoming.line);
                match serde_json::from_value(without_nulls(Value::Object(object))) {
                    Ok(event) => {
                        self.events.push(Observed { at: incoming.at, event });
                        return None;
                    }
                    Err(error) => format!("an event of another form: {error}: {}", incoming.line),
                }
            }
            Ok(Value::Object(mut object)) => {
                self.timeline.note_at(incoming.at, TimelineKind::Answer, &incoming.line);
                let given = object.remove("id");
                match given.as_ref().and_then(Value::as_u64) {
                    Some(given) if Some(given) == id => return Some(answer_of(object)),
                    _ => format!("an answer with a wrong id: {}", incoming.line),
                }
            }
            Ok(_) | Err(_) => format!("a line that is no JSON object: {:?}", incoming.line),
        };
        self.timeline.note(TimelineKind::Problem, &problem);
        self.broken.get_or_insert(problem);
        None
    }
}

fn answer_of(mut object: Map<String, Value>) -> Result<Value, AskError> {
    match object.remove("error") {
        None | Some(Value::Null) => Ok(Value::Object(object)),
        Some(error) => match serde_json::from_value(error.clone()) {
            Ok(error) => Err(AskError::Answered(error)),
            Err(_) => Err(AskError::Protocol(format!("an error of another form: {error}"))),
        },
    }
}

/// Removes null members of objects, which mean the same as missing ones. Elements of lists stay, and so does the member `value`, which is a
/// value of a feature.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept =
                members.into_iter().filter(|(name, value)| name == "value" || !value.is_null());
            let cleaned: BTreeMap<String, Value> =
                kept.map(|(name, value)| (name, without_nulls(value))).collect();
            Value::Object(cleaned.into_iter().collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts an adapter that is a script of a shell.
    fn start(script: &str, limits: AnswerLimits) -> Adapter {
        let command = format!("sh -c '{script}'").parse().unwrap();
        Adapter { limits, ..Adapter::start(&command, Timeline::default()).unwrap() }
    }

    #[test]
    fn the_first_answer_of_a_process_has_a_limit_of_its_own() {
        let (long, none) = (Duration::from_secs(60), Duration::ZERO);
        let state = |adapter: &mut Adapter| adapter.ask("state", Map::new());
        let no_answer = |result: Result<Value, AskError>| {
            let error = result.unwrap_err().to_string();
            assert!(error.starts_with("state has no answer after "), "{error}");
        };
        let late_second =
            r#"read -r _; echo "{\"id\": 1}"; read -r _; sleep 5; echo "{\"id\": 2}""#;
        let mut adapter = start(late_second, AnswerLimits { first: long, later: none });
        assert_eq!(state(&mut adapter), Ok(json!({})));
        no_answer(state(&mut adapter));
        let late_first = r#"read -r _; sleep 5; echo "{\"id\": 1}""#;
        let mut adapter = start(late_first, AnswerLimits { first: none, later: long });
        no_answer(state(&mut adapter));
    }
}
