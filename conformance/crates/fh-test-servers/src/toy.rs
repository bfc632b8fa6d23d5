//! A test server that speaks the protocol of the toy system on a real socket: one GET, flags that are on or off, and an ETag. It is correct by
//! default, answers with a status that a test scripts, and records the requests.
//!
//! ```
//! use std::io::{Read, Write};
//! let server = fh_test_servers::toy::TestServer::start()?;
//! server.put("dark-mode", true);
//! let mut socket = std::net::TcpStream::connect(server.address())?;
//! write!(socket, "GET /flags HTTP/1.1\r\nConnection: close\r\n\r\n")?;
//! let mut answer = String::new();
//! socket.read_to_string(&mut answer)?;
//! assert!(answer.ends_with("{\"dark-mode\":true}"));
//! assert_eq!(server.statuses(), [200]);
//! # Ok::<(), std::io::Error>(())
//! ```

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::server::{
    Connection, Counts, FaultPlan, Listener, Protocol, Recorder, Request, Response, Then, TimedOut,
    Times, locked,
};

/// The statuses of all answers, in order.
#[derive(Clone, Debug, Default)]
pub struct Statuses(Vec<u16>);

impl Counts for Statuses {
    fn counts(&self) -> Vec<(&'static str, usize)> {
        vec![("requests", self.0.len())]
    }
}

#[derive(Debug, Default)]
struct Shared {
    flags: Mutex<BTreeMap<String, bool>>,
    faults: Mutex<FaultPlan<u16>>,
    statuses: Recorder<Statuses>,
}

/// A server on a free port of 127.0.0.1. It stops when it is dropped.
#[derive(Debug)]
pub struct TestServer {
    shared: Arc<Shared>,
    listener: Listener<Shared>,
}

impl TestServer {
    /// Starts a server without flags.
    ///
    /// # Errors
    /// If no port is free.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        Ok(Self { listener: Listener::start(0, &shared)?, shared })
    }

    /// Returns the address of the port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Returns the base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Sets a flag.
    pub fn put(&self, key: &str, is_on: bool) {
        locked(&self.shared.flags).insert(key.to_owned(), is_on);
    }

    /// Answers requests with this status.
    pub fn fail(&self, status: u16, times: Times) {
        locked(&self.shared.faults).arm(status, times);
    }

    /// Returns the statuses of all answers, in order.
    #[must_use]
    pub fn statuses(&self) -> Vec<u16> {
        self.shared.statuses.read(|statuses| statuses.0.clone())
    }

    /// Waits until an answer had this status.
    ///
    /// # Errors
    /// If no answer had it within the time.
    pub fn wait_for(&self, status: u16, timeout: Duration) -> Result<Statuses, TimedOut<Statuses>> {
        self.shared.statuses.wait(timeout, |statuses| statuses.0.contains(&status))
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.listener.refuse();
        self.listener.end_connections();
    }
}

impl Protocol for Shared {
    fn accepted(&self) -> usize {
        0
    }

    fn invalid(&self, status: u16) -> Response {
        Response::empty(status)
    }

    fn answer(
        own: &Arc<Self>,
        connection: &mut Connection<'_>,
        request: &Request,
    ) -> io::Result<Then> {
        let response = own.respond(request);
        own.statuses.add(|statuses| statuses.0.push(response.status));
        connection.respond(request, &response)
    }
}

impl Shared {
    fn respond(&self, request: &Request) -> Response {
        let fault = locked(&self.faults).next(|status| Some(*status)).find(|status| Some(*status));
        if let Some(status) = fault {
            return Response::empty(status);
        }
        if request.path() != "/flags" {
            return Response::empty(404);
        }
        let body = serde_json::to_string(&*locked(&self.flags)).unwrap_or_default();
        // The flags are few, so that their text may be its own ETag.
        let etag = format!("\"{}\"", body.replace('"', "'"));
        let response = match request.header("if-none-match") == Some(&*etag) {
            true => Response::empty(304),
            false => Response::with(200, "application/json", &body),
        };
        response.header("ETag", &etag)
    }
}
