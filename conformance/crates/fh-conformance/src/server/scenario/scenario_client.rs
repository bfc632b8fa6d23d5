//! The client that scenarios use to send requests to their server.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Evaluated::{self, ByClient, ByServer};
use super::check::{Failure, Outcome, check, same, there};
use super::identifiers::Identifiers;
use super::launcher::Subject;
use crate::server::wire::{
    Base, Connection, Event, EventStream, Journal, Request, Response, component,
};

/// A server and the id of the scenario. Every request carries the id, so that the server's log can be searched for it.
pub struct ScenarioClient {
    id: &'static str,
    subject: Box<dyn Subject>,
    journal: Journal,
    /// True after a PUT, until the next connection. Only that one needs a settled server, and a scenario reads its streams meanwhile.
    has_put: Mutex<bool>,
}

impl ScenarioClient {
    pub(super) fn new(id: &'static str, subject: Box<dyn Subject>, journal: Journal) -> Self {
        Self { id, subject, journal, has_put: Mutex::new(false) }
    }

    /// Returns the ids and keys of the server.
    pub(super) fn identifiers(&self) -> &Identifiers {
        self.subject.identifiers()
    }

    /// Returns the id of an environment.
    pub(super) fn environment(&self, name: &str) -> Result<String, Failure> {
        Ok(self.identifiers().environment(name)?.id.clone())
    }

    /// Returns the API key of an account for an environment.
    pub(super) fn key(
        &self,
        account: &str,
        environment: &str,
        evaluated: Evaluated,
    ) -> Result<String, Failure> {
        self.identifiers().key(account, environment, evaluated)
    }

    /// Returns the reader's key of the environment `dev`, which most scenarios use.
    pub(super) fn dev(&self, evaluated: Evaluated) -> Result<String, Failure> {
        self.key("reader", "dev", evaluated)
    }

    /// Returns the writer's key of the environment `dev`. A target may give one kind of it only.
    pub(super) fn writer(&self) -> Result<String, Failure> {
        let key = self.key("writer", "dev", ByClient);
        key.or_else(|missing| self.key("writer", "dev", ByServer).map_err(|_| missing))
    }

    /// Returns the key that the server uses for a feature of the scenarios' state.
    pub(super) fn feature_key(&self, name: &str) -> Result<String, Failure> {
        self.identifiers().feature_key(name)
    }

    pub(super) fn subject(&self) -> &dyn Subject {
        &*self.subject
    }

    pub(super) fn base(&self) -> &Base {
        self.subject.base()
    }

    /// Returns the time that each answer and each event may take.
    pub(super) fn patience(&self) -> Duration {
        self.subject.patience()
    }

    /// Opens a connection that can be used for several requests or for raw bytes.
    pub(super) fn connect(&self) -> Result<Connection, Failure> {
        self.connect_to(self.base())
    }

    /// Opens a connection to another address.
    pub(super) fn connect_to(&self, base: &Base) -> Result<Connection, Failure> {
        // A writer that ends its PUT meanwhile waits for the lock, so its next connection settles the server again.
        let mut has_put = self.has_put();
        if *has_put {
            self.subject.settle()?;
            *has_put = false;
        }
        drop(has_put);
        Ok(Connection::open(base, self.patience())?.with_journal(&self.journal))
    }

    fn has_put(&self) -> MutexGuard<'_, bool> {
        self.has_put.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a request with a path below the base URL.
    pub(super) fn request(&self, method: &str, path: &str) -> Request {
        Request::new(method, self.base().target(path))
            .header("baggage", format!("fh-conformance={}", self.id))
            .header("x-test-scenario", self.id)
    }

    /// Sends a request on a new connection and returns the answer.
    pub(super) fn ask(&self, request: &Request) -> Result<Response, Failure> {
        let response = self.connect()?.request(request)?;
        if request.method == "PUT" {
            *self.has_put() = true;
        }
        Ok(response)
    }

    /// Returns a poll with these keys.
    pub(super) fn poll(&self, keys: &[&str]) -> Request {
        let keys: Vec<String> =
            keys.iter().map(|key| format!("apiKey={}", component(key))).collect();
        self.request("GET", &format!("/features?{}", keys.join("&")))
    }

    /// Polls with one key.
    pub(super) fn polled(&self, key: &str) -> Result<Response, Failure> {
        self.ask(&self.poll(&[key]))
    }

    /// Polls with a key until the answer is 404. This may take some time: a state file without the key may be incomplete, so the server
    /// accepts the key for a while (D-104).
    pub(super) fn opens_nothing(&self, what: &str, key: &str) -> Outcome {
        let begun = Instant::now();
        loop {
            match self.polled(key)?.status {
                404 => return Ok(()),
                200 if begun.elapsed() < self.patience() => sleep(Duration::from_millis(20)),
                status => return same(what, status, 404),
            }
        }
    }

