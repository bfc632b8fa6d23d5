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
use crate::feature::Feature;
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
    /// Open connections stay open; the port stays taken.
    ///
    /// # Errors
    /// If the port cannot be kept.
    pub fn refuse(&self) -> io::Result<()> {
        locked(&self.port).refuse()
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
    ///
    /// # Errors
    /// If the port cannot be kept.
    pub fn kill(&self) -> io::Result<()> {
        self.refuse()?;
        self.close_connections(Closing::Rst);
        Ok(())
    }
}

/// What it knows.
impl EdgeHandle {
    /// The features of another environment, which is made if there is none of this id.
    pub fn environment(&self, id: &str) -> EnvironmentHandle {
        let id = id.to_ascii_lowercase();
        locked(&self.server.world).add_environment(&id);
        EnvironmentHandle { edge: self.clone(), id }
    }

    fn default_environment(&self) -> EnvironmentHandle {
        EnvironmentHandle { edge: self.clone(), id: ENVIRONMENT.to_owned() }
    }

    /// Forgets an environment: its keys are unknown from now on. Open streams are not told.
    pub fn remove_environment(&self, id: &str) {
        locked(&self.server.world).remove_environment(&id.to_ascii_lowercase());
    }

    /// See [`EnvironmentHandle::set_feature`].
    pub fn set_feature(&self, feature: impl Into<Feature>) {
        self.default_environment().set_feature(feature);
    }

    /// See [`EnvironmentHandle::set_value`].
    pub fn set_value(&self, key: &str, value: impl Into<Value>) -> u64 {
        self.default_environment().set_value(key, value)
    }

    /// See [`EnvironmentHandle::change`].
    pub fn change(&self, key: &str, change: impl FnOnce(Feature) -> Feature) -> Option<u64> {
        self.default_environment().change(key, change)
    }

    /// See [`EnvironmentHandle::lock`].
    pub fn lock(&self, key: &str) -> Option<u64> {
        self.default_environment().lock(key)
    }

    /// See [`EnvironmentHandle::unlock`].
    pub fn unlock(&self, key: &str) -> Option<u64> {
        self.default_environment().unlock(key)
    }

    /// See [`EnvironmentHandle::retire`].
    pub fn retire(&self, key: &str) -> Option<u64> {
        self.default_environment().retire(key)
    }

    /// See [`EnvironmentHandle::delete_feature`].
    pub fn delete_feature(&self, key: &str) -> bool {
        self.default_environment().delete_feature(key)
    }

    /// See [`EnvironmentHandle::replace_all`].
    pub fn replace_all(&self, features: impl IntoIterator<Item = Feature>) {
        self.default_environment().replace_all(features);
    }

    /// See [`EnvironmentHandle::feature`].
    pub fn feature(&self, key: &str) -> Option<Value> {
        self.default_environment().feature(key)
    }

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

/// The features of one environment.
#[derive(Clone, Debug)]
pub struct EnvironmentHandle {
    edge: EdgeHandle,
    id: String,
}

impl EnvironmentHandle {
    /// The environment's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn world<T>(&self, act: impl FnOnce(&mut World, &str) -> T) -> T {
        act(&mut locked(&self.edge.server.world), &self.id)
    }

    /// Adds a feature, or puts it in the place of the one with the same key or the same id (a
    /// rename), exactly as given: the version is not touched. Open streams get `feature`.
    pub fn set_feature(&self, feature: impl Into<Feature>) {
        let feature = feature.into();
        self.world(|world, id| world.put(id, feature));
    }

    /// Sets a value and raises the version, which is returned; null takes the value away. An unknown
    /// feature is made, of the type that the value has. Open streams get `feature`.
    pub fn set_value(&self, key: &str, value: impl Into<Value>) -> u64 {
        let value = value.into();
        self.world(|world, id| {
            let changed = world.change(id, key, |feature| feature.set("value", value.clone()));
            changed.unwrap_or_else(|| {
                world.put(id, Feature::of_value(key, value));
                1
            })
        })
    }

    /// Changes a feature in any way and raises its version, which is returned; `None` if there is no
    /// such feature. Open streams get `feature`.
    pub fn change(&self, key: &str, change: impl FnOnce(Feature) -> Feature) -> Option<u64> {
        self.world(|world, id| world.change(id, key, |feature| *feature = change(feature.clone())))
    }

    /// Locks and raises the version. Open streams get `feature`.
    pub fn lock(&self, key: &str) -> Option<u64> {
        self.world(|world, id| world.change(id, key, |feature| feature.set("l", true.into())))
    }

    /// Unlocks and raises the version. Open streams get `feature`.
    pub fn unlock(&self, key: &str) -> Option<u64> {
        self.world(|world, id| world.change(id, key, |feature| feature.set("l", false.into())))
    }

    /// Retires: the feature leaves all lists, and open streams get `delete_feature` with a raised
    /// version. Any later change brings it back.
    pub fn retire(&self, key: &str) -> Option<u64> {
        self.world(|world, id| world.retire(id, key))
    }

    /// Deletes for good; `false` if there is no such feature. Open streams get `delete_feature` with
    /// version 0 and without a value.
    pub fn delete_feature(&self, key: &str) -> bool {
        self.world(|world, id| world.delete(id, key))
    }

    /// Makes this the whole list. Open streams get the differences, deletes first.
    pub fn replace_all(&self, features: impl IntoIterator<Item = Feature>) {
        let features = features.into_iter().collect();
        self.world(|world, id| world.replace(id, features));
    }

    /// The feature as it is kept.
    pub fn feature(&self, key: &str) -> Option<Value> {
        self.world(|world, id| world.feature(id, key).map(Feature::json))
    }
}
