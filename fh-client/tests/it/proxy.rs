//! Proxies (C-STREAM-035).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use fh_client::Client;
use fh_client::transport::ReqwestTransport;
use fh_fake_edge::{FakeEdge, Feature};

use crate::support::{SOON, quick};

/// A proxy for one server, whatever is asked of it; tells each request's first line and its credentials.
fn proxy(to: SocketAddr) -> (SocketAddr, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (told, requests) = channel();
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let told = told.clone();
            std::thread::spawn(move || {
                let mut front = BufReader::new(socket);
                let mut head = Vec::new();
                loop {
                    let mut line = String::new();
                    if front.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                        break;
                    }
                    head.push(line);
                }
                let first = head.first().cloned().unwrap_or_default();
                let credentials = head
                    .iter()
                    .find(|line| line.to_ascii_lowercase().starts_with("proxy-authorization"));
                let _ = told.send((first.clone(), credentials.cloned().unwrap_or_default()));
                let mut back = TcpStream::connect(to).unwrap();
                let mut front = front.into_inner();
                if first.starts_with("CONNECT") {
                    front.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                } else {
                    let target = first.split(' ').nth(1).unwrap_or("/");
                    let path = target.splitn(4, '/').nth(3).unwrap_or_default();
                    let rest: String = head[1..].concat();
                    write!(back, "GET /{path} HTTP/1.1\r\n{rest}\r\n").unwrap();
                }
                let (mut up, mut down) = (front.try_clone().unwrap(), back.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut up, &mut back));
                let mut piece = [0; 4096];
                while let Ok(read @ 1..) = down.read(&mut piece) {
                    if front.write_all(&piece[..read]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, requests)
}

#[test]
fn requests_go_through_it() {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    let (address, requests) = proxy(edge.address());
    let transport =
        ReqwestTransport::builder().proxy(&format!("http://me:pw@{address}")).build().unwrap();
    // A name that only the proxy knows.
    let client = Client::builder("http://edge.invalid/base", edge.client_key())
        .transport(transport)
        .configure(quick)
        .own_thread()
        .start()
        .unwrap();
    client.wait_ready(SOON).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    let (first, credentials) = requests.recv_timeout(SOON).unwrap();
    let expected =
        format!("GET http://edge.invalid/base/features/{} HTTP/1.1\r\n", edge.client_key());
    assert_eq!(first, expected);
    assert!(credentials.contains("bWU6cHc="), "{credentials}");
}

#[test]
fn https_is_tunnelled() {
    let edge = FakeEdge::start().unwrap();
    let (address, requests) = proxy(edge.address());
    let transport =
        ReqwestTransport::builder().proxy(&format!("http://{address}")).build().unwrap();
    let _client = Client::builder("https://edge.invalid", edge.client_key())
        .transport(transport)
        .configure(quick)
        .own_thread()
        .start()
        .unwrap();
    let (first, _) = requests.recv_timeout(SOON).unwrap();
    assert_eq!(first, "CONNECT edge.invalid:443 HTTP/1.1\r\n");
}
