//! The Edge that a test starts and controls.
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::server::{Port, locked};
use serde_json::Value;

use crate::featurehub::behaviour::{Behaviour, event_text};
use crate::featurehub::connection::Closing;
use crate::featurehub::context::Context;
use crate::featurehub::key::{ApiKey, Permission};
use crate::featurehub::recorder::{Recording, TimedOut};
use crate::featurehub::request::Route;
use crate::featurehub::serve;
use crate::featurehub::server::Server;
use crate::featurehub::world::{Keys, Updates, World};

/// The environment that exists from the start.
pub const ENVIRONMENT: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";

/// Time that dropping waits for the last connection to end.
const LONGEST_END: Duration = Duration::from_secs(10);

/// A running Edge. Dropping it ends all connections and frees the port.
///
/// It dereferences to [`EdgeHandle`], which has all its methods.
#[derive(Debug)]
pub struct FakeEdge {
    handle: EdgeHandle,
}

impl FakeEdge {
    /// Starts a healthy Edge on a free port of 127.0.0.1. It has the environment [`ENVIRONMENT`] without features, and accepts any key.
    ///
    /// # Errors
    /// If no port or no thread is available.
    pub fn start() -> io::Result<Self> {
        Self::start_on(0)
    }

    /// Starts a healthy Edge as [`FakeEdge::start`] does, on this port of 127.0.0.1.
    ///
    /// # Errors
    /// If the port or a thread is not available.
    pub fn start_on(port: u16) -> io::Result<Self> {
        let edge = Self::reserve(port)?;
        edge.listen_again()?;
        Ok(edge)
    }

    /// Reserves a port that refuses connections until [`EdgeHandle::listen_again`].
    ///
    /// # Errors
    /// If no port is available.
    pub fn start_refusing() -> io::Result<Self> {
        Self::reserve(0)
    }

    fn reserve(port: u16) -> io::Result<Self> {
        let port = Port::reserve(port)?;
        let address = port.address();
        let server = Arc::new(Server::new(World::new(ENVIRONMENT)));
        Ok(Self { handle: EdgeHandle { server, port: Arc::new(Mutex::new(port)), address } })
    }

    /// Returns a handle for other threads. The Edge still ends when this value is dropped.
    pub fn handle(&self) -> EdgeHandle {
        self.handle.clone()
    }
}

impl Deref for FakeEdge {
    type Target = EdgeHandle;

    fn deref(&self) -> &EdgeHandle {
        &self.handle
    }
}

impl Drop for FakeEdge {
    fn drop(&mut self) {
        locked(&self.handle.port).close();
        self.handle.close_connections(Closing::Fin);
        // If a connection does not end in time, there is nothing that a test could do.
        let _ = self.handle.wait_until(LONGEST_END, |seen| seen.open_connections() == 0);
    }
}

/// A handle that controls an Edge from any thread.
///
/// Features are those of [`ENVIRONMENT`] unless [`EdgeHandle::environment`] names another.
#[derive(Clone)]
pub struct EdgeHandle {
    pub(crate) server: Arc<Server>,
    port: Arc<Mutex<Port>>,
    address: SocketAddr,
}

impl fmt::Debug for EdgeHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeHandle").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Address and listener.
impl EdgeHandle {
    /// Returns `http://127.0.0.1:port`, without a slash at the end. Any path may be appended.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns a client-evaluated key of [`ENVIRONMENT`].
    pub fn client_key(&self) -> String {
        format!("{ENVIRONMENT}/clientSideSecret4test*0123456789ab")
    }

    /// Returns a server-evaluated key of [`ENVIRONMENT`].
    pub fn server_key(&self) -> String {
        format!("{ENVIRONMENT}/serverSideSecret4test0123456789abcdef")
    }

    /// Closes the listener. When this returns, the operating system refuses new connections. Open connections stay open, and no other
    /// process can take the port.
    pub fn refuse(&self) {
        locked(&self.port).refuse();
    }

    /// Listens on the same port again. Does nothing if it listens already.
    ///
    /// # Errors
    /// If the operating system refuses it.
    pub fn listen_again(&self) -> io::Result<()> {
        // A weak reference: with an `EdgeHandle` the acceptor would keep its own port alive.
        let (server, port) = (Arc::clone(&self.server), Arc::downgrade(&self.port));
        let address = self.address;
        locked(&self.port).listen(move |socket, client| {
            if let Some(port) = port.upgrade() {
                let edge = Self { server: Arc::clone(&server), port, address };
                serve::start(edge, socket, client.port());
            }
        })
    }

    /// Ends every open connection in any state. Returns before the connections have ended; the recording shows when they do.
    pub fn close_connections(&self, how: Closing) {
        self.server.close_connections(how);
    }

    /// Closes the listener and resets every connection, as if the process had been killed.
    pub fn kill(&self) {
        self.refuse();
        self.close_connections(Closing::Rst);
    }
}

/// Keys and settings of healthy answers.
impl EdgeHandle {
    /// Gives a key these permissions. Without permissions the key is unknown. The environment is created if it does not exist. Returns
    /// false if the text is not a valid key.
    pub fn allow(&self, api_key: &str, permissions: &[Permission]) -> bool {
        let Some(key) = ApiKey::parse(api_key) else { return false };
        locked(&self.server.world).list_key(key, permissions);
        true
    }

    /// Removes the permissions that [`allow`](Self::allow) gave to a key. Open streams are not notified.
    pub fn forget_key(&self, api_key: &str) {
        if let Some(key) = ApiKey::parse(api_key) {
            locked(&self.server.world).unlist_key(&key);
        }
    }

