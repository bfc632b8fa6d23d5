//! A client of the SDK under test, as scenarios drive it.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::adapter::{Adapter, AskError, Observed};
use crate::deadline::Deadline;
use crate::protocol::{
    Answers, Closed, CommandError, Context, ErrorCode, Event, Intercept, Listen, ListenOn, Read,
    ReadAnswer, ReadinessAnswer, Record, SdkReadiness, State, Update, Updated,
};

use super::expect::equal;
use super::listener::SdkListener;
use super::patience;
use super::scenario::Verdict;
use super::stop::Stop;

/// The time between two looks at an SDK that does not notify.
const LOOK: Duration = Duration::from_millis(10);

/// A client of the SDK under test.
#[derive(Debug, Clone)]
pub struct SdkClient {
    adapter: Rc<RefCell<Adapter>>,
    name: String,
    waits: bool,
}

impl SdkClient {
    pub(super) fn new(adapter: Rc<RefCell<Adapter>>, name: String, waits: bool) -> Self {
        Self { adapter, name, waits }
    }

    /// Returns the client's name in commands and events.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sends a command for this client.
    ///
    /// # Errors
    /// The failed check, if the adapter answers with an error.
    pub fn ask<T: DeserializeOwned>(&self, op: &str, members: &impl Serialize) -> Result<T, Stop> {
        self.try_ask(op, members)?.map_err(|error| Stop::of_command(op, &AskError::Answered(error)))
    }

    /// Sends a command for this client. The inner error is the adapter's answer.
    ///
    /// # Errors
    /// The failed check, if the adapter violates the protocol.
    pub fn try_ask<T: DeserializeOwned>(
        &self,
        op: &str,
        members: &impl Serialize,
    ) -> Result<Result<T, CommandError>, Stop> {
        let mut all = match serde_json::to_value(members) {
            Ok(Value::Object(all)) => all,
            _ => Map::new(),
        };
        all.insert("client".to_owned(), Value::from(self.name.as_str()));
        match self.adapter.borrow_mut().ask_as(op, &all) {
            Ok(answer) => Ok(Ok(answer)),
            Err(AskError::Answered(error)) => Ok(Err(error)),
            Err(error) => Err(Stop::of_command(op, &error)),
        }
    }

    /// Returns the state of the client.
    ///
    /// # Errors
    /// The failed check.
    pub fn state(&self) -> Result<State, Stop> {
        self.ask("state", &json!({}))
    }

    /// Waits with the SDK's own wait for readiness, and returns the readiness at its end.
    ///
    /// # Errors
    /// The failed check.
    pub fn wait(&self, timeout: Duration) -> Result<SdkReadiness, Stop> {
        let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let answer: ReadinessAnswer = self.ask("wait", &json!({ "timeout_ms": millis }))?;
        Ok(answer.readiness)
    }

    /// Waits until the client is ready.
    ///
    /// # Errors
    /// The failed check, after a long time.
    pub fn until_ready(&self) -> Verdict {
        if self.waits && self.state()?.readiness == SdkReadiness::NotReady {
            self.wait(patience())?;
        }
        self.until_readiness("the client becomes ready", SdkReadiness::Ready)
    }

    /// Waits until the client has this readiness.
    ///
    /// # Errors
    /// The failed check, after a long time.
    pub fn until_readiness(&self, label: &str, readiness: SdkReadiness) -> Verdict {
        self.until_state(label, readiness.name(), |state| state.readiness == readiness)?;
        Ok(())
    }

    /// Asks for the state again and again until it satisfies a condition.
    ///
    /// # Errors
    /// The failed check, after a long time.
    pub fn until_state(
        &self,
        label: &str,
        expected: &str,
        condition: impl Fn(&State) -> bool,
    ) -> Result<State, Stop> {
        self.until(label, expected, || self.state(), condition)
    }

    /// Reads features.
    ///
    /// # Errors
    /// The failed check, also if the number of answers is wrong.
    pub fn read_all(&self, reads: &[Read]) -> Result<Vec<ReadAnswer>, Stop> {
        let answers: Answers = self.ask("read", &json!({ "reads": reads }))?;
        if answers.answers.len() == reads.len() {
            return Ok(answers.answers);
        }
        let actual = format!("{} answers", answers.answers.len());
        Err(Stop::failed("one answer for each read", format!("{} answers", reads.len()), actual))
    }

