//! Messages that wait on a socket.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fh_client::transport::{
    BoxFuture, Response, ResponseHead, Transport, TransportError, TransportErrorKind,
    TransportRequest, Upgrade,
};
use fh_client::{Client, featbit};
use fh_test_servers::featbit::sample;
use sha1::{Digest, Sha1};
use tokio::io::{AsyncWriteExt, DuplexStream};

use crate::support::{PATIENCE, soon, until};

/// A server whose messages all wait when a socket opens.
struct Waiting {
    messages: Vec<String>,
    servers: Arc<Mutex<Vec<DuplexStream>>>,
}

impl Transport for Waiting {
    fn send(&self, _: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        Box::pin(async { Err(TransportError::new(TransportErrorKind::Connect, "no polls")) })
    }

    fn connect(&self, request: TransportRequest) -> BoxFuture<Result<Upgrade, TransportError>> {
        let mut frames = Vec::new();
        for message in &self.messages {
            frames.extend([0x81, 126]);
            frames.extend(u16::try_from(message.len()).unwrap().to_be_bytes());
            frames.extend(message.as_bytes());
        }
        let key = request.headers.iter().find(|(name, _)| name == "sec-websocket-key").unwrap();
        let digest = Sha1::digest(format!("{}258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key.1));
        let head = ResponseHead::new(101)
            .header("upgrade", "websocket")
            .header("connection", "Upgrade")
            .header("sec-websocket-accept", BASE64_STANDARD.encode(digest));
        let (client, mut server) = tokio::io::duplex(1 << 20);
        let servers = Arc::clone(&self.servers);
        Box::pin(async move {
            server.write_all(&frames).await.unwrap();
            servers.lock().unwrap().push(server);
            Ok(Upgrade { head, connection: Some(Box::new(client)) })
        })
    }
}

#[test]
fn a_burst_of_changes_is_published_a_few_times() {
    let message = |kind: &str, number: usize| {
        let flag = sample::string_flag("colour", &format!("red-{number:03}"));
        let mut flag: serde_json::Value = serde_json::from_str(&flag).unwrap();
        flag["updatedAt"] = format!("2026-01-01T00:00:00.{number:03}Z").into();
        format!(
            r#"{{"messageType":"data-sync","data":{{"eventType":"{kind}","featureFlags":[{flag}],"segments":[]}}}}"#
        )
    };
    let messages: Vec<_> = (0..200)
        .map(|number| message(if number == 0 { "full" } else { "patch" }, number))
        .collect();
    let settings = featbit::Settings::new("ERERESIiMzNERFVVVVVVVQW62PD83Zn0ahZXCGdyiVDg")
        .streaming_url("ws://flags.invalid");
    let waiting = Waiting { messages, servers: Arc::default() };
    let states = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&states);
    let client = Client::featbit(settings)
        .transport(waiting)
        .on_new_state(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        })
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    let bob = client.context().user_key("bob").build();
    until(&client, |_| bob.string("colour").as_deref() == Some("red-199"));
    client.close();
    soon(client.closed());
    // 64 messages are taken together.
    assert_eq!(states.load(Ordering::Relaxed), 3);
}
