//! Tests of `fh serve --relay`: one server in front of another.

use fh_test::wait::{wait_for, wait_until};
use fh_test_servers::featurehub::{FakeEdge, Feature, Route};

use super::{KEY, PATIENCE, Serving, WRITER, get, open, state, until};
use crate::tool::{SECRET, fh, file, path};

fn relay(upstream: &Serving, data: &str) -> Serving {
    Serving::of(&["serve", "--relay", &upstream.url, "--relay-key", KEY, "--data", data], &[])
}

/// Polls until the answer contains a text, and returns it.
fn until_served(server: &Serving, text: &str) -> String {
    let path = format!("/features?apiKey={KEY}");
    wait_for(text, || Some(server.get(&path)).filter(|answer| answer.contains(text)))
}

#[test]
fn a_relay_passes_changes_on_and_survives_the_other() {
    let state = file("relay-state.yaml", state("Hello"));
    let data = path("relay-data");
    let upstream = Serving::start(&state, &[], &[]);
    let first = relay(&upstream, &data);
    until_served(&first, "Hello");
    let mut stream = open(&first.url, &format!("/features/{KEY}"), "");
    until(&mut stream, "Hello");
    let put =
        |value: &str| fh(&["set", "BANNER", value, "--url", &upstream.url, "--api-key", WRITER]);
    put("Changed").expect(0);
    until(&mut stream, "Changed");
    // The relay does not know a key that it does not relay, although the upstream server knows it.
    assert!(get(&first.url, &format!("/features?apiKey={WRITER}")).starts_with("HTTP/1.1 404"));
    drop(upstream);
    until_served(&first, "Changed");
    // The first relay uses the folder.
    let second = [
        "serve",
        "--relay",
        "http://127.0.0.1:1",
        "--relay-key",
        KEY,
        "--data",
        &data,
        "--port",
        "0",
    ];
    fh(&second).refused(2, &[&data, "another relay uses it"]);
    // At a graceful end, the relay writes its features to the folder.
    let Serving { process, url: _ } = first;
    process.interrupt();
    let (status, _) = process.end();
    assert!(status.success());
    // Another relay starts while the upstream server cannot be reached.
    let nobody = "http://127.0.0.1:1";
    let again =
        Serving::of(&["serve", "--relay", nobody, "--relay-key", KEY, "--data", &data], &[]);
    until_served(&again, "Changed");
}