    /// Reads features of a client that may refuse it, such as a closed one. The inner error is the SDK's.
    ///
    /// # Errors
    /// The failed check.
    pub fn try_read_all(
        &self,
        reads: &[Read],
    ) -> Result<Result<Vec<ReadAnswer>, CommandError>, Stop> {
        let answers = self.try_ask::<Answers>("read", &json!({ "reads": reads }))?;
        match answers {
            Ok(answers) => Ok(Ok(answers.answers)),
            Err(error) if error.code == ErrorCode::Sdk => Ok(Err(error)),
            Err(error) => Err(Stop::of_command("read", &AskError::Answered(error))),
        }
    }

    /// Reads one feature.
    ///
    /// # Errors
    /// The failed check.
    pub fn read(&self, read: Read) -> Result<ReadAnswer, Stop> {
        Ok(self.read_all(&[read])?.pop().unwrap_or_default())
    }

    /// Reads the value of a STRING without default and without context. Null stands for no value.
    ///
    /// # Errors
    /// The failed check.
    pub fn string(&self, feature: &str) -> Result<Value, Stop> {
        Ok(self.read(Self::getter(feature, "STRING"))?.value)
    }

    /// Returns a read with a getter, without default and without context.
    #[must_use]
    pub fn getter(feature: &str, kind: &str) -> Read {
        Read { feature: feature.to_owned(), kind: kind.to_owned(), ..Read::default() }
    }

    /// Reads a STRING again and again until it has this value. Null stands for no value.
    ///
    /// # Errors
    /// The failed check, after a long time.
    pub fn until_string(&self, label: &str, feature: &str, value: impl Into<Value>) -> Verdict {
        let value = value.into();
        self.until(label, &value.to_string(), || self.string(feature), |read| *read == value)?;
        Ok(())
    }

    /// Reads a STRING again and again for a time, and checks that it keeps this value. Null stands for no value.
    ///
    /// # Errors
    /// The failed check.
    pub fn string_stays(
        &self,
        label: &str,
        feature: &str,
        value: impl Into<Value>,
        watch: Duration,
    ) -> Verdict {
        let (value, end) = (value.into(), Instant::now() + watch);
        loop {
            equal(label, &self.string(feature)?, &value)?;
            if Instant::now() >= end {
                return Ok(());
            }
            thread::sleep(LOOK);
        }
    }

    fn until<T: std::fmt::Debug>(
        &self,
        label: &str,
        expected: &str,
        look: impl Fn() -> Result<T, Stop>,
        condition: impl Fn(&T) -> bool,
    ) -> Result<T, Stop> {
        let deadline = Deadline::after(patience());
        loop {
            let seen = look()?;
            if condition(&seen) {
                return Ok(seen);
            }
            if deadline.is_over() {
                let actual = format!("{seen:?} after {}", deadline.waited());
                return Err(Stop::failed(label, expected, actual));
            }
            thread::sleep(LOOK);
        }
    }

    /// Sets the context of a client with a server-evaluated key, and returns the readiness once the SDK's call has ended. The inner error
    /// is the SDK's refusal.
    ///
    /// # Errors
    /// The failed check.
    pub fn context(
        &self,
        attributes: &Context,
        timeout: Duration,
    ) -> Result<Result<SdkReadiness, CommandError>, Stop> {
        let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let members = json!({ "attributes": attributes, "timeout_ms": millis });
        let answer: Result<ReadinessAnswer, CommandError> = self.try_ask("context", &members)?;
        Ok(answer.map(|answer| answer.readiness))
    }

    /// Replaces the API keys, and returns the readiness once the SDK's call has ended. The inner error is the SDK's.
    ///
    /// # Errors
    /// The failed check.
    pub fn keys(
        &self,
        keys: &[String],
        timeout: Duration,
    ) -> Result<Result<SdkReadiness, CommandError>, Stop> {
        let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let members = json!({ "keys": keys, "timeout_ms": millis });
        let answer: Result<ReadinessAnswer, CommandError> = self.try_ask("keys", &members)?;
        Ok(answer.map(|answer| answer.readiness))
    }

    /// Suspends the client: it ends its connection, and keeps its features.
    ///
    /// # Errors
    /// The failed check.
    pub fn suspend(&self) -> Verdict {
        self.ask::<Value>("suspend", &json!({})).map(drop)
    }

    /// Ends the suspension.
    ///
    /// # Errors
    /// The failed check.
    pub fn resume(&self) -> Verdict {
        self.ask::<Value>("resume", &json!({})).map(drop)
    }

    /// Adds a listener.
    ///
    /// # Errors
    /// The failed check.
    pub fn listen(&self, listen: Listen) -> Result<SdkListener, Stop> {
        self.ask::<Value>("listen", &listen)?;
        Ok(self.listener(&listen.listener))
    }

