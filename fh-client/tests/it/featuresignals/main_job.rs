//! The main job: a program reads the flags of its context, and sees their changes.

use std::sync::mpsc;

use fh_client::{Reason, Value};
use fh_test_servers::featuresignals::TestServer;

use super::{builder, server, settings};
use crate::support::{PATIENCE, soon, started};

#[test]
fn a_context_has_the_values_reasons_and_variants_of_the_server() {
    let server = server();
    server.put_flag(r#"{"key": "exp", "flag_type": "ab", "default_value": 0}"#).unwrap();
    let variants = r#"{"enabled": true, "variants": [{"key": "treat", "value": {"b": [1, 2.50]}, "weight": 10000}]}"#;
    server.environment().put_state("exp", variants).unwrap();
    let client = started(builder(settings(&server)));
    assert_eq!(client.detail("new-checkout").reason, Reason::Static);
    assert_eq!(client.string("new-checkout").as_deref(), Some("one page"));
    let mara = client.context().user_key("mara").attribute("country", "NZ").build();
    assert_eq!(mara.detail("new-checkout").reason, Reason::OtherContext);
    soon(client.set_context(&mara)).unwrap();
    let detail = client.detail("new-checkout");
    assert_eq!(detail.value, Some(Value::Text("two pages".into())));
    assert_eq!((detail.reason, detail.strategy_id), (Reason::StrategyMatch, None));
    let detail = mara.detail("exp");
    assert_eq!(detail.value, Some(Value::Json(r#"{"b":[1,2.5]}"#.into())));
    assert_eq!((detail.reason, detail.strategy_id.as_deref()), (Reason::Variant, Some("treat")));
    let text = mara.explain("exp").to_string();
    assert_eq!(text, r#"exp = {"b":[1,2.5]}  (VARIANT): the server evaluated the flag"#);
}

#[test]
fn a_changed_state_reaches_readers_and_listeners() {
    let server = server();
    let client = builder(settings(&server)).start().unwrap();
    let mara = client.context().user_key("mara").attribute("country", "NZ");
    let mara = soon(mara.activate()).unwrap();
    let (heard, changes) = mpsc::channel();
    let subscription = mara.on_change("new-checkout", move |_| heard.send(()).unwrap());
    server.environment().enable("new-checkout", false).unwrap();
    changes.recv_timeout(PATIENCE).unwrap();
    let detail = mara.detail("new-checkout");
    assert_eq!(
        (detail.reason, mara.string("new-checkout").as_deref()),
        (Reason::Off, Some("one page"))
    );
    server.delete_flag("new-checkout").unwrap();
    changes.recv_timeout(PATIENCE).unwrap();
    assert_eq!(mara.detail("new-checkout").reason, Reason::NotFound);
    drop(subscription);
}

/// A server keeps a ruleset until a state is written, so that a client cannot see a changed definition earlier.
#[test]
fn a_changed_definition_is_seen_with_the_next_state() {
    let server = server();
    let client = started(builder(settings(&server)));
    server.put_flag(r#"{"key": "new-checkout", "default_value": "three pages"}"#).unwrap();
    let polls = server.record().requests.len() + 3;
    server.wait_for(PATIENCE, |record| record.requests.len() > polls).unwrap();
    assert_eq!(client.string("new-checkout").as_deref(), Some("one page"));
    server.environment().put_state("new-checkout", r#"{"enabled": true}"#).unwrap();
    crate::support::reads(&client, "new-checkout", "three pages");
}

#[test]
fn null_is_a_value_and_no_flags_are_a_state() {
    let server = TestServer::start().unwrap();
    let client = started(builder(settings(&server)));
    assert!(client.snapshot().keys().is_empty());
    assert_eq!(client.detail("nothing").reason, Reason::NotFound);
    server.put_flag(r#"{"key": "nothing", "flag_type": "json", "default_value": null}"#).unwrap();
    server.environment().put_state("nothing", "{}").unwrap();
    crate::support::until(&client, |_| client.exists("nothing"));
    assert!(!client.is_set("nothing"));
    assert_eq!(client.detail_as("nothing", fh_client::Kind::Boolean).reason, Reason::NotSet);
}

/// A forked child serves the values of its parent until the server has answered.
#[test]
fn a_client_that_starts_anew_keeps_the_context_and_its_values() {
    let server = server();
    let former = builder(settings(&server)).start().unwrap();
    let mara = former.context().user_key("mara").attribute("country", "NZ");
    drop(soon(mara.activate()).unwrap());
    server.stop();
    let client = former.after_fork().transport(crate::support::transport()).start().unwrap();
    assert!(client.is_ready());
    let mara = client.context().user_key("mara").attribute("country", "NZ").build();
    let bob = client.context().user_key("bob").build();
    let detail = mara.detail("new-checkout");
    assert_eq!(
        (mara.string("new-checkout").as_deref(), detail.reason),
        (Some("two pages"), Reason::StrategyMatch)
    );
    assert_eq!(bob.detail("new-checkout").reason, Reason::OtherContext);
    server.environment().enable("new-checkout", false).unwrap();
    server.restart().unwrap();
    crate::support::until(&client, |_| mara.string("new-checkout").as_deref() == Some("one page"));
}
