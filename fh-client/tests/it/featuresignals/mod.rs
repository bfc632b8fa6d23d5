//! Clients of FeatureSignals, against a server that shares no code with them.

mod contexts;
mod faults;
mod local;
mod main_job;
mod settings;
mod streams;

use std::time::Duration;

use fh_client::{Client, ClientBuilder, featuresignals};
use fh_test_servers::featuresignals::TestServer;

use crate::support::{quick, transport};

const STATE: &str =
    include_str!("../../../../conformance/data/imported/featuresignals-live/state-1.json");
const CHECKOUT: &str =
    r#"{"key": "new-checkout", "flag_type": "string", "default_value": "one page"}"#;
/// Everyone in New Zealand gets two pages.
const IN_NEW_ZEALAND: &str = r#"{"enabled": true, "rules": [{"id": "r", "percentage": 10000, "value": "two pages",
    "conditions": [{"attribute": "country", "operator": "eq", "values": ["NZ"]}]}]}"#;

/// Returns a server with the flag `new-checkout`.
fn server() -> TestServer {
    let server = TestServer::start().unwrap();
    server.put_flag(CHECKOUT).unwrap();
    server.environment().put_state("new-checkout", IN_NEW_ZEALAND).unwrap();
    server
}

/// Returns the settings of a client of this server, which polls often.
fn settings(server: &TestServer) -> featuresignals::Settings {
    featuresignals::Settings::new(server.environment().server_key())
        .url(server.url())
        .environment(server.environment().slug())
        .interval(Duration::from_millis(30))
}

/// Returns the builder of a client of this server, with short delays.
fn builder(settings: featuresignals::Settings) -> ClientBuilder {
    Client::featuresignals(settings).transport(transport()).configure(quick).configure(|config| {
        config.limits.head = Duration::from_millis(500);
        config.limits.poll = Duration::from_secs(5);
    })
}
