//! Updates that the client receives, and the resulting data in Redis.

use fh_client::{Client, RawKind, RawUpdate, Source, internal};
use fh_redis::RedisStore;
use fh_test::wait::PATIENCE;

use crate::rig::{DIGEST, LIST, Rig, digest, feature, list, write};
use crate::server::Server;

#[test]
fn a_list_is_written_if_nothing_is_stored() {
    let rig = Rig::new();
    rig.list(&[feature("b", 1), feature("a", 2)]);
    rig.assert_stored(&[feature("b", 1), feature("a", 2)]);
    assert_eq!(rig.server.keys(), [LIST, DIGEST]);
}

#[test]
fn an_empty_list_is_written_if_nothing_is_stored() {
    let rig = Rig::new();
    rig.list(&[]);
    assert_eq!(rig.server.get(LIST).as_deref(), Some("[]"));
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(rig.server.get(DIGEST).as_deref(), Some(empty));
}

#[test]
fn newer_versions_win() {
    let rig = Rig::new();
    rig.list(&[feature("a", 1), feature("b", 1)]);
    rig.list(&[feature("a", 2), feature("b", 1)]);
    rig.assert_stored(&[feature("a", 2), feature("b", 1)]);
}

#[test]
fn a_list_with_nothing_newer_is_not_written() {
    let rig = Rig::new();
    rig.list(&[feature("a", 2), feature("b", 2)]);
    assert_eq!(rig.status().writes, 1);
    for nothing_newer in [
        vec![feature("b", 2), feature("a", 2)],
        vec![feature("a", 1)],
        vec![feature("a", 2)],
        vec![],
    ] {
        rig.list(&nothing_newer);
        rig.assert_stored(&[feature("a", 2), feature("b", 2)]);
    }
    let status = rig.status();
    assert_eq!((status.writes, status.conflicts, status.given_up), (1, 0, 0), "{status:?}");
}

#[test]
fn a_list_of_the_sole_writer_removes_features() {
    let rig = Rig::new();
    rig.list(&[feature("a", 1), feature("gone", 1)]);
    rig.list(&[feature("a", 2)]);
    rig.assert_stored(&[feature("a", 2)]);
}

#[test]
fn a_list_after_a_restart_removes_what_was_stored_and_seen() {
    let server = Server::start();
    write(&server, &[feature("a", 1), feature("gone", 1)]);
    let rig = Rig::on(server);
    rig.settle();
    rig.list(&[feature("a", 2)]);
    rig.assert_stored(&[feature("a", 2)]);
}

#[test]
fn after_another_writer_lists_are_merged_and_the_client_learns_the_others() {
    let rig = Rig::new();
    rig.list(&[feature("a", 1), feature("b", 1)]);
    write(&rig.server, &[feature("a", 3), feature("b", 1), feature("other", 1)]);
    rig.list(&[feature("a", 2), feature("b", 2)]);
    rig.assert_stored(&[feature("a", 3), feature("b", 2), feature("other", 1)]);
    assert_eq!(&*rig.client.string_or("other", ""), "other1");
    assert_eq!(&*rig.client.string_or("a", ""), "a3");
    // The store has read the stored list now, and is the last writer.
    rig.list(&[feature("a", 3), feature("b", 3)]);
    rig.assert_stored(&[feature("a", 3), feature("b", 3)]);
}

#[test]
fn lists_of_other_stores_remove_nothing() {
    let rig = Rig::new();
    rig.list(&[feature("a", 1), feature("b", 1)]);
    rig.tell(Source::Store("local-yaml-store".into()), RawKind::List, &list(&[feature("a", 2)]));
    rig.settle();
    rig.assert_stored(&[feature("a", 2), feature("b", 1)]);
}

#[test]
fn one_feature_is_added_replaced_or_too_old() {
    let rig = Rig::new();
    rig.list(&[feature("a", 1)]);
    rig.feature(&feature("b", 0));
    rig.assert_stored(&[feature("a", 1), feature("b", 0)]);
    rig.feature(&feature("a", 2));
    rig.assert_stored(&[feature("a", 2), feature("b", 0)]);
    assert_eq!(rig.status().writes, 3);
    for old in [feature("a", 2), feature("a", 1)] {
        rig.feature(&old);
    }
    rig.assert_stored(&[feature("a", 2), feature("b", 0)]);
    assert_eq!(rig.status().writes, 3);
}

