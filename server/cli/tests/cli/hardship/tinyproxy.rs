//! Clients and a relay behind Debian's tinyproxy, which removes the headers that ask for a socket.

use std::net::TcpStream;
use std::process::Command;

use fh_test::Folder;
use fh_test::wait::{PATIENCE, wait_until};
use fh_test_servers::featbit::{TestServer, sample};
use fh_test_servers::featurehub::{FakeEdge, Route};
use fh_test_servers::server::Port;

use super::{ALL, ONLY};
use crate::following::Following;
use crate::tool::command;

pub(super) const NAME: &str = "tinyproxy";

/// Starts tinyproxy as one process in the foreground, with these lines of its configuration.
fn start_tinyproxy(folder: &Folder, lines: &str) -> (Following, String) {
    let mut port = Port::reserve(0).unwrap();
    let address = port.address();
    let configuration =
        format!("Port {}\nListen {}\nMaxClients 100\n{lines}\n", address.port(), address.ip());
    folder.write("tinyproxy.conf", configuration, 1);
    let mut command = Command::new("tinyproxy");
    command.args(["-d", "-c"]).arg(folder.path().join("tinyproxy.conf"));
    port.close();
    drop(port);
    let running = Following::with_errors(command);
    wait_until("tinyproxy answers", || TcpStream::connect(address).is_ok());
    (running, address.to_string())
}

#[test]
fn sockets_pass_tinyproxy_or_the_client_polls_and_names_it() {
    let variable = |name| std::env::var(name).ok();
    if variable(ONLY).is_some_and(|only| only != NAME) {
        return;
    }
    if Command::new(NAME).arg("-v").output().is_err() {
        println!("    *** {NAME}: NOT RUN: the Debian package tinyproxy-bin is missing ***");
        assert!(variable(ALL).is_none(), "the Debian package tinyproxy-bin is missing");
        return;
    }
    let password = "BasicAuth me pass";
    for (lines, credentials, no_proxy, shown, sockets, polls) in [
        ("", "", "", "ready, streaming", 1, false),
        ("ConnectPort 443", "", "", "refuses a tunnel to {server} (status 403)", 0, true),
        ("ConnectPort 443", "", "localhost, 127.0.0.0/8", "ready, streaming", 1, false),
        (password, "me:pass@", "", "ready, streaming", 1, false),
        (password, "", "", "requires a user name and a password (status 407)", 0, false),
        (password, "me:other@", "", "refuses the user name and the password of its URL", 0, false),
        (password, "", "127.0.0.1", "ready, streaming", 1, false),
    ] {
        let row = format!("{lines:?} {credentials:?} {no_proxy:?}");
        let server = TestServer::start().unwrap();
        server.environment().put_flag(&sample::string_flag("colour", "red")).unwrap();
        let folder = Folder::new();
        let (_proxy, address) = start_tinyproxy(&folder, lines);
        let behind = |args: &[&str]| {
            let mut command = command(args);
            command.env("HTTP_PROXY", format!("http://{credentials}{address}"));
            command.env("NO_PROXY", no_proxy);
            command
        };

        let mut watch = behind(&["watch", "--system", "featbit", "-c", "keyId=bob"]);
        watch.env("FEATBIT_ENV_SECRET", server.environment().server_secret());
        watch.env("FEATBIT_STREAMING_URL", server.streaming_url());
        let mut watch = Following::with_errors(watch);
        let url = server.streaming_url();
        let shown = shown.replace("{server}", url.trim_start_matches("ws://"));
        let named = if shown.starts_with("ready") { "" } else { &*address };
        watch.line(&[&shown, named]);
        if polls || sockets > 0 {
            watch.line(&["colour = \"red\""]);
        }
        let record = server.record();
        assert_eq!(record.upgrades.len(), sockets, "{row}");
        let polled = record.requests.iter().any(|request| request.target.contains("latest-all"));
        assert_eq!(polled, polls, "{row}");

        // A stream of FeatureHub has no socket, so a relay needs no tunnel.
        let edge = FakeEdge::start().unwrap();
        let (url, key) = (edge.url(), edge.client_key());
        let args = ["serve", "--relay", &url, "--relay-key", &key, "--port", "0"];
        let mut relay = Following::with_errors(behind(&args));
        if sockets > 0 || polls {
            edge.wait_for_requests(Route::Stream, 1, PATIENCE).unwrap();
        } else {
            relay.line(&[&address, "(status 40"]);
        }
    }
}
