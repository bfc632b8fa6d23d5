//! The bytes in Redis: as other SDKs write them, as they were received, and damaged.

use fh_client::{RawKind, Source};

use crate::rig::{DIGEST, LIST, Rig, digest, feature, list, write};
use crate::server::Server;

const FIRST: &str = "00000000-0000-0000-0000-000000000001";
const SECOND: &str = "00000000-0000-0000-0000-000000000002";
/// The digest of both features in versions 1 and 2 (sdk-behaviour 5.3).
const BOTH: &str = "83bd4cb92390b63b856760e874a1e8cf141f01b623d793968086ddef5d91a7d5";

/// Returns the features of an Edge as `JSON.stringify` writes them.
fn by_javascript() -> String {
    format!(
        r#"[{{"id":"{FIRST}","key":"FLAG","l":false,"version":1,"type":"BOOLEAN","value":false,"environmentId":"one","strategies":[{{"id":"s1","percentage":null,"percentageAttributes":[],"value":true,"attributes":[{{"id":"r1","conditional":"EQUALS","fieldName":"country","values":["new_zealand"],"type":"STRING"}}]}}]}},{{"id":"{SECOND}","key":"TEXT","l":true,"version":2,"type":"STRING","value":"","environmentId":"one","strategies":[]}}]"#
    )
}

/// Returns the same features as Jackson writes them: in another order, and without the `value` of an empty text.
fn by_java() -> String {
    format!(
        r#"[{{"id":"{FIRST}","key":"FLAG","l":false,"environmentId":"one","version":1,"type":"BOOLEAN","value":false,"strategies":[{{"id":"s1","value":true,"attributes":[{{"conditional":"EQUALS","fieldName":"country","values":["new_zealand"],"type":"STRING"}}]}}]}},{{"id":"{SECOND}","key":"TEXT","l":true,"environmentId":"one","version":2,"type":"STRING"}}]"#
    )
}

