//! The start of a store, before the client receives anything.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fh_client::testing::{CLIENT_KEY, MemoryEdge, SERVER_KEY};
use fh_client::{Client, RawKind, Source};
use fh_redis::{RedisStore, StoreError};
use fh_test::wait::{PATIENCE, wait_until};

use crate::rig::{DIGEST, LIST, Rig, digest, feature, list, write};
use crate::server::Server;

#[test]
fn without_stored_features_the_client_gets_none() {
    let rig = Rig::new();
    rig.settle();
    assert!(!rig.client.is_ready());
    assert_eq!(rig.server.keys(), Vec::<String>::new());
    let status = rig.status();
    assert_eq!((status.refreshes, status.reloads, status.writes), (1, 0, 0), "{status:?}");
    assert!(status.is_connected);
    assert_eq!(status.last_error, None);
}

#[test]
fn stored_features_are_given_to_the_client_with_their_source() {
    let server = Server::start();
    write(&server, &[feature("a", 1), feature("b", 2)]);
    let client = Client::offline().api_key("one/key*").start().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    client.on_raw(move |update| told.lock().unwrap().push(update.clone())).detach();
    let store = RedisStore::builder(server.url()).attach(&client).unwrap();
    store.flush(PATIENCE).unwrap();
    assert_eq!(&*client.string_or("a", ""), "a1");
    assert!(client.is_ready());
    assert_eq!(&*client.string_or("b", ""), "b2");
    assert_eq!(client.status().source, Some(Source::Store("redis-store".into())));
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].source.as_str(), "redis-store");
    assert_eq!(heard[0].kind, RawKind::List);
    assert_eq!(heard[0].environment.as_deref(), Some("one"));
    assert_eq!(store.status().reloads, 1);
    assert_eq!(store.status().writes, 0, "no echo");
}

#[test]
fn without_a_digest_nothing_is_loaded() {
    let server = Server::start();
    server.set(LIST, &list(&[feature("a", 1)]));
    let rig = Rig::on(server);
    rig.settle();
    assert!(!rig.client.is_ready());
    assert_eq!(rig.status().reloads, 0);
}

#[test]
fn a_digest_without_a_list_loads_nothing() {
    let server = Server::start();
    server.set(DIGEST, &digest(&[feature("a", 1)]));
    let rig = Rig::on(server);
    rig.settle();
    assert!(!rig.client.is_ready());
    assert_eq!(rig.status().reloads, 0);
    rig.list(&[feature("b", 1)]);
    rig.assert_stored(&[feature("b", 1)]);
}

#[test]
fn another_environment_s_features_are_not_used() {
    let server = Server::start();
    server.set("featurehub_two", &list(&[feature("a", 1)]));
    server.set("featurehub_two_sha", &digest(&[feature("a", 1)]));
    let rig = Rig::on(server);
    rig.settle();
    assert!(!rig.client.is_ready());
}

#[test]
fn the_higher_version_of_edge_and_store_is_used() {
    let server = Server::start();
    let put = |environment: &str, features: &[String]| {
        server.set(&format!("featurehub_{environment}"), &list(features));
        server.set(&format!("featurehub_{environment}_sha"), &digest(features));
    };
    put("memory", &[feature("a", 5), feature("b", 1)]);
    let edge = MemoryEdge::new();
    for held in [feature("a", 4), feature("b", 2)] {
        edge.put(serde_json::from_str(&held).unwrap());
    }
    let client = edge.client().start().unwrap();
    let store = RedisStore::builder(server.url()).attach(&client).unwrap();
    // The stored features may be loaded before the Edge has answered.
    fh_client::block_on(client.refresh()).unwrap();
    store.flush(PATIENCE).unwrap();
    assert_eq!(&*client.string_or("a", ""), "a5");
    assert_eq!(&*client.string_or("b", ""), "b2");
}

