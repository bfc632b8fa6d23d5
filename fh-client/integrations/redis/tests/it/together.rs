//! Several programs that share one Redis.

use std::time::Duration;

use fh_client::testing::MemoryEdge;
use fh_client::{Client, RawKind, RawUpdate, Source, internal};
use fh_redis::RedisStore;
use fh_test::wait::{PATIENCE, wait_until};

use crate::rig::{feature, list};
use crate::server::Server;

const FEATURES: usize = 25;

fn attached(client: Client, server: &Server) -> (Client, RedisStore) {
    let store = RedisStore::builder(server.url())
        .backoff(Duration::from_millis(1))
        .retries(100_000)
        .refresh(Duration::from_millis(20))
        .attach(&client)
        .unwrap();
    (client, store)
}

#[test]
fn no_update_of_any_writer_is_lost() {
    let server = Server::start();
    let programs: Vec<_> = (0..3)
        .map(|_| {
            let edge = MemoryEdge::new();
            let client = edge.client().start().unwrap();
            client.wait_ready(PATIENCE).unwrap();
            (edge, attached(client, &server))
        })
        .collect();
    // Each Edge has features that no other has.
    std::thread::scope(|scope| {
        for (number, (edge, (_, store))) in programs.iter().enumerate() {
            scope.spawn(move || {
                for index in 0..FEATURES {
                    let json = feature(&format!("{number}-{index}"), 1);
                    edge.put(serde_json::from_str(&json).unwrap());
                }
                fh_client::block_on(edge.delivered());
                store.flush(PATIENCE).unwrap();
            });
        }
    });
    let stored: Vec<serde_json::Value> =
        serde_json::from_str(&server.get("featurehub_memory").unwrap()).unwrap();
    assert_eq!(stored.len(), 3 * FEATURES);
    // Every client gets the features of all programs.
    for (_, (client, _)) in &programs {
        wait_until("all features", || client.status().features == 3 * FEATURES);
    }
    let status: Vec<_> = programs.iter().map(|(_, (_, store))| store.status()).collect();
    assert!(status.iter().all(|status| status.given_up == 0), "{status:?}");
}

#[test]
fn a_reader_without_an_edge_follows_a_writer() {
    let server = Server::start();
    let offline = || Client::offline().api_key("one/key*").start().unwrap();
    let (writer, store) = attached(offline(), &server);
    let (reader, _readers) = attached(offline(), &server);
    assert!(!reader.is_ready());
    for version in 1..=3 {
        internal::notify_raw(
            &writer,
            RawUpdate {
                source: Source::Streaming,
                environment: Some("one".into()),
                kind: RawKind::List,
                json: list(&[feature("a", version)]).into(),
            },
        );
        store.flush(PATIENCE).unwrap();
        let value = format!("a{version}");
        wait_until("the value", || *reader.string_or("a", "") == value);
    }
}