#[test]
fn lists_of_published_sdks_are_read() {
    for (written, text) in [(by_javascript(), Some("")), (by_java(), None)] {
        let server = Server::start();
        server.set(LIST, &written);
        server.set(DIGEST, BOTH);
        let rig = Rig::on(server);
        rig.settle();
        let local = rig.client.context().country("new_zealand").build();
        assert!(local.is_enabled("FLAG"));
        assert!(!rig.client.is_enabled("FLAG"));
        assert_eq!(rig.client.string("TEXT").as_deref(), text);
        assert!(rig.client.feature("TEXT").is_locked());

        // The same features from the Edge: same digest, so their bytes stay.
        rig.tell(Source::Streaming, RawKind::List, &by_javascript());
        rig.settle();
        assert_eq!(rig.server.get(LIST).as_deref(), Some(written.as_str()));
        assert_eq!(rig.status().writes, 0);

        // A newer one: the other features keep the bytes that they have.
        let newer = format!(r#"{{"id":"{FIRST}","key":"FLAG","version":3,"type":"BOOLEAN"}}"#);
        rig.feature(&newer);
        let stored = rig.server.get(LIST).unwrap();
        let kept = written.split_once(&format!(r#",{{"id":"{SECOND}""#)).unwrap().1;
        assert_eq!(stored, format!(r#"[{newer},{{"id":"{SECOND}"{kept}"#));
    }
}

#[test]
fn the_digest_is_the_one_that_published_sdks_compute() {
    let rig = Rig::new();
    rig.tell(Source::Streaming, RawKind::List, &by_javascript());
    rig.settle();
    assert_eq!(rig.server.get(DIGEST).as_deref(), Some(BOTH));
    assert_eq!(rig.server.get(LIST), Some(by_javascript()));
}

#[test]
fn features_are_stored_as_they_were_received() {
    let rig = Rig::new();
    let odd = r#"{ "id":"a","version":1,"value":1.50,"big":123456789012345678901234567890,"new":{"x":[1e2,""]},"text":"\u00e9\/" }"#;
    rig.tell(Source::Streaming, RawKind::List, &format!(" [ {odd} ,{}]", feature("b", 1)));
    rig.settle();
    assert_eq!(rig.server.get(LIST), Some(format!("[{odd},{}]", feature("b", 1))));
    rig.feature(&feature("b", 2));
    assert_eq!(rig.server.get(LIST), Some(format!("[{odd},{}]", feature("b", 2))));
}

#[test]
fn damaged_data_is_noticed_and_replaced() {
    let damaged: [&[u8]; 5] = [b"[{\"id\":", b"{}", b"\xff\xfe[]", b"<html>", b"null"];
    for bytes in damaged {
        let server = Server::start();
        server.set_bytes(LIST, bytes);
        server.set(DIGEST, "whatever");
        let rig = Rig::on(server);
        rig.settle();
        assert!(!rig.client.is_ready());
        let notices = rig.notices();
        let is_told =
            |notice: &String| notice.contains("StoreIgnored") && notice.contains("redis-store");
        assert!(notices.iter().any(is_told), "{bytes:?}: {notices:?}");
        rig.delete(&feature("a", 1));
        assert_eq!(rig.status().writes, 0);
        rig.list(&[feature("a", 1)]);
        rig.assert_stored(&[feature("a", 1)]);
        assert_eq!(rig.status().given_up, 0);
    }
}

#[test]
fn elements_of_stored_lists_that_are_not_features_are_skipped() {
    let server = Server::start();
    server.set(LIST, &format!(r#"[7,null,[],{{"key":"x"}},{}]"#, feature("a", 1)));
    server.set(DIGEST, "whatever");
    let rig = Rig::on(server);
    rig.settle();
    assert_eq!(&*rig.client.string_or("a", ""), "a1");
    rig.feature(&feature("b", 1));
    rig.assert_stored(&[feature("a", 1), feature("b", 1)]);
}

#[test]
fn an_unreadable_update_is_dropped() {
    let rig = Rig::new();
    rig.tell(Source::Streaming, RawKind::List, "secret");
    rig.settle();
    let status = rig.status();
    assert_eq!((status.given_up, status.writes), (1, 0));
    assert!(!status.last_error.unwrap().contains("secret"));
    rig.list(&[feature("a", 1)]);
    rig.assert_stored(&[feature("a", 1)]);
}

#[test]
fn a_redis_value_of_another_type_is_not_overwritten() {
    let server = Server::start();
    redis::cmd("LPUSH").arg(LIST).arg("x").exec(&mut server.connection()).unwrap();
    let rig = Rig::with(server, |builder| {
        builder.retries(2).backoff(std::time::Duration::from_millis(1))
    });
    rig.list(&[feature("a", 1)]);
    let status = rig.status();
    assert_eq!((status.given_up, status.writes), (1, 0), "{status:?}");
    assert!(status.last_error.unwrap().contains("WRONGTYPE"));
    assert!(status.is_connected);
}

#[test]
fn lists_that_are_too_large_are_neither_read_nor_written() {
    let large = "x".repeat(16 * 1024 * 1024);
    let server = Server::start();
    write(&server, &[feature("a", 1)]);
    let rig = Rig::on(server);
    rig.settle();
    // Too large to write.
    rig.feature(&format!(r#"{{"id":"b","version":1,"value":"{large}"}}"#));
    rig.assert_stored(&[feature("a", 1)]);
    let status = rig.status();
    assert_eq!((status.given_up, status.writes), (1, 0));
    assert!(
        status.last_error.unwrap().contains("more than the 16777216 bytes"),
        "{:?}",
        rig.status()
    );
    // Too large to read, and therefore to change.
    rig.server.set(LIST, &format!("{large}x"));
    rig.server.set(DIGEST, "whatever");
    rig.list(&[feature("c", 1)]);
    assert_eq!(rig.server.get(DIGEST).as_deref(), Some("whatever"));
    assert_eq!(rig.status().given_up, 2);
    // The store continues once the stored list is valid.
    rig.server.set(LIST, &list(&[feature("a", 1)]));
    rig.server.set(DIGEST, &digest(&[feature("a", 1)]));
    rig.feature(&feature("c", 1));
    rig.assert_stored(&[feature("a", 1), feature("c", 1)]);
}
