//! The access log.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use fh_listen::{AccessLog, LoggedRequest, RequestLog};
use http::Uri;

use crate::support::{Served, until};

/// A log that keeps its entries, and shows of each request the path in capitals.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries(Arc<Mutex<Vec<LoggedRequest>>>);

impl RequestLog for Entries {
    fn target(&self, uri: &Uri) -> String {
        uri.path().to_uppercase()
    }

    fn write(&self, request: &LoggedRequest) {
        self.0.lock().unwrap().push(request.clone());
    }
}

impl Entries {
    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Waits for the first entry, and returns it.
    pub(super) async fn only(&self) -> LoggedRequest {
        until("an entry", || self.count() > 0).await;
        let entries = self.0.lock().unwrap();
        assert_eq!(entries.len(), 1, "{entries:?}");
        entries[0].clone()
    }
}

fn logged(trusted: &str) -> (Served, Entries) {
    let entries = Entries::default();
    let log = AccessLog::new(trusted.parse().unwrap(), entries.clone());
    (Served::new(|options| options.access_log = Some(log)), entries)
}

#[tokio::test]
async fn an_entry_names_the_client_behind_a_trusted_proxy() {
    for (trusted, client) in [("127.0.0.1", "203.0.113.9"), ("192.0.2.1", "127.0.0.1")] {
        let (server, entries) = logged(trusted);
        let mut peer = server.peer().await;
        peer.send(
            "GET /none?topsecret HTTP/1.1\r\nhost: here\r\nx-forwarded-for: 203.0.113.9\r\nconnection: close\r\n\r\n",
        )
        .await;
        peer.read_to_close().await;
        let entry = entries.only().await;
        assert_eq!((entry.method.as_str(), &*entry.target), ("GET", "/NONE"));
        assert_eq!(entry.client.to_string(), client);
        assert_eq!((entry.status.map(|status| status.as_u16()), entry.bytes), (Some(404), 0));
    }
}

#[tokio::test]
async fn a_stream_has_its_entry_when_it_closes() {
    let (server, entries) = logged("");
    let mut peer = server.peer().await;
    peer.get("/stream").await;
    peer.read_to("\r\n\r\n").await;
    server.stage.send("twelve bytes").await;
    peer.read_to("twelve bytes").await;
    assert_eq!(entries.count(), 0);
    server.stage.end_stream();
    let entry = entries.only().await;
    assert_eq!((entry.status.map(|status| status.as_u16()), entry.bytes), (Some(200), 12));
}

#[tokio::test]
async fn a_client_that_disconnects_before_the_answer_has_an_entry_too() {
    let (server, entries) = logged("");
    let mut peer = server.peer().await;
    peer.get("/hold").await;
    until("the request", || server.stage.held.load(Ordering::SeqCst) == 1).await;
    drop(peer);
    assert_eq!(entries.only().await.status, None);
}
