//! The server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::server::{Ending, Listener, Times, locked};
use fh_test::json::Json;

use crate::featuresignals::TimedOut;
use crate::featuresignals::environment::{ChangeError, Environment, object};
use crate::featuresignals::fault::{Fault, Route};
use crate::featuresignals::project::{EnvironmentState, put, remove};
use crate::featuresignals::record::Record;
use crate::featuresignals::state::Shared;
use crate::featuresignals::stream_queue::Item;

/// The time that threads have to notice that their connections ended.
const NOTICE: Duration = Duration::from_secs(5);

/// A server on a port of 127.0.0.1. It stops when it is dropped.
#[derive(Debug)]
pub struct TestServer {
    pub(crate) shared: Arc<Shared>,
    listener: Listener<Shared>,
    main: Environment,
}

impl TestServer {
    /// Starts a server on a free port, with one empty environment whose slug is `production`.
    ///
    /// # Errors
    /// If no port is free.
    pub fn start() -> io::Result<Self> {
        Self::start_on(0)
    }

    /// Starts a server on a port. The number 0 stands for any free port.
    ///
    /// # Errors
    /// If the port is not free.
    pub fn start_on(port: u16) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let slug = "production";
        locked(&shared.state).add_numbered_environment(slug);
        let main = Environment { shared: Arc::clone(&shared), slug: slug.to_owned() };
        let listener = Listener::start(port, &shared)?;
        Ok(Self { shared, listener, main })
    }

    /// Returns the address of the port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Returns the base URL, such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Returns the first environment.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.main
    }

    /// Returns the environment of a slug.
    #[must_use]
    pub fn environment_of(&self, slug: &str) -> Option<Environment> {
        locked(&self.shared.state).environment(slug)?;
        Some(Environment { shared: Arc::clone(&self.shared), slug: slug.to_owned() })
    }

    /// Adds an environment without states. A slug that exists gives its environment.
    #[must_use]
    pub fn add_environment(&self, slug: &str) -> Environment {
        let mut state = locked(&self.shared.state);
        if state.environment(slug).is_none() {
            state.add_numbered_environment(slug);
        }
        Environment { shared: Arc::clone(&self.shared), slug: slug.to_owned() }
    }

    /// Adds an environment without states, with the given id and keys, which need no particular form. It must have a new slug.
    #[must_use]
    pub fn add_environment_with(
        &self,
        slug: &str,
        id: &str,
        server_key: &str,
        client_key: &str,
    ) -> Environment {
        let [slug, id, server, client] = [slug, id, server_key, client_key].map(ToOwned::to_owned);
        let environment = EnvironmentState::new(slug.clone(), id, server, client);
        locked(&self.shared.state).environments.push(environment);
        Environment { shared: Arc::clone(&self.shared), slug }
    }

    /// Stores the definition of a flag, as JSON with a member `key`. The server notices it when a state of the environment is written.
    ///
    /// # Errors
    /// If the text is no JSON object, or has no key.
    pub fn put_flag(&self, flag: &str) -> Result<(), ChangeError> {
        let (key, flag) = keyed(flag)?;
        put(&mut locked(&self.shared.state).project.flags, &key, flag);
        Ok(())
    }

    /// Stores a segment, as JSON with a member `key`. The server notices it when a state of the environment is written.
    ///
    /// # Errors
    /// If the text is no JSON object, or has no key.
    pub fn put_segment(&self, segment: &str) -> Result<(), ChangeError> {
        let (key, segment) = keyed(segment)?;
        put(&mut locked(&self.shared.state).project.segments, &key, segment);
        Ok(())
    }

    /// Deletes a flag and its states. Only an environment in which it had a state notices it at once.
    ///
    /// # Errors
    /// If there is no such flag.
    pub fn delete_flag(&self, flag_key: &str) -> Result<(), ChangeError> {
        let mut state = locked(&self.shared.state);
        let id = state.project.flag_id(flag_key);
        if !remove(&mut state.project.flags, flag_key) {
            return Err(ChangeError(format!("there is no flag {flag_key:?}")));
        }
        let had =
            |it: &mut EnvironmentState| remove(&mut it.states, flag_key).then(|| it.slug.clone());
        let slugs: Vec<String> = state.environments.iter_mut().filter_map(had).collect();
        for slug in slugs {
            state.notify(&slug, "DELETE", &id);
        }
        Ok(())
    }

    /// Sets the time at which flags are evaluated, a time of RFC 3339. None stands for the computer's clock.
    ///
    /// # Errors
    /// If the text is no time.
    pub fn set_time(&self, time: Option<&str>) -> Result<(), ChangeError> {
        let read = |text: &str| {
            let time = super::plain::timestamp(text);
            time.ok_or_else(|| ChangeError(format!("{text:?} is no time")))
        };
        locked(&self.shared.state).time = time.map(read).transpose()?;
        Ok(())
    }

    /// Sets the time after which a stream loses its next event, and is cut then. It is 30 seconds, counted from the request.
    pub fn set_stream_lifetime(&self, lifetime: Duration) {
        locked(&self.shared.state).stream_lifetime = lifetime;
    }

    /// Arms a fault for requests of a route. Several armed faults apply together.
    pub fn arm(&self, fault: Fault, route: Route, times: Times) {
        locked(&self.shared.state).faults.arm((fault, route), times);
    }

    /// Clears the faults of later requests. Open streams keep their faults, and answers that wait are not released.
    pub fn clear_faults(&self) {
        locked(&self.shared.state).faults.clear();
    }

    /// Releases the answers that [`Fault::Hold`] holds.
    pub fn release(&self) {
        self.shared.release();
    }

    /// Ends all open streams without a last chunk, with a reset or as usual.
    pub fn cut_streams(&self, reset: bool) {
        let ending = if reset { Ending::Reset } else { Ending::Close };
        for queue in locked(&self.shared.state).queues() {
            queue.send(Item::End(ending));
        }
    }

    /// Stops the server: all connections end, and new ones are refused.
    pub fn stop(&self) {
        self.listener.refuse();
        self.cut_streams(false);
        self.release();
        // Without it, a test could see streams of before in the record.
        let _ = self.shared.recorder.wait(NOTICE, |record| record.open_streams() == 0);
        self.listener.end_connections();
    }

    /// Listens again on the same port after [`TestServer::stop`]. Records, keys and flags are kept.
    ///
    /// # Errors
    /// If the port is no longer free.
    pub fn restart(&self) -> io::Result<()> {
        self.listener.listen()
    }

    /// Returns everything that the server has seen so far.
    #[must_use]
    pub fn record(&self) -> Record {
        self.shared.recorder.read(Record::clone)
    }

    /// Waits until the record meets a condition, and returns it.
    ///
    /// # Errors
    /// If the time is over first.
    pub fn wait_for(
        &self,
        timeout: Duration,
        is_met: impl Fn(&Record) -> bool,
    ) -> Result<Record, TimedOut> {
        self.shared.recorder.wait(timeout, is_met)
    }

    /// Waits until this number of streams is open.
    ///
    /// # Errors
    /// If the time is over first.
    pub fn wait_for_open_streams(
        &self,
        count: usize,
        timeout: Duration,
    ) -> Result<Record, TimedOut> {
        self.wait_for(timeout, |record| record.open_streams() == count)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Reads a JSON object with a member `key`.
fn keyed(text: &str) -> Result<(String, Json), ChangeError> {
    let json = object(text)?;
    let key = json.get("key").and_then(Json::text).map(ToOwned::to_owned);
    Ok((key.ok_or_else(|| ChangeError("the object has no key".to_owned()))?, json))
}
