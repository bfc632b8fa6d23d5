//! `fh serve` behind Debian's nginx with a certificate of its own: streams, polls and PUTs pass, and the admin API does not.

use fh_test::Folder;
use fh_test::certificates::Authority;
use fh_test_servers::server::Port;

use super::not_run;
use crate::following::Following;
use crate::nginx;
use crate::secure;
use crate::serve::{KEY, Serving, WRITER, get_with, state};
use crate::tool::{SECRET, command, file, run};

/// Paths that reach the admin API, the console or the metrics of an Edge without nginx, or might.
const REFUSED: [&str; 9] = [
    "/admin/v1/state",
    "//admin/v1/state",
    "/%61dmin/v1/state",
    "/features/../admin/v1/state",
    "/features/%2e%2e/admin/v1/state",
    "/features/..%2fadmin/v1/state",
    "/console",
    "/metrics",
    "/",
];

#[test]
fn streams_polls_and_puts_pass_nginx_and_the_admin_api_does_not() {
    let Some(program) = nginx::program() else {
        return not_run("nginx", "the Debian package nginx is missing");
    };
    let folder = Folder::new();
    let authority = Authority::new("the test's authority");
    let certificate = authority.issue("localhost", -1..1);
    folder.write("own.pem", certificate.pem(), 1);
    folder.write("own.key", certificate.key_pem(), 1);
    let [at, edge] = [Port::reserve(0).unwrap(), Port::reserve(0).unwrap()];
    let port = edge.address().port().to_string();
    let admin = format!("{SECRET}-admin-key");
    let args = ["--port", &port, "--trusted-proxies", "127.0.0.1", "--console"];
    let serving = Serving::start(
        &file("behind.yaml", state("before")),
        &args,
        &[("FH_EDGE_ADMIN_KEY", &admin)],
    );
    let listen = format!("listen {} ssl http2;", at.address());
    let changes = [
        ("listen 443 ssl http2;", listen.as_str()),
        ("proxy_http_version 1.1;", "proxy_http_version 1.0;"),
        ("/etc/ssl/fh-edge/fullchain.pem", "own.pem"),
        ("/etc/ssl/fh-edge/privkey.pem", "own.key"),
    ];
    // So only the lines of the file end the buffering: neither a header of the Edge, nor chunks, which HTTP/1.0 lacks.
    let settings = "proxy_ignore_headers X-Accel-Buffering;";
    let _nginx = nginx::start(program, &folder, [&at, &edge], settings, &changes);

    let url = format!("https://localhost:{}", at.address().port());
    let trusted = file("behind-authority.pem", authority.pem());
    let fh = |args: &[&str]| {
        let mut command = command(args);
        command.env("SSL_CERT_FILE", &trusted);
        command
    };
    let poll = run(&mut fh(&["get", &url, KEY, "BANNER", "--json"]), "").expect(0);
    assert_eq!(poll.json()[0]["value"], "before");
    let mut stream = Following::start(&mut fh(&["watch", &url, KEY]));
    stream.line(&["ready, streaming"]);
    run(&mut fh(&["set", &url, WRITER, "BANNER", "after"]), "").expect(0);
    stream.line(&["BANNER: \"before\" → \"after\""]);

    let port = at.address().port().to_string();
    let key = format!("authorization: Bearer {admin}\r\n");
    let get = |path: &str| secure::get(&authority.pem(), &port, path, &key);
    for path in REFUSED {
        let answer = get(path);
        assert!(answer.starts_with("HTTP/1.1 403"), "{path}: {answer}");
        assert!(answer.contains("Server: nginx"), "{path}: {answer}");
    }
    let direct = get_with(&serving.url, REFUSED[0], &key);
    assert!(
        direct.starts_with("HTTP/1.1 200"),
        "the key opens the admin API of the Edge: {direct}"
    );
    for path in [format!("//features?apiKey={KEY}"), "/health/readiness".to_string()] {
        let answer = get(&path);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    drop(stream);
    let log = super::read(&folder.file("access.log"));
    assert!(log.contains(" GET 200 ") && log.contains(" GET 403 "), "{log}");
    assert!(!log.contains(SECRET), "a key in {log}");
}