/// Headers come from the flag, from several lines of the variable, and from a file. Their values are not shown.
#[test]
fn headers_of_the_command_line_go_upstream() {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("BANNER", "plain"));
    let (url, key) = (edge.url(), edge.client_key());
    let secret = |text: &str| format!("{text} {SECRET}=");
    let headers = file(
        "relay-headers",
        format!("x-file = {}\n\nx-second={}\n", secret("three"), secret("four")),
    );
    let relay = ["serve", "--relay", &url, "--relay-key", &key, "--log", "trace"];
    let of_variable = format!("authorization={}\nx-tenant={}", secret("Bearer one"), secret("two"));
    let flag = format!("x-tenant={}", secret("two"));
    for (args, variables, expected) in [
        (
            vec!["--relay-header-file", &headers],
            vec![("FH_EDGE_RELAY_HEADER", of_variable.as_str())],
            vec![
                ("authorization", "Bearer one"),
                ("x-tenant", "two"),
                ("x-file", "three"),
                ("x-second", "four"),
            ],
        ),
        (vec!["--relay-header", &flag], vec![], vec![("x-tenant", "two")]),
    ] {
        let relay = Serving::of(&[&relay[..], &args].concat(), &variables);
        let path = format!("/features?apiKey={key}");
        wait_until("the relay serves", || relay.get(&path).contains(r#""plain""#));
        // The first features may come from a poll, so the stream is awaited separately.
        edge.wait_until(PATIENCE, |seen| seen.live_streams() == 1).unwrap();
        let seen = edge.recording();
        let stream = seen.requests.iter().rfind(|seen| seen.request.route == Route::Stream);
        let stream = &stream.unwrap().request;
        for (name, text) in expected {
            assert_eq!(stream.header(name), Some(secret(text).as_str()), "{name}");
        }
        relay.process.interrupt();
        // `end` asserts that no value was logged.
        assert!(relay.process.end().0.success());
        edge.wait_until(PATIENCE, |seen| seen.live_streams() == 0).unwrap();
    }
    for (wrong, part) in [
        (["--relay-header", SECRET], "write NAME=VALUE"),
        (["--relay-header", &format!("x one={SECRET}")], "write NAME=VALUE"),
        (["--relay-header", &format!("host={SECRET}")], "host"),
        (["--relay-header-file", "/no/such.headers"], "/no/such.headers"),
    ] {
        fh(&[&relay[..], &wrong].concat()).refused(2, &[part]);
    }
    fh(&["serve", "--relay-header", &flag]).refused(2, &["need --relay"]);
}

/// Keys that are added to their file are relayed without a restart.
#[test]
fn a_file_of_keys_to_relay_is_followed() {
    let state = file("relay-keys-state.yaml", state("plain"));
    let upstream = Serving::start(&state, &[], &[]);
    let keys = file("relay-keys-followed", format!("{KEY}\n"));
    let args = ["serve", "--relay", &upstream.url, "--relay-key-file", &keys];
    let mut relay = Serving::of(&args, &[]);
    until_served(&relay, "plain");
    let other = format!("/features?apiKey={WRITER}");
    assert!(relay.get(&other).starts_with("HTTP/1.1 404"));
    file("relay-keys-followed", format!("{KEY}\n{WRITER}\n"));
    relay.process.line(&["--relay-key-file", "the secret was read again"]);
    fh(&["watch", &relay.url, WRITER, "--once", "--for", "30", "BANNER"]).expect(0);
    assert!(relay.get(&other).contains("plain"));
}

/// A token that is rotated in its file goes upstream without a restart. An empty or invalid file changes nothing.
#[test]
fn a_file_of_headers_is_followed() {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("BANNER", "plain"));
    let (url, key) = (edge.url(), edge.client_key());
    let write = |text: &str| file("relay-headers-followed", text.replace("TOKEN", SECRET));
    let headers = write("x-token=TOKEN-one\n");
    let args = ["serve", "--relay", &url, "--relay-key", &key, "--relay-header-file", &headers];
    let mut relay = Serving::of(&args, &[]);
    let last_token = || {
        let seen = edge.recording();
        let stream = seen.requests.iter().rfind(|seen| seen.request.route == Route::Stream);
        stream.and_then(|seen| seen.request.header("x-token").map(str::to_string))
    };
    let reaches = |token: &str| {
        let token = Some(token.replace("TOKEN", SECRET));
        let streams = edge.recording().count(Route::Stream);
        wait_until("the token is sent", || {
            // The next stream may have been opened before the file was read.
            edge.bye();
            edge.recording().count(Route::Stream) > streams && last_token() == token
        });
    };
    reaches("TOKEN-one");
    write("x-token=TOKEN-two");
    relay.process.line(&["--relay-header-file", "the secret was read again"]);
    reaches("TOKEN-two");
    for (wrong, why) in [("", "the file is empty"), ("x-token=TOKEN-x\nhost=TOKEN-y", "host")] {
        write(wrong);
        relay.process.line(&["ERROR", "--relay-header-file", why, "the previous secret remains"]);
        reaches("TOKEN-two");
    }
    let ready = relay.get("/health/readyness");
    assert!(
        ready.contains("previous secrets are still in use") && !ready.contains(SECRET),
        "{ready}"
    );
    write("x-token=TOKEN-three");
    relay.process.line(&["--relay-header-file", "the secret was read again"]);
    reaches("TOKEN-three");
    relay.process.interrupt();
    // `end` asserts that no value was logged.
    assert!(relay.process.end().0.success());
}
