//! Settings: which ones are refused, and which source they are taken from.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use fh_client::testing::MemoryEdge;
use fh_client::{Backoff, Client, KeyError, SnapshotFile, StartError, UrlError};

use crate::support::PATIENCE;

const URL: &str = "https://edge.example";

fn refused(builder: fh_client::ClientBuilder) -> StartError {
    builder.start().unwrap_err()
}

/// Returns the name of the setting that is refused.
fn named(builder: fh_client::ClientBuilder) -> String {
    let error = refused(builder);
    let StartError::Setting(setting) = &error else { panic!("{error:?}") };
    assert!(error.to_string().contains(&setting.name), "{error}");
    setting.name.clone()
}

#[test]
fn invalid_settings_are_refused() {
    let good = || Client::builder(URL, "e/key*");
    assert_eq!(refused(Client::builder("", "e/key*")), StartError::Url(UrlError::Empty));
    assert_eq!(refused(Client::builder("edge", "e/key*")), StartError::Url(UrlError::Scheme));
    assert_eq!(refused(Client::builder(URL, "")), StartError::Keys(KeyError::Empty));
    assert_eq!(refused(Client::builder(URL, "key")), StartError::Keys(KeyError::Shape));
    assert_eq!(refused(good().api_key("e/other")), StartError::Keys(KeyError::Mixed));
    assert_eq!(refused(good().api_key("f/x*").streaming()), StartError::SeveralKeysStream);
    for (name, value) in [
        ("x-featurehub", "userkey=me"),
        ("Host", "elsewhere"),
        ("x a", "b"),
        ("", "b"),
        ("x-a", "b\r\nx-evil: c"),
    ] {
        let error = refused(good().header(name, value));
        assert_eq!(error, StartError::Header(name.to_string()));
    }
    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    for (initial, cap, jitter) in
        [(minute, second, 0.5), (second, minute, 1.5), (second, minute, f64::NAN)]
    {
        let backoff = Backoff { initial, cap, jitter };
        assert_eq!(named(good().backoff(backoff)), "backoff");
        assert_eq!(named(good().backoff_when_refused(backoff)), "backoff_when_refused");
    }
    assert!(matches!(refused(good().bootstrap("7")), StartError::Bootstrap(_)));
}

#[test]
fn settings_that_can_never_work_are_refused_by_name() {
    let good = || Client::builder(URL, "e/key*");
    let port = refused(Client::builder("http://edge.example:99999", "e/key*"));
    assert_eq!(port, StartError::Url(UrlError::Port));
    let bracket = refused(Client::builder("http://[::1", "e/key*"));
    assert_eq!(bracket, StartError::Url(UrlError::Host));
    assert_eq!(named(good().identification("Rust,1\nx-evil: 1")), "identification");
    // reqwest refuses this host, because it is no valid address.
    assert_eq!(named(Client::builder("http://1.2.3.4.5", "e/key*")), "Edge URL");
    let zero = Duration::ZERO;
    assert_eq!(named(good().configure(move |config| config.limits.poll = zero)), "limits.poll");
    assert_eq!(named(good().configure(|config| config.limits.bytes = 0)), "limits.bytes");
}

#[test]
fn starting_does_not_wait() {
    // Nothing answers at this address, and nothing needs to.
    let client = Client::builder("http://192.0.2.1:9", "e/key*").start().unwrap();
    assert!(!client.is_ready());
    assert!(!client.is_enabled("ANYTHING"));
    client.close();
}

#[test]
fn missing_settings_are_errors_that_name_their_variables() {
    for (builder, expected) in [
        (
            Client::from_environment(),
            "the Edge's URL is missing: write https://edge.example, or set the environment variable FEATUREHUB_EDGE_URL",
        ),
        (
            Client::from_environment().edge_url(URL),
            "the API key is missing: write ENVIRONMENT/KEY, or set the environment variable FEATUREHUB_CLIENT_API_KEY",
        ),
        (
            Client::from_environment().edge_url(""),
            "the Edge's URL is empty: write https://edge.example",
        ),
    ] {
        let error = refused(builder).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    assert_eq!(Client::offline().check(), Ok(()));
}

#[test]
fn given_settings_take_precedence_over_the_environment() {
    // The environment of this process names no Edge, so the given settings must be in use.
    let edge = MemoryEdge::new();
    edge.set("A", true);
    let client = Client::from_environment()
        .edge_url("http://memory.invalid")
        .api_key(fh_client::testing::CLIENT_KEY)
        .transport(edge)
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    assert!(client.is_enabled("A"));
}

#[test]
fn own_headers_are_sent() {
    let edge = MemoryEdge::new();
    let client =
        edge.client().header("X-Pass", "secret").identification("Rust-Test,1").start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    edge.set("A", true);
    fh_client::block_on(client.test_updates().set("A", fh_client::Update::value(false))).unwrap();
    for request in edge.requests() {
        assert_eq!(request.header("x-pass"), Some("secret"));
    }
    assert_eq!(edge.requests()[0].header("x-sdk"), Some("Rust-Test,1"));
}

#[test]
fn a_snapshot_file_is_named_by_any_kind_of_path() {
    let path = Path::new("features.json");
    let text = path.to_str().unwrap();
    for file in [
        SnapshotFile::from("features.json"),
        SnapshotFile::from(path),
        SnapshotFile::from(&path.to_path_buf()),
        SnapshotFile::from(&text.to_string()),
        SnapshotFile::from(OsStr::new(text)),
        SnapshotFile::from(path.to_path_buf()),
        SnapshotFile::from(text.to_string()),
        SnapshotFile::from(OsString::from(text)),
        SnapshotFile::from(Box::<Path>::from(path)),
        SnapshotFile::from(Cow::Borrowed(path)),
    ] {
        assert_eq!(file, SnapshotFile::new(path));
    }
}