#[test]
fn a_single_feature_is_written_if_nothing_is_stored() {
    let rig = Rig::new();
    rig.feature(&feature("a", 1));
    rig.assert_stored(&[feature("a", 1)]);
}

#[test]
fn a_delete_uses_the_id() {
    let rig = Rig::new();
    rig.list(&[feature("a", 1), feature("b", 9)]);
    // Neither version nor key counts.
    rig.delete(r#"{"id":"b","key":"renamed","version":0}"#);
    rig.assert_stored(&[feature("a", 1)]);
    assert_eq!(rig.status().writes, 2);
    for unknown in [r#"{"id":"b"}"#, r#"{"key":"a","version":0}"#, r#"{"id":"c","key":"a"}"#] {
        rig.delete(unknown);
        rig.assert_stored(&[feature("a", 1)]);
    }
    assert_eq!(rig.status().writes, 2);
}

#[test]
fn a_delete_writes_nothing_if_nothing_is_stored() {
    let rig = Rig::new();
    rig.delete(&feature("a", 1));
    assert_eq!(rig.server.keys(), Vec::<String>::new());
}

#[test]
fn updates_of_the_store_itself_are_ignored() {
    let rig = Rig::new();
    rig.list(&[feature("a", 1)]);
    let own = || Source::Store("redis-store".into());
    rig.tell(own(), RawKind::List, &list(&[feature("a", 2), feature("b", 1)]));
    rig.tell(own(), RawKind::Feature, &feature("a", 3));
    rig.tell(own(), RawKind::Delete, &feature("a", 9));
    rig.settle();
    rig.assert_stored(&[feature("a", 1)]);
    assert_eq!(rig.status().writes, 1);
    // The same update from another source is written.
    rig.tell(Source::Store("redis".into()), RawKind::Feature, &feature("a", 3));
    rig.settle();
    rig.assert_stored(&[feature("a", 3)]);
}

#[test]
fn the_prefix_is_part_of_the_keys() {
    let rig = Rig::with(Server::start(), |builder| builder.prefix("team"));
    rig.list(&[feature("a", 1)]);
    assert_eq!(rig.server.keys(), ["team_one", "team_one_sha"]);
}

#[test]
fn a_poll_of_several_environments_goes_to_several_keys() {
    let server = Server::start();
    let client = Client::offline().api_key("one/key*").api_key("two/key*").start().unwrap();
    let store = RedisStore::builder(server.url()).attach(&client).unwrap();
    let body = format!(
        r#"[{{"id":"one","features":{}}},{{"id":"TWO","features":{}}},{{"id":"three","features":[]}}]"#,
        list(&[feature("a", 1)]),
        list(&[feature("b", 1)])
    );
    internal::notify_raw(
        &client,
        RawUpdate {
            source: Source::Polling,
            environment: None,
            kind: RawKind::List,
            json: body.into(),
        },
    );
    store.flush(PATIENCE).unwrap();
    assert_eq!(
        server.keys(),
        ["featurehub_one", "featurehub_one_sha", "featurehub_two", "featurehub_two_sha"]
    );
    assert_eq!(server.get("featurehub_one"), Some(list(&[feature("a", 1)])));
    assert_eq!(server.get("featurehub_two_sha"), Some(digest(&[feature("b", 1)])));

    // A second client loads both lists, each into its own environment.
    let reader = Client::offline().api_key("two/key*").api_key("one/key*").start().unwrap();
    let readers = RedisStore::builder(server.url()).attach(&reader).unwrap();
    readers.flush(PATIENCE).unwrap();
    assert_eq!(&*reader.string_or("a", ""), "a1");
    assert_eq!(&*reader.string_or("b", ""), "b1");
    assert_eq!(readers.status().reloads, 2);
}
