//! Requests in the form of the documentation, one per connection. A response may still be arriving.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A complete response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Sends a request, and reads the response. The request is given as its first line, headers, a blank line and the body.
pub(crate) async fn ask(address: SocketAddr, request: &str) -> Answer {
    let response = send(address, request).await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// Sends a request, and returns the response before its body has arrived.
pub(crate) async fn send(address: SocketAddr, request: &str) -> Response<Incoming> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut lines = head.lines();
    let (method, path) = lines.next().unwrap().split_once(' ').unwrap();
    let mut builder = Request::builder().method(method).uri(path).header("host", "edge");
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        builder = builder.header(name, value);
    }
    sender
        .send_request(builder.body(Full::new(Bytes::from(body.to_string()))).unwrap())
        .await
        .unwrap()
}

/// Reads a stream until an event with this name arrives, and returns its data.
pub(crate) async fn next_event(body: &mut Incoming, read: &mut String, name: &str) -> String {
    loop {
        while let Some((event, rest)) = read.split_once("\n\n") {
            let (event, rest) = (event.to_string(), rest.to_string());
            *read = rest;
            if event.lines().any(|line| line == format!("event: {name}")) {
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                return data.unwrap().to_string();
            }
        }
        let frame = body.frame().await.expect("the stream ended").unwrap();
        read.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
}