#[test]
fn features_that_the_client_had_before_are_written() {
    let server = Server::start();
    let edge = MemoryEdge::new();
    edge.put(serde_json::from_str(&feature("a", 4)).unwrap());
    let client = edge.client().start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    client.flush(PATIENCE).unwrap();
    let store = RedisStore::builder(server.url()).attach(&client).unwrap();
    store.flush(PATIENCE).unwrap();
    let stored: serde_json::Value =
        serde_json::from_str(&server.get("featurehub_memory").unwrap()).unwrap();
    assert_eq!(stored[0]["value"], "a4");
    assert_eq!(server.get("featurehub_memory_sha"), Some(digest(&[feature("a", 4)])));
    let secret = CLIENT_KEY.split_once('/').unwrap().1;
    for key in server.keys() {
        let text = server.get(&key).unwrap();
        assert!(!key.contains(secret) && !text.contains(secret), "{key}: {text}");
    }
}

/// The store loads the older list first, so the source of the client's features is a store when the worker writes.
#[test]
fn features_that_the_client_had_before_are_merged_with_stored_ones() {
    let server = Server::start();
    server.set("featurehub_memory", &list(&[feature("b", 1)]));
    server.set("featurehub_memory_sha", &digest(&[feature("b", 1)]));
    let edge = MemoryEdge::new();
    edge.put(serde_json::from_str(&feature("a", 4)).unwrap());
    let client = edge.client().start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    client.flush(PATIENCE).unwrap();
    let store = RedisStore::builder(server.url()).attach(&client).unwrap();
    store.flush(PATIENCE).unwrap();
    let both = digest(&[feature("a", 4), feature("b", 1)]);
    assert_eq!(server.get("featurehub_memory_sha"), Some(both));
}

#[test]
fn features_of_another_store_are_not_written() {
    let server = Server::start();
    let client = Client::offline().api_key("one/key*").start().unwrap();
    client.offer_features("another-store", "one", list(&[feature("a", 1)]));
    wait_until("the features", || &*client.string_or("a", "") == "a1");
    let store = RedisStore::builder(server.url()).attach(&client).unwrap();
    store.flush(PATIENCE).unwrap();
    assert_eq!(server.keys(), Vec::<String>::new());
}

#[test]
fn server_evaluated_keys_are_refused() {
    let client = MemoryEdge::new().client_with(SERVER_KEY).start().unwrap();
    let refused = RedisStore::builder("redis://localhost").attach(&client);
    assert!(matches!(refused, Err(StoreError::ServerEvaluatedKey)), "{refused:?}");
}

#[test]
fn keys_that_become_server_evaluated_share_nothing_more() {
    let server = Server::start();
    let edge = MemoryEdge::new();
    edge.set("A", "for all");
    let client = edge.client().start().unwrap();
    let store = RedisStore::builder(server.url())
        .refresh(Duration::from_millis(5))
        .attach(&client)
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    store.flush(PATIENCE).unwrap();
    let before = server.get("featurehub_memory").unwrap();
    fh_client::block_on(client.set_api_keys([SERVER_KEY])).unwrap();
    edge.set("A", "for one");
    fh_client::block_on(edge.delivered());
    assert_eq!(&*client.string_or("A", ""), "for one");
    store.flush(PATIENCE).unwrap();
    assert_eq!(server.get("featurehub_memory").unwrap(), before);
}

#[test]
fn a_bad_url_is_refused_without_its_text() {
    let client = Client::offline().start().unwrap();
    for url in ["hunter2", "http://user:hunter2@host", "redis://:hunter2@host/x", ""] {
        let builder = RedisStore::builder(url);
        assert!(!format!("{builder:?}").contains("hunter2"));
        let refused = builder.attach(&client).unwrap_err();
        assert!(matches!(refused, StoreError::Url), "{url}");
        assert!(!format!("{refused} {refused:?}").contains("hunter2"));
    }
    if !cfg!(feature = "rustls") {
        let refused = RedisStore::builder("rediss://host").attach(&client);
        assert!(matches!(refused, Err(StoreError::NoTls)), "{refused:?}");
    }
}
