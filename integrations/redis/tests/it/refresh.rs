//! The timer that looks for the writes of others, and the end of it.

use std::time::Duration;

use fh_client::RawKind;
use fh_client::Source;

use crate::rig::{DIGEST, LIST, Rig, digest, feature, list, write};
use crate::server::{Server, eventually};

fn refreshing(server: Server) -> Rig {
    let rig = Rig::with(server, |builder| builder.refresh(Duration::from_millis(5)));
    rig.settle();
    rig
}

/// So many looks at the digest from now on.
fn looked(rig: &Rig, times: u64) {
    let before = rig.status().refreshes;
    eventually("refreshes", || rig.status().refreshes >= before + times);
}

#[test]
fn an_equal_digest_is_nothing() {
    let server = Server::start();
    write(&server, &[feature("a", 1)]);
    let rig = refreshing(server);
    // Not even if the list is another.
    rig.server.set(LIST, &list(&[feature("a", 2)]));
    looked(&rig, 3);
    rig.settle();
    assert_eq!(rig.status().reloads, 1);
    assert_eq!(&*rig.client.string_or("a", ""), "a1");
}

#[test]
fn a_missing_digest_is_nothing() {
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
    eventually("the features of others", || &*rig.client.string_or("a", "") == "a1");
    assert_eq!(rig.client.status().source, Some(Source::Store("redis-store".into())));
    // A list from others that lacks a feature removes it here no more than any store's does.
    write(&rig.server, &[feature("b", 2)]);
    eventually("the features of others", || &*rig.client.string_or("b", "") == "b2");
    assert_eq!(&*rig.client.string_or("a", ""), "a1");
    // Between the two keys that the test writes, one after the other, the store may look.
    looked(&rig, 2);
    let reloads = rig.status().reloads;
    looked(&rig, 3);
    assert_eq!(rig.status().reloads, reloads, "each is loaded once");
    assert_eq!(rig.status().writes, 0);
}

#[test]
fn another_digest_whose_list_is_gone_is_nothing() {
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
fn what_others_wrote_is_not_removed_before_it_was_seen() {
    let rig = refreshing(Server::start());
    rig.list(&[feature("a", 1)]);
    write(&rig.server, &[feature("a", 1), feature("b", 1)]);
    eventually("the features of others", || &*rig.client.string_or("b", "") == "b1");
    // Now it has been seen, and the Edge's list says that it is gone.
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
    // The worker has ended, so that nothing can follow.
    assert_eq!(rig.status(), before);
    assert!(!rig.client.is_ready(), "the client goes on, with what it has");
}

#[test]
fn a_closed_client_closes_its_store() {
    let rig = refreshing(Server::start());
    rig.client.close();
    // Only the end of the worker answers now.
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
    eventually("the connection's end", || clients().lines().count() == 1);
    assert!(!client.is_ready());
}