    /// Accepts only keys passed to [`allow`](Self::allow) from now on.
    pub fn only_allowed_keys(&self) {
        locked(&self.server.world).keys = Keys::Listed;
    }

    /// Accepts every key of an existing environment from now on. A key has all permissions unless [`allow`](Self::allow) set others. This
    /// is the initial setting.
    pub fn any_key(&self) {
        locked(&self.server.world).keys = Keys::Any;
    }

    /// Sets the evaluator for server-evaluated keys.
    ///
    /// The function gets the context and the features as a client-evaluated key would see them; for an update it gets one feature. It
    /// returns the features to send, from which strategies are then removed. It must not call this Edge. Without an evaluator, values stay
    /// as they are.
    pub fn evaluate_with(
        &self,
        evaluator: impl Fn(&Context, Vec<Value>) -> Vec<Value> + Send + Sync + 'static,
    ) {
        locked(&self.server.world).evaluator = Some(Arc::new(evaluator));
    }

    /// Sets the `cache-control` header of healthy answers. By default there is none.
    pub fn cache_control(&self, value: Option<&str>) {
        locked(&self.server.world).cache_control = value.map(str::to_owned);
    }

    /// Sets the interval of heartbeats for streams that begin from now on. By default there are none.
    pub fn heartbeat(&self, period: Option<Duration>) {
        locked(&self.server.world).heartbeat = period;
    }

    /// Sets the time after which streams that begin from now on get `bye`. By default they never do.
    pub fn drop_after(&self, age: Option<Duration>) {
        locked(&self.server.world).drop_after = age;
    }

    /// Stops pushing changes to open streams. Changes made from now on are never pushed, but polls and new streams see them.
    pub fn withhold_updates(&self) {
        locked(&self.server.world).updates = Updates::Withheld;
    }

    /// Pushes changes again.
    pub fn push_updates(&self) {
        locked(&self.server.world).updates = Updates::Pushed;
    }
}

/// Events for open streams, other than updates.
impl EdgeHandle {
    /// Sends an event to every open stream.
    pub fn push_event(&self, name: &str, data: &str) {
        locked(&self.server.world).push(&event_text(name, None, data));
    }

    /// Sends a text unchanged to every open stream.
    pub fn push_text(&self, text: &str) {
        locked(&self.server.world).push(text);
    }

    /// Sends `bye` to every open stream and ends its connection.
    pub fn bye(&self) {
        locked(&self.server.world).bye();
    }

    /// Ends every open stream in an orderly way, without `bye`.
    pub fn end_streams(&self) {
        locked(&self.server.world).end();
    }

    /// Ends the connections of open streams without ending their bodies.
    pub fn close_streams(&self, how: Closing) {
        for mailbox in locked(&self.server.world).subscribers() {
            mailbox.close(how);
        }
    }
}

/// Misbehaviour.
impl EdgeHandle {
    /// Sets the behaviour for all requests of all routes from now on. Scripts are discarded. Requests in progress are not affected.
    pub fn behave(&self, behaviour: impl Into<Behaviour>) {
        self.server.plan_all(&behaviour.into());
    }

    /// Sets the behaviour for all requests of one route from now on. Its script is discarded.
    pub fn behave_on(&self, route: Route, behaviour: impl Into<Behaviour>) {
        self.server.plan(route, Vec::new(), behaviour.into());
    }

    /// Sets one behaviour for each of the next requests of a route, and one for all later requests.
    pub fn script(
        &self,
        route: Route,
        behaviours: impl IntoIterator<Item = Behaviour>,
        afterwards: Behaviour,
    ) {
        self.server.plan(route, behaviours.into_iter().collect(), afterwards);
    }

    /// Sets the behaviour for every connection before its first request is read. Requests follow unless the steps end the connection.
    /// `None` is the default.
    pub fn on_accept(&self, behaviour: Option<Behaviour>) {
        self.server.plan_accept(behaviour);
    }

    /// Sends a signal: every step that waits for it, now or later, continues.
    pub fn signal(&self, name: &str) {
        self.server.signal(name);
    }
}

/// The recording of what the Edge received.
impl EdgeHandle {
    /// Returns a copy of everything recorded until now.
    pub fn recording(&self) -> Recording {
        self.server.recorder.recording()
    }

    /// Returns the first changes of features and the first events that were sent to open streams, in words, each with its time.
    pub fn changes(&self) -> Vec<(Instant, String)> {
        locked(&self.server.world).changes().to_vec()
    }

    /// Waits until `observation` returns a value. It is called after each change of the recording, and must not call this Edge.
    ///
    /// # Errors
    /// [`TimedOut`], with the recording, if it returns no value within `timeout`.
    pub fn wait_for<T>(
        &self,
        timeout: Duration,
        observation: impl FnMut(&Recording) -> Option<T>,
    ) -> Result<T, TimedOut> {
        self.server.recorder.wait_for(timeout, observation)
    }

    /// Waits until the condition holds.
    ///
    /// # Errors
    /// [`TimedOut`], with the recording, if it does not hold within `timeout`.
    pub fn wait_until(
        &self,
        timeout: Duration,
        mut condition: impl FnMut(&Recording) -> bool,
    ) -> Result<(), TimedOut> {
        self.wait_for(timeout, |recording| condition(recording).then_some(()))
    }

    /// Waits until a route has received `count` requests since the start.
    ///
    /// # Errors
    /// [`TimedOut`], with the recording, if it has not within `timeout`.
    pub fn wait_for_requests(
        &self,
        route: Route,
        count: usize,
        timeout: Duration,
    ) -> Result<(), TimedOut> {
        self.wait_until(timeout, |recording| recording.count(route) >= count)
    }
}
