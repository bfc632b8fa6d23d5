//! The Edge that a test holds.
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::behaviour::{Behaviour, event_text};
use crate::connection::Closing;
use crate::context::Context;
use crate::dialect::Dialect;
use crate::key::{ApiKey, Permission};
use crate::lock::locked;
use crate::port::Port;
use crate::recorder::{Recording, TimedOut};
use crate::request::Route;
use crate::serve;
use crate::server::Server;
use crate::world::{Keys, Updates, World};

/// The environment that exists from the beginning.
pub const ENVIRONMENT: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";

/// How long dropping waits for the last connection to end.
const LONGEST_END: Duration = Duration::from_secs(10);

/// A running Edge. Dropping it ends all connections and frees the port.
///
/// Everything it can do stands at [`EdgeHandle`], to which it dereferences.
#[derive(Debug)]
pub struct FakeEdge {
    handle: EdgeHandle,
}

impl FakeEdge {
    /// Starts a healthy Edge on a free port of 127.0.0.1, with the environment [`ENVIRONMENT`],
    /// without features, that knows any key.
    ///
    /// # Errors
    /// If there is no port or no thread to be had.
    pub fn start() -> io::Result<Self> {
        let edge = Self::start_refusing()?;
        edge.listen_again()?;
        Ok(edge)
    }

    /// Takes a port that refuses connections until [`EdgeHandle::listen_again`].
    ///
    /// # Errors
    /// If there is no port to be had.
    pub fn start_refusing() -> io::Result<Self> {
        let port = Port::reserve()?;
        let address = port.address();
        let server = Arc::new(Server::new(World::new(ENVIRONMENT)));
        Ok(Self { handle: EdgeHandle { server, port: Arc::new(Mutex::new(port)), address } })
    }

    /// A handle for other threads; the Edge still ends when this is dropped.
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
        // A connection that does not end in time is nothing a test could do about.
        let _ = self.handle.wait_until(LONGEST_END, |seen| seen.open_connections() == 0);
    }
}

/// What can be done with an Edge, from any thread.
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

/// Where it is, and whether it can be reached.
impl EdgeHandle {
    /// `http://127.0.0.1:port`, without a slash at the end. Any path may be put behind it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client-evaluated key of [`ENVIRONMENT`].
    pub fn client_key(&self) -> String {
        format!("{ENVIRONMENT}/clientSideSecret4test*0123456789ab")
    }

    /// A server-evaluated key of [`ENVIRONMENT`].
    pub fn server_key(&self) -> String {
        format!("{ENVIRONMENT}/serverSideSecret4test0123456789abcdef")
    }

    /// Closes the listener: new connections are refused by the system from the moment this returns.
    /// Open connections stay open; nobody else can take the port.
    pub fn refuse(&self) {
        locked(&self.port).refuse();
    }

    /// Listens on the same port again. Nothing happens if it does already.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn listen_again(&self) -> io::Result<()> {
        // Not a handle of this kind: the acceptor would keep its own port alive.
        let (server, port) = (Arc::clone(&self.server), Arc::downgrade(&self.port));
        let address = self.address;
        locked(&self.port).listen(move |socket, client| {
            if let Some(port) = port.upgrade() {
                let edge = Self { server: Arc::clone(&server), port, address };
                serve::start(edge, socket, client.port());
            }
        })
    }

    /// Ends every open connection, whatever it is doing. Returns before they have ended; the
    /// recording shows when.
    pub fn close_connections(&self, how: Closing) {
        self.server.close_connections(how);
    }

    /// As if the process had been killed: the listener is closed and every connection reset.
    pub fn kill(&self) {
        self.refuse();
        self.close_connections(Closing::Rst);
    }
}

/// What it knows beside features.
impl EdgeHandle {
    /// Gives a key these permissions; none at all makes it unknown. Its environment is made if there
    /// is none. `false` if the text is no key.
    pub fn allow(&self, api_key: &str, permissions: &[Permission]) -> bool {
        let Some(key) = ApiKey::parse(api_key) else { return false };
        locked(&self.server.world).list_key(key, permissions);
        true
    }

    /// Forgets the permissions of a key. Open streams are not told.
    pub fn forget_key(&self, api_key: &str) {
        if let Some(key) = ApiKey::parse(api_key) {
            locked(&self.server.world).unlist_key(&key);
        }
    }

    /// From now on only keys given to [`allow`](Self::allow) are known.
    pub fn only_allowed_keys(&self) {
        locked(&self.server.world).keys = Keys::Listed;
    }

    /// From now on every key of a known environment is known, with all permissions unless
    /// [`allow`](Self::allow) said otherwise. This is how an Edge starts.
    pub fn any_key(&self) {
        locked(&self.server.world).keys = Keys::Any;
    }