    /// Adds a listener for changes of a feature, without context.
    ///
    /// # Errors
    /// The failed check.
    pub fn on_change(&self, listener: &str, feature: &str) -> Result<SdkListener, Stop> {
        self.listen(Listen {
            listener: listener.to_owned(),
            on: ListenOn::Feature,
            feature: Some(feature.to_owned()),
            ..Listen::default()
        })
    }

    /// Adds a listener that is not for one feature.
    ///
    /// # Errors
    /// The failed check.
    pub fn on(&self, listener: &str, on: ListenOn) -> Result<SdkListener, Stop> {
        self.listen(Listen { listener: listener.to_owned(), on, ..Listen::default() })
    }

    /// Returns a listener of this client by its name, such as one that another listener added.
    #[must_use]
    pub fn listener(&self, name: &str) -> SdkListener {
        SdkListener {
            adapter: Rc::clone(&self.adapter),
            client: self.name.clone(),
            name: name.to_owned(),
        }
    }

    /// Removes a listener.
    ///
    /// # Errors
    /// The failed check.
    pub fn unlisten(&self, listener: &SdkListener) -> Verdict {
        self.ask::<Value>("unlisten", &json!({ "listener": listener.name() })).map(drop)
    }

    /// Refreshes the features, and returns the readiness once the refresh has ended. The inner error is the SDK's.
    ///
    /// # Errors
    /// The failed check.
    pub fn refresh(&self) -> Result<Result<SdkReadiness, CommandError>, Stop> {
        let answer: Result<ReadinessAnswer, CommandError> = self.try_ask("refresh", &json!({}))?;
        match answer {
            Ok(answer) => Ok(Ok(answer.readiness)),
            Err(error) if error.code == ErrorCode::Sdk => Ok(Err(error)),
            Err(error) => Err(Stop::of_command("refresh", &AskError::Answered(error))),
        }
    }

    /// Begins to hold updates (`true`), or releases what is held and lets updates through (`false`).
    ///
    /// # Errors
    /// The failed check.
    pub fn catch(&self, on: bool) -> Verdict {
        self.ask::<Value>("catch", &json!({ "on": on })).map(drop)
    }

    /// Releases all held updates and goes on holding later ones.
    ///
    /// # Errors
    /// The failed check.
    pub fn release(&self) -> Verdict {
        self.ask::<Value>("release", &json!({})).map(drop)
    }

    /// Adds an interceptor.
    ///
    /// # Errors
    /// The failed check.
    pub fn intercept(&self, intercept: &Intercept) -> Verdict {
        self.ask::<Value>("intercept", intercept).map(drop)
    }

    /// Waits until the SDK has closed an interceptor.
    ///
    /// # Errors
    /// The failed check, after a long time.
    pub fn until_interceptor_closed(&self, label: &str, name: &str) -> Verdict {
        let own = |observed: &Observed| {
            matches!(&observed.event, Event::Closed { client, interceptor }
                if *client == self.name && interceptor == name)
        };
        let closed = |events: &[Observed]| events.iter().any(own).then_some(());
        let seen = self.adapter.borrow_mut().wait_for_events(patience(), closed);
        seen.ok_or_else(|| Stop::failed(label, "the interceptor is closed", "it is not"))
    }

    /// Returns what the readers of the setting `readers` saw wrong.
    #[must_use]
    pub fn wrong_reads(&self) -> Vec<String> {
        let mut adapter = self.adapter.borrow_mut();
        let wrong = adapter.events().iter().filter_map(|observed| match &observed.event {
            Event::Wrong { client, message } if *client == self.name => Some(message.clone()),
            _ => None,
        });
        wrong.collect()
    }

    /// Records a usage event.
    ///
    /// # Errors
    /// The failed check.
    pub fn record(&self, record: &Record) -> Verdict {
        self.ask::<Value>("record", record).map(drop)
    }

    /// Updates a feature on the Edge.
    ///
    /// # Errors
    /// The failed check.
    pub fn update(&self, update: &Update) -> Result<Updated, Stop> {
        self.ask("update", update)
    }

    /// Forks the SDK's process, and returns this client as the child process has it.
    ///
    /// # Errors
    /// The failed check.
    pub fn fork(&self) -> Result<Self, Stop> {
        let name = format!("{} in the child", self.name);
        let Value::Object(_) = self.ask("fork", &json!({ "child": name }))? else {
            return Err(Stop::failed("the answer to fork", "an object", "another value"));
        };
        Ok(Self { adapter: Rc::clone(&self.adapter), name, waits: self.waits })
    }

    /// Closes the client, and returns the time that the SDK took.
    ///
    /// # Errors
    /// The failed check.
    pub fn close(&self) -> Result<Duration, Stop> {
        let closed: Closed = self.ask("close", &json!({}))?;
        Ok(Duration::from_millis(closed.took_ms))
    }
}
