//! Redis is unreachable, restarts, hangs, refuses writes, or requires a password.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use fh_client::testing::MemoryEdge;
use fh_client::{FlushError, RawKind, Source};
use fh_redis::{RedisStore, RedisStoreBuilder};
use fh_test::Log;
use fh_test::wait::{PATIENCE, wait_until};

use crate::rig::{DIGEST, LIST, Rig, feature, list, write};
use crate::server::Server;

fn quick(builder: RedisStoreBuilder) -> RedisStoreBuilder {
    builder.backoff(Duration::from_millis(5)).timeout(Duration::from_secs(2))
}

#[test]
fn updates_wait_until_redis_is_there() {
    let mut rig = Rig::with(Server::absent(&[]), quick);
    wait_until("an error", || rig.status().last_error.is_some());
    assert!(!rig.status().is_connected);
    assert_eq!(rig.store.flush(Duration::ZERO), Err(FlushError::TimedOut));
    rig.tell(Source::Streaming, RawKind::List, &list(&[feature("a", 1)]));
    rig.tell(Source::Streaming, RawKind::Feature, &feature("b", 1));
    rig.client.flush(PATIENCE).expect("the client does not wait for Redis");
    assert_eq!(rig.status().waiting, 2);
    rig.server.run();
    rig.settle();
    rig.assert_stored(&[feature("a", 1), feature("b", 1)]);
    let status = rig.status();
    assert!(status.is_connected);
    assert_eq!((status.connections, status.given_up, status.waiting), (1, 0, 0), "{status:?}");
}

#[test]
fn a_restarted_redis_gets_all_features_of_the_client() {
    let mut server = Server::start();
    let edge = MemoryEdge::new();
    edge.put(serde_json::from_str(&feature("a", 1)).unwrap());
    let client = edge.client().start().unwrap();
    let store = quick(RedisStore::builder(server.url())).attach(&client).unwrap();
    client.wait_ready(PATIENCE).unwrap();
    store.flush(PATIENCE).unwrap();
    assert!(server.get("featurehub_memory").is_some());

    server.kill();
    edge.put(serde_json::from_str(&feature("b", 7)).unwrap());
    fh_client::block_on(edge.delivered());
    assert_eq!(&*client.string_or("b", ""), "b7", "the client works on");
    wait_until("that Redis is away", || !store.status().is_connected);

    // Redis restarts without data. All features of the client are stored again, not only the change.
    server.run();
    store.flush(PATIENCE).unwrap();
    let stored: serde_json::Value =
        serde_json::from_str(&server.get("featurehub_memory").unwrap()).unwrap();
    let mut values: Vec<_> =
        stored.as_array().unwrap().iter().map(|feature| feature["value"].clone()).collect();
    values.sort_by_key(ToString::to_string);
    assert_eq!(values, ["a1", "b7"]);
    let status = store.status();
    assert_eq!((status.connections, status.given_up), (2, 0), "{status:?}");
}

#[test]
fn an_emptied_redis_gets_all_features_of_the_client() {
    let server = Server::start();
    let edge = MemoryEdge::new();
    edge.put(serde_json::from_str(&feature("a", 1)).unwrap());
    let client = edge.client().start().unwrap();
    let store = quick(RedisStore::builder(server.url())).attach(&client).unwrap();
    client.wait_ready(PATIENCE).unwrap();
    store.flush(PATIENCE).unwrap();
    redis::cmd("FLUSHALL").exec(&mut server.connection()).unwrap();
    edge.put(serde_json::from_str(&feature("b", 1)).unwrap());
    fh_client::block_on(edge.delivered());
    store.flush(PATIENCE).unwrap();
    let stored = server.get("featurehub_memory").unwrap();
    assert!(stored.contains("\"a1\"") && stored.contains("\"b1\""), "{stored}");
}

#[test]
fn refreshes_reconnect_after_redis_was_killed() {
    let mut server = Server::start();
    write(&server, &[feature("a", 1)]);
    let url = server.url();
    let mut rig = Rig::to(Server::absent(&[]), url, |builder| {
        quick(builder).refresh(Duration::from_millis(5))
    });
    rig.settle();
    server.kill();
    wait_until("that Redis is away", || !rig.status().is_connected);
    assert_eq!(&*rig.client.string_or("a", ""), "a1");
    server.run();
    write(&server, &[feature("a", 2)]);
    wait_until("the new features", || &*rig.client.string_or("a", "") == "a2");
    rig.server = server;
}

#[test]
fn a_frozen_redis_is_retried() {
    let rig = Rig::with(Server::start(), |builder| {
        builder.timeout(Duration::from_millis(50)).backoff(Duration::from_millis(5)).retries(1_000)
    });
    rig.settle();
    rig.server.freeze();
    rig.tell(Source::Streaming, RawKind::List, &list(&[feature("a", 1)]));
    rig.client.flush(PATIENCE).expect("the client does not wait for Redis");
    wait_until("that Redis is away", || !rig.status().is_connected);
    rig.server.thaw();
    rig.settle();
    rig.assert_stored(&[feature("a", 1)]);
    assert_eq!(rig.status().given_up, 0);
}

