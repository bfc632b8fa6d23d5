//! Requests to the server.

use std::net::Shutdown;

use fh_test_servers::featuresignals::TestServer;

pub(crate) use crate::client::{Answer, Client as Connection};

impl Connection {
    pub(crate) fn open(server: &TestServer) -> Self {
        Self::connect(server.address())
    }

    /// Ends the sending side.
    pub(crate) fn shut(&mut self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
    }

    /// Requests the map of a user.
    pub(crate) fn map(&mut self, api_key: &str, user: &str) -> Answer {
        let target = format!("/v1/client/production/flags?key={user}");
        self.get(&target, &[("X-API-Key", api_key)])
    }

    /// Posts a JSON body.
    pub(crate) fn post(&mut self, path: &str, api_key: &str, body: &str) -> Answer {
        let headers = [("X-API-Key", api_key), ("Content-Type", "application/json")];
        self.ask("POST", path, &headers, body.as_bytes())
    }
}
