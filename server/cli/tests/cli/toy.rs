//! Commands for a server of the toy system.

use std::time::Duration;

use fh_test_servers::server::Times;
use fh_test_servers::toy::TestServer;

use crate::tool::fh;

#[test]
fn get_shows_the_flags_of_a_server() {
    let server = TestServer::start().unwrap();
    server.put("dark-mode", true);
    server.put("old-checkout", false);
    let get = |more: &[&str]| fh(&[&["get", "--system", "toy", &server.url()], more].concat());
    assert_eq!(
        get(&[]).expect(0).out,
        "FLAG          REASON  STRATEGY  VALUE
dark-mode     STATIC            true
old-checkout  STATIC            false
"
    );
    assert_eq!(get(&["dark-mode", "--value"]).expect(0).out, "true\n");
    get(&["drak-mode"]).refused(1, &["did you mean dark-mode?"]);
    server.fail(401, Times::UntilCleared);
    get(&["--timeout", "1"]).refused(2, &["refuses"]);
}

#[test]
fn a_client_sends_the_etag() {
    let server = TestServer::start().unwrap();
    server.put("dark-mode", true);
    let client =
        fh_client::Client::toy(server.url()).polling(Duration::from_millis(50)).start().unwrap();
    server.wait_for(304, Duration::from_secs(20)).unwrap();
    assert!(client.feature("dark-mode").is_enabled());
    drop(client);
}

#[test]
fn wrong_inputs_are_refused() {
    fh(&["get", "--system", "toy"]).refused(2, &["TOY_URL"]);
    fh(&["get", "--system", "toy", "flags.example://x"]).refused(2, &["url", "https"]);
    fh(&["lint", "--system", "toy", "Cargo.toml"]).refused(2, &["fh get --system toy"]);
}