/// A replica answers reads, as a master does, but refuses writes.
#[test]
fn a_server_that_refuses_writes_is_tried_with_a_pause() {
    let replica = Server::start_with(&["--replicaof", "127.0.0.1", "1"]);
    let rig = Rig::with(replica, |builder| builder.backoff(Duration::from_secs(3_600)));
    rig.tell(Source::Streaming, RawKind::List, &list(&[feature("a", 1)]));
    wait_until("a refusal", || rig.status().last_error.is_some());
    // Without a pause the store connects many times meanwhile.
    for _ in 0..500 {
        assert_eq!(rig.server.get(LIST), None);
    }
    let status = rig.status();
    assert!(status.connections <= 2, "{status:?}");
    assert!(status.last_error.as_ref().unwrap().contains("read only replica"), "{status:?}");
}

/// A replica refuses writes (READONLY). It also refuses reads if it must not serve stale data (MASTERDOWN). A refused write aborts the
/// transaction, whose error names the reason only in the errors of its commands.
#[test]
fn writes_that_a_replica_refuses_are_made_once_it_is_a_master() {
    for (stale, refusal) in [("yes", "read only replica"), ("no", "MASTER is down")] {
        let options = ["--replicaof", "127.0.0.1", "1", "--replica-serve-stale-data", stale];
        let rig = Rig::with(Server::start_with(&options), |builder| quick(builder).retries(1));
        rig.tell(Source::Streaming, RawKind::List, &list(&[feature("a", 1)]));
        wait_until("several attempts", || rig.status().connections > 3);
        let status = rig.status();
        assert!(status.last_error.as_ref().unwrap().contains(refusal), "{status:?}");
        assert_eq!(status.given_up, 0, "{status:?}");
        redis::cmd("REPLICAOF").arg(&["NO", "ONE"]).exec(&mut rig.server.connection()).unwrap();
        rig.settle();
        rig.assert_stored(&[feature("a", 1)]);
    }
}

#[test]
fn closing_ends_a_pause_between_attempts_to_connect() {
    let hour = Duration::from_secs(3_600);
    let rig = Rig::with(Server::absent(&[]), |builder| builder.backoff(hour));
    wait_until("an error", || rig.status().last_error.is_some());
    rig.store.close();
    rig.settle();
}

#[test]
fn the_password_is_used_and_never_shown() {
    let server = Server::start_with(&["--requirepass", "hunter2"]);
    let socket = server.socket().display().to_string();
    let log = Log::capture();
    let right = format!("unix://{socket}?pass=hunter2");
    let wrong = format!("unix://{socket}?pass=hunter2345");
    let builder = RedisStore::builder(right.as_str());
    assert!(!format!("{builder:?}").contains("hunter2"));
    let rig = Rig::to(server, right.clone(), quick);
    rig.settle();
    rig.list(&[feature("a", 1)]);
    assert_eq!(rig.status().writes, 1);
    assert!(!format!("{:?}", rig.store).contains("hunter2"));
    let client = redis::Client::open(right.as_str()).unwrap();
    let stored: Option<String> =
        redis::cmd("GET").arg(LIST).query(&mut client.get_connection().unwrap()).unwrap();
    assert_eq!(stored, Some(list(&[feature("a", 1)])));

    let refused = quick(RedisStore::builder(wrong)).attach(&rig.client).unwrap();
    wait_until("the refusal", || refused.status().last_error.is_some());
    let told = refused.status().last_error.unwrap();
    assert!(told.contains("authentication failed"), "{told}");
    let logged = log.text();
    assert!(logged.contains("authentication failed"), "{logged}");
    assert!(!format!("{told} {refused:?} {logged}").contains("hunter2"));
}

#[test]
fn a_server_that_repeats_the_password_is_not_quoted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4_096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                let commands = buffer[..count].iter().filter(|byte| **byte == b'*').count();
                let answer = "-ERR unknown command 'AUTH', with args beginning with: 'hunter2'\r\n";
                if stream.write_all(answer.repeat(commands).as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    let log = Log::capture();
    let client = fh_client::Client::offline().start().unwrap();
    let url = format!("redis://:hunter2@{address}");
    let store = quick(RedisStore::builder(url)).attach(&client).unwrap();
    wait_until("an error", || store.status().last_error.is_some());
    let told = format!("{:?} {}", store, log.text());
    assert!(told.contains("no connection to Redis"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn writes_that_redis_refuses_are_dropped_and_counted() {
    let server = Server::start();
    write(&server, &[feature("a", 1)]);
    let mut connection = server.connection();
    for setting in [["maxmemory", "1"], ["maxmemory-policy", "noeviction"]] {
        redis::cmd("CONFIG").arg("SET").arg(&setting).exec(&mut connection).unwrap();
    }
    let rig = Rig::with(server, |builder| quick(builder).retries(2));
    rig.settle();
    assert_eq!(&*rig.client.string_or("a", ""), "a1", "reading goes on");
    rig.list(&[feature("a", 2)]);
    let status = rig.status();
    assert_eq!((status.given_up, status.writes), (1, 0), "{status:?}");
    redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg("0").exec(&mut connection).unwrap();
    rig.list(&[feature("a", 2)]);
    assert_eq!(rig.status().writes, 1);
    assert_eq!(rig.server.keys(), [LIST, DIGEST]);
}