    /// Evaluates for server-evaluated keys. The function gets the context and the features as a
    /// client-evaluated key would see them (one feature for an update), and gives back what is to be
    /// sent; strategies are taken off afterwards. It must not call this Edge. Without it values stay
    /// as they are.
    pub fn evaluate_with(
        &self,
        evaluator: impl Fn(&Context, Vec<Value>) -> Vec<Value> + Send + Sync + 'static,
    ) {
        locked(&self.server.world).evaluator = Some(Arc::new(evaluator));
    }

    /// Whose rules are followed where they differ.
    pub fn dialect(&self, dialect: Dialect) {
        locked(&self.server.world).dialect = dialect;
    }

    /// The `cache-control` of healthy answers; none by default.
    pub fn cache_control(&self, value: Option<&str>) {
        locked(&self.server.world).cache_control = value.map(str::to_owned);
    }

    /// How often streams that begin from now on get a heartbeat; never by default.
    pub fn heartbeat(&self, period: Option<Duration>) {
        locked(&self.server.world).heartbeat = period;
    }

    /// After how long streams that begin from now on get `bye`; never by default.
    pub fn drop_after(&self, age: Option<Duration>) {
        locked(&self.server.world).drop_after = age;
    }

    /// Changes are no longer pushed to open streams, and never will be; polls and new streams see
    /// them.
    pub fn withhold_updates(&self) {
        locked(&self.server.world).updates = Updates::Withheld;
    }

    /// Changes are pushed again.
    pub fn push_updates(&self) {
        locked(&self.server.world).updates = Updates::Pushed;
    }
}

/// What is said on open streams beyond updates.
impl EdgeHandle {
    /// An event to every open stream.
    pub fn push_event(&self, name: &str, data: &str) {
        locked(&self.server.world).push(&event_text(name, None, data));
    }

    /// Any text to every open stream, as it stands.
    pub fn push_text(&self, text: &str) {
        locked(&self.server.world).push(text);
    }

    /// `bye` to every open stream, and the end of its connection.
    pub fn bye(&self) {
        locked(&self.server.world).bye();
    }

    /// An orderly end of every open stream without `bye`.
    pub fn end_streams(&self) {
        locked(&self.server.world).end();
    }

    /// Ends the connections of open streams, without ending their bodies.
    pub fn close_streams(&self, how: Closing) {
        for mailbox in locked(&self.server.world).subscribers() {
            mailbox.close(how);
        }
    }
}

/// How it misbehaves.
impl EdgeHandle {
    /// What happens with all requests of all routes from now on; scripts are forgotten. Requests in
    /// work go on as they began.
    pub fn behave(&self, behaviour: impl Into<Behaviour>) {
        let behaviour = behaviour.into();
        for route in Route::ALL {
            self.server.plan(route, Vec::new(), behaviour.clone());
        }
    }

    /// What happens with all requests of one route from now on; its script is forgotten.
    pub fn behave_on(&self, route: Route, behaviour: impl Into<Behaviour>) {
        self.server.plan(route, Vec::new(), behaviour.into());
    }

    /// What happens with the next requests of a route, one behaviour for each, and with all that come
    /// afterwards.
    pub fn script(
        &self,
        route: Route,
        behaviours: impl IntoIterator<Item = Behaviour>,
        afterwards: Behaviour,
    ) {
        self.server.plan(route, behaviours.into_iter().collect(), afterwards);
    }

    /// What happens with every connection before its first request is read; if the steps do not end
    /// it, requests follow. `None` is the ordinary way.
    pub fn on_accept(&self, behaviour: Option<Behaviour>) {
        self.server.plan_accept(behaviour);
    }

    /// Lets everything go on that waits, or will wait, for this signal.
    pub fn signal(&self, name: &str) {
        self.server.signal(name);
    }
}

/// What it saw.
impl EdgeHandle {
    /// Everything until now.
    pub fn recording(&self) -> Recording {
        self.server.recorder.recording()
    }

    /// Waits until the observation gives something; it is asked after each thing that is noted, and
    /// must not call this Edge.
    ///
    /// # Errors
    /// [`TimedOut`], with what was seen, if it does not within `timeout`.
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
    /// [`TimedOut`], with what was seen, if it does not within `timeout`.
    pub fn wait_until(
        &self,
        timeout: Duration,
        mut condition: impl FnMut(&Recording) -> bool,
    ) -> Result<(), TimedOut> {
        self.wait_for(timeout, |recording| condition(recording).then_some(()))
    }

    /// Waits until a route has got so many requests since the start.
    ///
    /// # Errors
    /// [`TimedOut`], with what was seen, if it does not within `timeout`.
    pub fn wait_for_requests(
        &self,
        route: Route,
        count: usize,
        timeout: Duration,
    ) -> Result<(), TimedOut> {
        self.wait_until(timeout, |recording| recording.count(route) >= count)
    }
}
