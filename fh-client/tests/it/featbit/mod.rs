//! Clients of FeatBit, against a server that shares no code with them.

mod faults;
mod insights;
mod main_job;
mod messages;
mod settings;
mod way;

use std::time::Duration;

use fh_client::{Client, ClientBuilder, featbit};
use fh_test_servers::featbit::TestServer;

use crate::support::{quick, transport};

/// Returns the settings of a client of this server.
fn settings(server: &TestServer) -> featbit::Settings {
    let secret = server.environment().server_secret();
    featbit::Settings::new(secret).streaming_url(server.streaming_url())
}

/// Returns the builder of a client of this server, with short delays.
fn builder(server: &TestServer) -> ClientBuilder {
    Client::featbit(settings(server)).transport(transport()).configure(quick).configure(|config| {
        config.limits.head = Duration::from_millis(500);
        config.limits.idle = Duration::from_secs(1);
        config.limits.held_back = Duration::from_millis(500);
    })
}
