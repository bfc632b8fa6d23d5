//! The timer that checks for writes of other programs, and the end of a store.

use std::time::Duration;

use fh_client::RawKind;
use fh_client::Source;
use fh_test::wait::wait_until;

use crate::rig::{DIGEST, LIST, Rig, digest, feature, list, write};
use crate::server::Server;

fn refreshing(server: Server) -> Rig {
    let rig = Rig::with(server, |builder| builder.refresh(Duration::from_millis(5)));
    rig.settle();
    rig
}

/// Waits until the store has checked the digest this many times from now on.
fn looked(rig: &Rig, times: u64) {
    let before = rig.status().refreshes;
    wait_until("refreshes", || rig.status().refreshes >= before + times);
}

#[test]
fn an_equal_digest_reloads_nothing() {
    let server = Server::start();
    write(&server, &[feature("a", 1)]);
    let rig = refreshing(server);
    // The list is not reloaded, even though it has changed.
    rig.server.set(LIST, &list(&[feature("a", 2)]));
    looked(&rig, 3);
    rig.settle();
    assert_eq!(rig.status().reloads, 1);
    assert_eq!(&*rig.client.string_or("a", ""), "a1");
}

#[test]
fn a_missing_digest_reloads_nothing() {
    let server = Server::start();
    write(&server, &[feature("a", 1)]);
    let rig = refreshing(server);
    rig.server.delete(DIGEST);
    rig.server.set(LIST, &list(&[feature("a", 2)]));
    looked(&rig, 3);
    rig.settle();
    assert_eq!(rig.status().reloads, 1);
    assert_eq!(&*rig.client.string_or("a", ""), "a1");
}

#[test]
fn another_digest_reloads_the_list() {
    let rig = refreshing(Server::start());
    write(&rig.server, &[feature("a", 1)]);
    wait_until("the features of others", || &*rig.client.string_or("a", "") == "a1");
    assert_eq!(rig.client.status().source, Some(Source::Store("redis-store".into())));
    // A list from Redis that lacks a feature does not remove it from the client. No store removes features.
    write(&rig.server, &[feature("b", 2)]);
    wait_until("the features of others", || &*rig.client.string_or("b", "") == "b2");
    assert_eq!(&*rig.client.string_or("a", ""), "a1");
    // The store may check between the writes of the two keys, so it may have loaded the list twice by now.
    looked(&rig, 2);
    let reloads = rig.status().reloads;
    looked(&rig, 3);
    assert_eq!(rig.status().reloads, reloads, "each is loaded once");
    assert_eq!(rig.status().writes, 0);
}

#[test]
fn another_digest_without_a_list_reloads_nothing() {
    let server = Server::start();
    write(&server, &[feature("a", 1)]);
    let rig = refreshing(server);
    rig.server.delete(LIST);
    rig.server.set(DIGEST, &digest(&[feature("a", 2)]));
    looked(&rig, 3);
    rig.settle();
    assert_eq!(rig.status().reloads, 1);
    assert_eq!(&*rig.client.string_or("a", ""), "a1");
    assert_eq!(rig.status().last_error, None);
}

#[test]
fn features_of_other_programs_are_not_removed_before_they_were_read() {
    let rig = refreshing(Server::start());
    rig.list(&[feature("a", 1)]);
    write(&rig.server, &[feature("a", 1), feature("b", 1)]);
    wait_until("the features of others", || &*rig.client.string_or("b", "") == "b1");
    // The store has read the feature now, so the Edge's list without it removes it.
    rig.list(&[feature("a", 2)]);
    rig.assert_stored(&[feature("a", 2)]);
}

#[test]
fn closing_stops_everything() {
    let rig = refreshing(Server::start());
    rig.list(&[feature("a", 1)]);
    rig.store.close();
    rig.store.close();
    rig.settle();
    let before = rig.status();
    assert!(!before.is_connected);
    write(&rig.server, &[feature("b", 1)]);
    rig.list(&[feature("a", 2)]);
    rig.assert_stored(&[feature("b", 1)]);
    // The worker has ended, so nothing can change any more.
    assert_eq!(rig.status(), before);
    assert!(!rig.client.is_ready(), "the client goes on, with what it has");
}

#[test]
fn a_closed_client_closes_its_store() {
    let rig = refreshing(Server::start());
    rig.client.close();
    // From now on `flush` waits for the end of the worker.
    rig.settle();
    assert!(!rig.status().is_connected);
    rig.tell(Source::Streaming, RawKind::List, &list(&[feature("a", 1)]));
    rig.settle();
    assert_eq!(rig.server.keys(), Vec::<String>::new());
}

#[test]
fn dropping_the_store_closes_its_connection() {
    let Rig { server, client, store, .. } = refreshing(Server::start());
    let mut connection = server.connection();
    let mut clients =
        move || -> String { redis::cmd("CLIENT").arg("LIST").query(&mut connection).unwrap() };
    assert_eq!(clients().lines().count(), 2);
    drop(store);
    wait_until("the connection's end", || clients().lines().count() == 1);
    assert!(!client.is_ready());
}
