//! Requests in the form of the documentation, and the events of a stream.

use std::net::SocketAddr;

use axum::body::Body;
use http_body_util::BodyExt;

use crate::http::{Reply, request};

/// Sends a request, which is given as its first line, headers, a blank line and the body.
pub(crate) async fn ask(address: SocketAddr, text: &str) -> Reply {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, path) = lines.next().unwrap().split_once(' ').unwrap();
    let headers: Vec<_> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    request(address, method, path, &headers, body).await
}

/// Reads a stream until an event with this name arrives, and returns its data.
pub(crate) async fn next_event(body: &mut Body, read: &mut String, name: &str) -> String {
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
