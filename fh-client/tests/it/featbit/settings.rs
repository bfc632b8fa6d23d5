//! The settings of clients of FeatBit: what is missing, and what belongs to FeatureHub.

use std::time::Duration;

use fh_client::{Client, ClientBuilder, ContextPlacement, Profile, SnapshotFile, featbit};

fn valid() -> ClientBuilder {
    Client::featbit(featbit::Settings::new("secret").streaming_url("ws://localhost:5100/prefix"))
}

#[test]
fn settings_of_featurehub_are_errors_that_name_them() {
    assert_eq!(valid().check(), Ok(()));
    let rows: [(&str, ClientBuilder); 9] = [
        ("edge_url", valid().edge_url("https://edge.example")),
        ("api_key", valid().api_key("e/k*")),
        ("snapshot_file", valid().snapshot_file(SnapshotFile::new("flags.json"))),
        ("passive", valid().passive(Duration::from_secs(5))),
        ("once", valid().once()),
        ("once", valid().polling(Duration::ZERO)),
        ("context_placement", valid().context_placement(ContextPlacement::Query)),
        ("profile", valid().profile(Profile::Edge)),
        ("bootstrap", valid().bootstrap("[]")),
    ];
    for (name, builder) in rows {
        let error = builder.check().unwrap_err().to_string();
        assert!(error.contains(&format!("the setting {name} ")), "{name}: {error}");
    }
}

#[test]
fn wrong_urls_secrets_and_headers_are_errors_that_say_what_to_write() {
    let with = |settings: featbit::Settings| Client::featbit(settings);
    let secret = || featbit::Settings::new("secret");
    for (builder, expected) in [
        (
            with(secret()),
            "the setting streaming_url is missing: write wss://flags.example, or set the environment variable FEATBIT_STREAMING_URL",
        ),
        (
            with(featbit::Settings::from_environment().streaming_url("ws://x")),
            "the environment secret is missing: copy the server secret",
        ),
        (with(secret().streaming_url("ftp://x")), "the setting streaming_url begins with neither"),
        (with(secret().event_url("http://")), "the setting event_url has no valid host"),
        (
            with(featbit::Settings::new(" ").streaming_url("ws://x")),
            "the environment secret is empty",
        ),
        (
            with(featbit::Settings::new("a b").streaming_url("ws://x")),
            "the environment secret contains",
        ),
        (valid().header("authorization", "x"), "the header \"authorization\" cannot be sent"),
    ] {
        let error = builder.check().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
