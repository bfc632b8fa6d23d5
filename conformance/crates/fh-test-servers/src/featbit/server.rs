//! The server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::server::{Ending, Listener, Times, locked};

use crate::featbit::TimedOut;
use crate::featbit::environment::Environment;
use crate::featbit::environment_state::EnvironmentState;
use crate::featbit::fault::Fault;
use crate::featbit::outbox::Item;
use crate::featbit::record::Record;
use crate::featbit::script::{Route, ScriptedAnswer};
use crate::featbit::state::Shared;

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
    /// Starts a server on a free port, with one empty environment.
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
        let id = locked(&shared.state).add_numbered_environment();
        let main = Environment { shared: Arc::clone(&shared), id };
        let listener = Listener::start(port, &shared)?;
        Ok(Self { shared, listener, main })
    }

    /// Returns the address of the port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Returns the base URL for streaming, such as `ws://127.0.0.1:5100`.
    #[must_use]
    pub fn streaming_url(&self) -> String {
        format!("ws://{}", self.address())
    }

    /// Returns the base URL for polling and events, such as `http://127.0.0.1:5100`.
    #[must_use]
    pub fn http_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Returns the first environment.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.main
    }

    /// Adds an empty environment.
    #[must_use]
    pub fn add_environment(&self) -> Environment {
        let id = locked(&self.shared.state).add_numbered_environment();
        Environment { shared: Arc::clone(&self.shared), id }
    }

    /// Adds an empty environment with the given id and secrets, which need no particular form.
    #[must_use]
    pub fn add_environment_with(
        &self,
        id: &str,
        server_secret: &str,
        client_secret: &str,
    ) -> Environment {
        let environment = EnvironmentState::new(
            id.to_owned(),
            server_secret.to_owned(),
            client_secret.to_owned(),
        );
        locked(&self.shared.state).environments.push(environment);
        Environment { shared: Arc::clone(&self.shared), id: id.to_owned() }
    }

    /// Returns the environment of an id.
    #[must_use]
    pub fn environment_of(&self, id: &str) -> Option<Environment> {
        locked(&self.shared.state).environment(id)?;
        Some(Environment { shared: Arc::clone(&self.shared), id: id.to_owned() })
    }

    /// Arms a fault for attempts to open a socket. Several armed faults apply together.
    pub fn arm(&self, fault: Fault, times: Times) {
        locked(&self.shared.state).faults.arm(fault, times);
    }

    /// Clears the faults of later sockets and the scripted answers. Open sockets keep their faults.
    pub fn clear_faults(&self) {
        let mut state = locked(&self.shared.state);
        state.faults.clear();
        state.scripts.clear();
    }

    /// Scripts the next answers of a route.
    pub fn script(&self, route: Route, answers: impl IntoIterator<Item = ScriptedAnswer>) {
        locked(&self.shared.state).scripts.add(route, answers);
    }

    /// Sends the answers that [`Fault::HoldSync`] holds.
    pub fn release(&self) {
        let mut state = locked(&self.shared.state);
        for (outbox, item) in std::mem::take(&mut state.held) {
            outbox.send(item);
        }
    }

    /// Shifts the server's clock: for `Date`, for tokens and for the times of changed records.
    pub fn set_clock_offset_ms(&self, offset_ms: i64) {
        locked(&self.shared.state).base_clock.offset_ms = offset_ms;
    }

    /// Returns the time of the server's clock, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        locked(&self.shared.state).clock().now_ms()
    }

    /// Makes all open sockets silent: they stay open, but nothing more is sent, not even a pong.
    pub fn silence(&self) {
        for outbox in locked(&self.shared.state).outboxes() {
            outbox.silence();
        }
    }

    /// Sends a WebSocket ping on all open sockets. A client must answer it with a pong.
    pub fn ping_sockets(&self) {
        for outbox in locked(&self.shared.state).outboxes() {
            outbox.send(Item::Ping);
        }
    }

    /// Closes all open sockets without a close frame, with a reset or as usual. Plain connections stay.
    pub fn drop_sockets(&self, reset: bool) {
        let ending = if reset { Ending::Reset } else { Ending::Close };
        for outbox in locked(&self.shared.state).outboxes() {
            outbox.send(Item::End(ending));
        }
    }

    /// Closes all open sockets with a close frame.
    pub fn close_sockets(&self, code: u16, reason: &str) {
        use crate::featbit::close_frame::CloseFrame;
        for outbox in locked(&self.shared.state).outboxes() {
            let close = CloseFrame { code, reason: reason.to_owned() };
            outbox.send(Item::Close(close));
        }
    }

    /// Stops the server as FeatBit's server stops: all connections end without a close frame, and new ones are refused.
    pub fn stop(&self) {
        self.listener.refuse();
        self.listener.end_connections();
        // Without it, a test could see sockets of before in the record.
        let _ = self.shared.recorder.wait(NOTICE, |record| record.open_sockets == 0);
    }

    /// Listens again on the same port after [`TestServer::stop`]. Records and secrets are kept.
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

    /// Waits until this number of sockets is open.
    ///
    /// # Errors
    /// If the time is over first.
    pub fn wait_for_open_sockets(
        &self,
        count: usize,
        timeout: Duration,
    ) -> Result<Record, TimedOut> {
        self.wait_for(timeout, |record| record.open_sockets == count)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
    }
}
