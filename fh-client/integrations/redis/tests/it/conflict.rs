//! Other programs write between WATCH and EXEC.

use fh_test::wait::{PATIENCE, wait_until};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::proxy::{self, Verdict};
use crate::rig::{DIGEST, LIST, Rig, digest, feature, list};
use crate::server::Server;

const SHORT: Duration = Duration::from_millis(1);

/// Returns a rig in which another writer writes before each of the first `times` transactions. Also returns the count of transactions.
fn disturbed(times: u32, retries: u32) -> (Rig, Arc<AtomicU32>) {
    let server = Server::start();
    let count = Arc::new(AtomicU32::new(0));
    let (seen, url) = (Arc::clone(&count), server.url());
    let proxy = proxy::start(&server.socket(), move || {
        let number = seen.fetch_add(1, Ordering::SeqCst);
        if number < times {
            let others: Vec<String> =
                (0..=number).map(|number| feature(&format!("other{number}"), 1)).collect();
            let mut other = redis::Client::open(url.as_str()).unwrap().get_connection().unwrap();
            for (key, value) in [(DIGEST, digest(&others)), (LIST, list(&others))] {
                redis::cmd("SET").arg(key).arg(value).exec(&mut other).unwrap();
            }
        }
        Verdict::Forward
    });
    (Rig::to(server, proxy, |builder| builder.retries(retries).backoff(SHORT)), count)
}

#[test]
fn two_conflicts_and_then_success() {
    let (rig, transactions) = disturbed(2, 10);
    rig.list(&[feature("a", 1)]);
    rig.assert_stored(&[feature("other0", 1), feature("other1", 1), feature("a", 1)]);
    let status = rig.status();
    assert_eq!((status.conflicts, status.writes, status.given_up), (2, 1, 0), "{status:?}");
    assert_eq!(transactions.load(Ordering::SeqCst), 3);
    assert_eq!(
        &*rig.client.string_or("other1", ""),
        "other11",
        "the client learns what others wrote"
    );
}

#[test]
fn one_feature_and_a_delete_survive_conflicts_too() {
    let (rig, _) = disturbed(1, 10);
    rig.feature(&feature("a", 1));
    rig.assert_stored(&[feature("other0", 1), feature("a", 1)]);
    let (rig, _) = disturbed(2, 10);
    rig.feature(&feature("a", 1));
    rig.delete(&feature("other0", 1));
    rig.assert_stored(&[feature("other1", 1), feature("a", 1)]);
}

#[test]
fn an_update_is_dropped_after_its_attempts_and_the_next_one_is_written() {
    let (rig, transactions) = disturbed(3, 3);
    rig.list(&[feature("a", 1)]);
    let status = rig.status();
    assert_eq!((status.conflicts, status.writes, status.given_up), (3, 0, 1), "{status:?}");
    assert_eq!(transactions.load(Ordering::SeqCst), 3);
    assert!(status.last_error.unwrap().contains("another program wrote at the same time"));
    rig.feature(&feature("a", 2));
    assert_eq!(rig.status().writes, 1);
    assert!(rig.server.get(LIST).unwrap().ends_with(&format!("{}]", feature("a", 2))));
}

#[test]
fn an_update_is_dropped_if_the_connection_breaks_at_every_write() {
    let server = Server::start();
    let proxy = proxy::start(&server.socket(), || Verdict::Cut);
    let rig = Rig::to(server, proxy, |builder| builder.retries(3).backoff(SHORT));
    rig.list(&[feature("a", 1)]);
    let status = rig.status();
    assert_eq!((status.given_up, status.writes), (1, 0), "{status:?}");
    assert_eq!(rig.server.keys(), Vec::<String>::new());
}

#[test]
fn closing_ends_a_pause_between_attempts() {
    let server = Server::start();
    let url = server.url();
    let proxy = proxy::start(&server.socket(), move || {
        let mut other = redis::Client::open(url.as_str()).unwrap().get_connection().unwrap();
        redis::cmd("SET").arg(DIGEST).arg("x").exec(&mut other).unwrap();
        Verdict::Forward
    });
    let hour = Duration::from_secs(3_600);
    let rig = Rig::to(server, proxy, |builder| builder.backoff(hour));
    rig.tell(fh_client::Source::Streaming, fh_client::RawKind::List, &list(&[feature("a", 1)]));
    wait_until("a conflict", || rig.status().conflicts == 1);
    rig.store.close();
    rig.settle();
}

/// The store is closed while the first environment of an update is written.
#[test]
fn closing_leaves_out_the_remaining_environments() {
    let server = Server::start();
    let (asked, began) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let channels = std::sync::Mutex::new((asked, released));
    let proxy = proxy::start(&server.socket(), move || {
        let channels = channels.lock().unwrap();
        let _ = channels.0.send(());
        let _ = channels.1.recv();
        Verdict::Forward
    });
    let client = fh_client::Client::offline().api_keys(["one/key*", "two/key*"]).start().unwrap();
    let store = fh_redis::RedisStore::builder(proxy).attach(&client).unwrap();
    let environment =
        |id: &str| format!(r#"{{"id":"{id}","features":{}}}"#, list(&[feature("a", 1)]));
    let json = format!("[{},{}]", environment("one"), environment("two"));
    fh_client::internal::notify_raw(
        &client,
        fh_client::RawUpdate {
            source: fh_client::Source::Polling,
            environment: None,
            kind: fh_client::RawKind::List,
            json: json.into(),
        },
    );
    began.recv_timeout(PATIENCE).unwrap();
    store.close();
    drop(release);
    store.flush(PATIENCE).unwrap();
    assert_eq!(server.keys(), [LIST, DIGEST]);
}
