//! The settings of clients of FeatureSignals: what is missing, and what has no meaning.

use std::time::Duration;

use fh_client::{
    Client, ClientBuilder, ContextPlacement, Profile, SnapshotFile, WhileSwitching, featuresignals,
};

use super::{builder, server};
use crate::support::{soon, started, transport};

fn of_server() -> featuresignals::Settings {
    featuresignals::Settings::new("fs_srv_1").url("http://localhost:8080").environment("production")
}

fn valid() -> ClientBuilder {
    Client::featuresignals(of_server())
}

fn local() -> featuresignals::Settings {
    featuresignals::Settings::of_ruleset(r#"{"flags": {}}"#)
}

#[test]
fn settings_without_a_meaning_are_errors_that_name_them() {
    let with = Client::featuresignals;
    for builder in
        [valid(), valid().once(), valid().streaming(), with(local()), with(local()).offline()]
    {
        assert_eq!(builder.check(), Ok(()));
    }
    let second = Duration::from_secs(1);
    let rows: [(&str, ClientBuilder); 18] = [
        ("edge_url", valid().edge_url("https://edge.example")),
        ("api_key", valid().api_key("e/k*")),
        ("snapshot_file", valid().snapshot_file(SnapshotFile::new("flags.json"))),
        ("passive", valid().passive(second)),
        ("context_placement", valid().context_placement(ContextPlacement::Query)),
        ("profile", valid().profile(Profile::Edge)),
        ("bootstrap", valid().bootstrap("[]")),
        (
            "context",
            valid().initial_context(fh_client::Attributes::builder().attribute("key", "").build()),
        ),
        ("flags", with(of_server().flags(Vec::<String>::new()))),
        ("interval", with(of_server().interval(Duration::ZERO))),
        ("while_switching", with(local()).while_switching(WhileSwitching::Keep)),
        ("mode", with(local()).polling(second)),
        ("healthy_after", valid().healthy_after(second)),
        ("url", with(local().url("http://localhost:8080"))),
        ("api_key", with(featuresignals::Settings::new("fs_srv_1").ruleset(r#"{"flags": {}}"#))),
        ("reasons", with(local().reasons(true))),
        ("stream", with(local().stream(true))),
        ("ruleset", with(featuresignals::Settings::of_ruleset("[]"))),
    ];
    for (name, builder) in rows {
        let error = builder.check().unwrap_err().to_string();
        assert!(error.contains(&format!("the setting {name} ")), "{name}: {error}");
    }
}

#[test]
fn wrong_urls_keys_and_headers_are_errors_that_say_what_to_write() {
    let with = Client::featuresignals;
    let key = || featuresignals::Settings::new("fs_srv_1");
    for (builder, expected) in [
        (with(key()), "the environment is missing: write its slug"),
        (with(key().environment(" ")), "the environment is empty: write the slug"),
        (
            with(featuresignals::Settings::from_environment().environment("p")),
            "or set the environment variable FEATURESIGNALS_API_KEY",
        ),
        (with(key().environment("a/b")), "the environment contains a slash"),
        (
            with(of_server().url("ftp://x")),
            "the URL of the server begins with neither http:// nor https://",
        ),
        (with(featuresignals::Settings::new(" ").environment("p")), "the API key is empty"),
        (with(featuresignals::Settings::new("a b").environment("p")), "the API key contains"),
        (valid().header("x-api-key", "x"), "the header \"x-api-key\" cannot be sent"),
    ] {
        let error = builder.check().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn only_the_named_flags_are_asked_for() {
    let server = server();
    for key in ["a", "b"] {
        server.put_flag(&format!(r#"{{"key": "{key}", "default_value": 1}}"#)).unwrap();
    }
    let named = super::settings(&server).flags(["b", "new-checkout", "b"]);
    let client = started(builder(named));
    assert_eq!(client.snapshot().keys().len(), 2);
    soon(client.context().user_key("mara").attribute("country", "NZ").activate()).unwrap();
    let record = server.record();
    let bulk = record.requests_to("/v1/evaluate/bulk");
    assert_eq!(
        bulk[0].body,
        r#"{"flag_keys":["b","new-checkout"],"context":{"key":"mara","attributes":{"country":"NZ"}}}"#
    );
    assert_eq!(bulk[0].header("content-type"), Some("application/json"));
}

#[test]
fn the_key_and_the_attributes_are_in_no_text() {
    let log = fh_test::Log::capture();
    let server = server();
    let key = server.environment().server_key();
    let mut said = format!("{:?}", super::settings(&server));
    for is_refused in [false, true] {
        if is_refused {
            server.environment().revoke_keys();
        }
        let client = builder(super::settings(&server).stream(true)).start().unwrap();
        let mara = client.context().user_key("hush-mara").attribute("plan", "hush-plan").build();
        let outcome = soon(client.set_context(&mara));
        assert_eq!(outcome.is_err(), is_refused);
        said +=
            &format!("{outcome:?} {client:?} {mara:?} {} {:?}", client.status(), client.status());
        said += &outcome.map_or_else(|why| why.to_string(), |_| String::new());
    }
    let unreachable = of_server().url("http://127.0.0.1:9");
    let client = Client::featuresignals(unreachable).transport(transport()).start().unwrap();
    said += &soon(client.refresh()).unwrap_err().to_string();
    said += &log.text();
    for secret in [&*key, "hush-", "fs_srv_1"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}
