//! `fh serve` behind Debian's nginx, with the file of `server/packaging`.

use fh_test::Folder;
use fh_test_servers::server::Port;
use rustix::process::Signal;

use super::{ALL, ONLY};
use crate::following::Following;
use crate::nginx;
use crate::serve::{KEY, open, state, until};
use crate::tool::{command, file};

pub(super) const NAME: &str = "nginx";

/// Returns the status of a GET through nginx. The rest of the answer is not read.
fn status(url: &str, path: &str) -> u16 {
    let head = until(&mut open(url, path, ""), "\r\n");
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn nginx_answers_503_while_the_server_is_away() {
    let variable = |name| std::env::var(name).ok();
    if variable(ONLY).is_some_and(|only| only != NAME) {
        return;
    }
    let Some(program) = nginx::program() else {
        println!("    *** {NAME}: NOT RUN: the Debian package nginx is missing ***");
        assert!(variable(ALL).is_none(), "the Debian package nginx is missing");
        return;
    };
    let folder = Folder::new();
    let [at, edge] = [Port::reserve(0).unwrap(), Port::reserve(0).unwrap()];
    let url = format!("http://{}", at.address());
    let port = edge.address().port().to_string();
    let state = file("behind-nginx.yaml", state("behind"));
    let serve = || {
        let args = ["serve", "--state", &state, "--port", &port, "--trusted-proxies", "127.0.0.1"];
        let mut server = Following::with_errors(command(&args));
        server.line(&["listening on http"]);
        server
    };
    let paths = [format!("/features?apiKey={KEY}"), format!("/features/{KEY}")];
    let statuses = || paths.each_ref().map(|path| status(&url, path));
    let server = serve();
    let listen = format!("listen {};", at.address());
    let changes = [
        ("listen 443 ssl http2;", listen.as_str()),
        ("    ssl_certificate /etc/ssl/fh-edge/fullchain.pem;\n", ""),
        ("    ssl_certificate_key /etc/ssl/fh-edge/privkey.pem;\n", ""),
        ("proxy_read_timeout 60s;", "proxy_read_timeout 2s;"),
    ];
    let _nginx = nginx::start(program, &folder, [&at, &edge], "", &changes);
    assert_eq!(statuses(), [200, 200], "while the server runs");
    let mut stream = open(&url, &paths[1], "");
    until(&mut stream, "event: features");
    // An answer of the Edge passes unchanged.
    assert_eq!(status(&url, "/features?apiKey=nonsense"), 404);
    server.send(Signal::STOP);
    // The kernel returns before all threads have stopped.
    server.wait_until_stopped();
    assert_eq!(statuses(), [503, 503], "while the server hangs");
    drop(server);
    assert_eq!(statuses(), [503, 503], "while the server is away");
    let _server = serve();
    assert_eq!(statuses(), [200, 200], "after its return");
}
