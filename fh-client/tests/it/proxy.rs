//! Tests of proxies (C-STREAM-035).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use std::process::{Command, Stdio};

use fh_client::transport::{ReqwestTransport, TransportSetupError};
use fh_client::{Client, StartError};
use fh_fake_edge::{FakeEdge, Feature};

use crate::support::{SOON, quick};

/// Starts a proxy that forwards every request to one server, and reports each request's first line and credentials.
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
    // The host name is one that only the proxy can resolve.
    let client = Client::builder("http://edge.invalid/base", edge.client_key())
        .transport(transport)
        .configure(quick)
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
        .start()
        .unwrap();
    let (first, _) = requests.recv_timeout(SOON).unwrap();
    assert_eq!(first, "CONNECT edge.invalid:443 HTTP/1.1\r\n");
}

#[test]
fn proxies_that_can_never_work_are_refused() {
    for proxy in ["http://p:99999", "gopher://p", "socks5://me:secret@p"] {
        let refused = ReqwestTransport::builder().proxy(proxy).build().unwrap_err();
        assert!(matches!(refused, TransportSetupError::Proxy(_)), "{proxy}: {refused:?}");
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}

const EDGE: &str = "FH_TEST_EDGE";

/// Runs itself again with other environment variables, because the tests of this process share one environment.
#[test]
fn a_proxy_of_the_environment_is_refused_if_it_would_be_used() {
    if let Ok(edge) = std::env::var(EDGE) {
        match Client::builder(edge, "e/key*").start() {
            Ok(_) => println!("outcome: started"),
            Err(StartError::Setting(setting)) => println!("outcome: {}", setting.name),
            Err(other) => println!("outcome: {other}"),
        }
        return;
    }
    let test =
        concat!(module_path!(), "::a_proxy_of_the_environment_is_refused_if_it_would_be_used");
    let test = test.split_once("::").unwrap().1;
    let bad = "socks5://127.0.0.1:1";
    for (edge, set, outcome) in [
        ("http://192.0.2.1:9", ("HTTP_PROXY", bad), "HTTP_PROXY"),
        ("http://192.0.2.1:9", ("all_proxy", "http://p:99999"), "all_proxy"),
        ("http://192.0.2.1:9", ("HTTPS_PROXY", bad), "started"),
        ("https://192.0.2.1:9", ("https_proxy", bad), "https_proxy"),
    ] {
        let mut process = Command::new(std::env::current_exe().unwrap());
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"] {
            process.env_remove(name).env_remove(name.to_lowercase());
        }
        process.args(["--exact", test, "--nocapture"]).env(EDGE, edge).env(set.0, set.1);
        let output = process.stderr(Stdio::inherit()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let said = text.lines().find_map(|line| line.split_once("outcome: "));
        assert_eq!(said.map(|(_, outcome)| outcome), Some(outcome), "{edge} {set:?}: {text}");
    }
}