    /// Polls with a key, and returns the features by their keys.
    pub(super) fn features(&self, key: &str) -> Result<BTreeMap<String, Value>, Failure> {
        let response = self.polled(key)?;
        check!(response.status == 200, "GET answers {}", response.status);
        Ok(features(&response.json()))
    }

    /// Polls with a key, and returns one feature.
    pub(super) fn feature(&self, key: &str, name: &str) -> Result<Value, Failure> {
        there(name, self.features(key)?.remove(&self.feature_key(name)?))
    }

    /// Returns a request for a stream.
    pub(super) fn stream_request(&self, key: &str) -> Request {
        self.request("GET", &format!("/features/{key}")).header("accept", "text/event-stream")
    }

    /// Opens a stream.
    pub(super) fn open(&self, request: &Request) -> Result<EventStream, Failure> {
        Self::opened(self.connect()?, request)
    }

    /// Opens a stream over a connection with a small receive buffer.
    pub(super) fn narrow(&self, request: &Request) -> Result<EventStream, Failure> {
        let connection = Connection::open_narrow(self.base(), self.patience())?;
        Self::opened(connection.with_journal(&self.journal), request)
    }

    fn opened(connection: Connection, request: &Request) -> Result<EventStream, Failure> {
        match connection.stream(request)? {
            Ok(stream) => Ok(stream),
            Err(response) => {
                let status = response.status;
                let message = format!("the stream was answered with {status}");
                Err(Failure::wrong("the answer to a stream", message))
            }
        }
    }

    /// Opens a stream with this key and reads until its list has arrived.
    pub(super) fn stream(&self, key: &str) -> Result<(EventStream, Event), Failure> {
        self.listed(&self.stream_request(key))
    }

    /// Opens a stream with this request and reads until its list has arrived.
    pub(super) fn listed(&self, request: &Request) -> Result<(EventStream, Event), Failure> {
        let mut stream = self.open(request)?;
        loop {
            match stream.told()? {
                Some(event) if event.name == "features" => return Ok((stream, event)),
                Some(event) if event.name == "ack" => {}
                other => {
                    let message = format!("{other:?} before the list");
                    return Err(Failure::wrong("events before the list", message));
                }
            }
        }
    }

    /// Returns a PUT of a feature.
    pub(super) fn put_request(
        &self,
        key: &str,
        feature: &str,
        body: &str,
    ) -> Result<Request, Failure> {
        let feature = self.feature_key(feature)?;
        let request = self.request("PUT", &format!("/features/{key}/{feature}"));
        Ok(request.header("content-type", "application/json").body(body))
    }

    /// Sends a PUT of a feature and returns the answer.
    pub(super) fn put(&self, key: &str, feature: &str, body: &str) -> Result<Response, Failure> {
        self.ask(&self.put_request(key, feature, body)?)
    }

    /// Sets a value in the environment `dev`. The server must accept it.
    pub(super) fn set(&self, feature: &str, value: &Value) -> Outcome {
        self.set_in("dev", feature, value)
    }

    /// Sets a value in an environment. The server must accept it.
    pub(super) fn set_in(&self, environment: &str, feature: &str, value: &Value) -> Outcome {
        let body = format!(r#"{{"value":{value}}}"#);
        let key = match environment {
            "dev" => self.writer()?,
            _ => self.key("writer", environment, ByClient)?,
        };
        let response = self.put(&key, feature, &body)?;
        check!([200, 201, 202].contains(&response.status), "PUT {feature}: {}", response.status);
        Ok(())
    }

    /// Returns the next event, which must have this name and be about this feature.
    pub(super) fn updated(
        &self,
        stream: &mut EventStream,
        name: &str,
        feature: &str,
    ) -> Result<Event, Failure> {
        let key = Value::String(self.feature_key(feature)?);
        match stream.told()? {
            Some(event) if event.name == name && event.json().get("key") == Some(&key) => Ok(event),
            other => {
                let label = format!("the event {name} of {feature}");
                Err(Failure::wrong(&label, format!("{other:?}, not {name} of {feature}")))
            }
        }
    }

    /// Checks that the server still answers.
    pub(super) fn is_alive(&self) -> Outcome {
        let response = self.polled(&self.dev(ByClient)?)?;
        check!(response.status == 200, "afterwards GET answers {}", response.status);
        Ok(())
    }
}

/// Returns the features of the first environment in the body of a poll, by their keys.
pub(super) fn features(body: &Value) -> BTreeMap<String, Value> {
    by_key(body.pointer("/0/features").unwrap_or(&Value::Null))
}

/// Returns the features of a list by their keys.
pub(super) fn by_key(list: &Value) -> BTreeMap<String, Value> {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    let named = list.iter().filter_map(|each| Some((each.get("key")?.as_str()?.to_owned(), each)));
    named.map(|(key, feature)| (key, feature.clone())).collect()
}

/// Returns the version of a feature, or -1 if it has none.
pub(super) fn version(feature: &Value) -> i64 {
    feature.get("version").and_then(Value::as_i64).unwrap_or(-1)
}
