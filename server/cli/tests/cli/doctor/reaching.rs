//! Findings about the way to the Edge: connection, proxies and certificates. Also checks that are left out, and wrong arguments.

use super::*;

#[test]
fn a_login_page_before_everything() {
    let edge = edge();
    edge.behave(Behaviour::status(200).header("content-type", "text/html").body("<!doctype html>"));
    let run = doctor(&edge, &[]).expect(1);
    assert!(run.out.contains("! edge     a web page"), "{}", run.out);
    assert!(
        run.out.contains("✗ poll     the server answered with a web page (status 200)"),
        "{}",
        run.out
    );
    assert!(run.out.contains("→ check that the URL is that of an Edge"), "{}", run.out);
    assert!(
        run.out.ends_with("not checked, because another check failed or the time limit has passed: payload, etag, cache, stream, cors\n"),
        "{}",
        run.out
    );
}

#[test]
fn an_edge_that_does_not_run() {
    let edge = edge();
    edge.refuse();
    let findings = Findings::of(doctor(&edge, &["--json"]).expect(1));
    findings.has("connect", "bad", &["refused", "firewall"]);
    assert!(findings.left_out().contains(&"poll"));
    // A host name with a label of more than 63 letters does not resolve, even without a DNS server.
    let url = format!("http://{}.example", "a".repeat(70));
    let findings = Findings::of(fh(&["doctor", &url, &edge.client_key(), "--json"]).expect(1));
    findings.has("name", "bad", &["does not resolve", "DNS"]);
    assert!(findings.all("poll").is_empty());
}

/// The queue of the listener is full, so that further connections wait for an answer.
#[test]
#[cfg(target_os = "linux")]
fn connecting_ends_with_the_deadline() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    let patience = Duration::from_millis(200);
    while let Ok(socket) = std::net::TcpStream::connect_timeout(&address, patience) {
        queue.push(socket);
    }
    let (url, key) = (format!("http://{address}"), edge().client_key());
    let run = fh(&["doctor", &url, &key, "--json", "--timeout", "0.5"]).expect(1);
    let findings = Findings::of(run);
    findings.has("connect", "bad", &["no answer within 0.5 s"]);
    assert!(findings.left_out().contains(&"poll"));
}

/// The report names each requested check that could not run.
#[test]
fn what_is_left_out() {
    let edge = edge();
    let left_out = |others: &[&str]| {
        let others = [others, &["--json"]].concat();
        let findings = Findings::of(of_key(&edge, &edge.server_key(), &others).expect(1));
        findings.left_out().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    edge.behave_on(Route::Poll, Behaviour::status(500));
    let after_poll = ["payload", "etag", "cache", "context", "cors"];
    assert_eq!(left_out(&[]), after_poll);
    let asked_for = ["payload", "etag", "cache", "context", "cors", "update"];
    assert_eq!(left_out(&["--try-set", "FLAG"]), asked_for);
    edge.behave_on(Route::Poll, Behaviour::status(404));
    assert_eq!(left_out(&[]), ["payload", "etag", "cache", "context", "stream", "cors"]);
    edge.refuse();
    let all = ["edge", "poll", "payload", "etag", "cache", "context", "stream", "cors"];
    assert_eq!(left_out(&[]), all);
}

#[test]
fn browsers() {
    let of = |behaviour: Behaviour, route: Route, parts: &[&str]| {
        found(route, behaviour, "cors", "warning", parts);
    };
    of(Behaviour::status(403), Route::Other, &["may not send requests", "status 403"]);
    of(
        Behaviour::status(200).header("access-control-allow-origin", "null").environments(),
        Route::Poll,
        &["may not read answers", "app.example.com"],
    );
    let stingy = Behaviour::new()
        .header("access-control-allow-headers", "if-none-match, accept")
        .then_healthy();
    of(stingy, Route::Other, &["may not send x-featurehub"]);
    let secretive =
        Behaviour::new().header("access-control-expose-headers", "cache-control").then_healthy();
    of(secretive, Route::Poll, &["may not read etag"]);
    let choosy = Behaviour::new()
        .header("access-control-allow-origin", "https://shop.example")
        .then_healthy();
    of(choosy.clone(), Route::Poll, &["app.example.com"]);
    let edge = edge();
    edge.behave(choosy);
    let origin = ["--json", "--origin", "https://shop.example"];
    Findings::of(doctor(&edge, &origin).expect(0)).has("cors", "good", &["https://shop.example"]);
}

#[test]
fn warnings_count_only_if_asked_to() {
    let edge = edge();
    edge.behave_on(Route::Stream, Behaviour::status(501));
    let run = doctor(&edge, &[]).expect(0);
    assert!(run.out.ends_with("the deployment works, with 1 warning\n"), "{}", run.out);
    doctor(&edge, &["--strict"]).expect(1);
    edge.behave(Behaviour::status(503));
    let run = doctor(&edge, &[]).expect(1);
    assert!(run.out.contains("\n2 checks failed\n"), "{}", run.out);
    assert!(
        run.out.contains("the poll failed, and the Edge opens no stream (status 503)"),
        "{}",
        run.out
    );
}

#[test]
fn proxies_are_named() {
    let edge = edge();
    let ask = |url: &str, variables: &[(&str, &str)]| {
        let key = edge.client_key();
        let mut fh = command(&["doctor", url, &key, "--listen", "0", "--json"]);
        fh.envs(variables.iter().copied());
        Findings::of(run(&mut fh, ""))
    };
    // The fake Edge accepts requests for any host, as a proxy does.
    let proxy = format!("http://me:{SECRET}@{}", edge.address());
    let findings = ask("http://edge.invalid", &[("HTTP_PROXY", &proxy)]);
    findings.has("proxy", "note", &["through the proxy 127.0.0.1:", "HTTP_PROXY", "NO_PROXY"]);
    findings.has("poll", "good", &[]);
    // A proxy on this machine does not make the connection behind it safe.
    findings.has("url", "warning", &["not encrypted", "https://"]);
    assert!(edge.recording().requests[0].request.target.starts_with("http://edge.invalid/"));
    let findings =
        ask(&edge.url(), &[("http_proxy", "http://127.0.0.1:9"), ("NO_PROXY", "127.0.0.1")]);
    findings.has("proxy", "note", &["no proxy is used", "http_proxy and NO_PROXY"]);
    findings.has("poll", "good", &[]);
    let set = [("http_proxy", "http://127.0.0.1:9"), ("NO_PROXY", "10.*, *")];
    let findings = ask(&edge.url(), &set);
    findings.has("proxy", "warning", &["NO_PROXY: entry 1 is ignored", "10.0.0.0/8"]);
    findings.has("proxy", "note", &["no proxy is used"]);
    let findings = ask(&edge.url(), &[]);
    assert!(findings.all("proxy").is_empty() && findings.all("url").is_empty());
}

#[test]
fn certificates() {
    let of = |port: u16, host: &str, trusted: &str, verdict: &str, parts: &[&str]| {
        let url = format!("https://{host}:{port}");
        let mut fh = command(&["doctor", &url, &format!("{ENVIRONMENT}/{SECRET}*"), "--json"]);
        fh.env("SSL_CERT_FILE", trusted);
        let findings = Findings::of(run(&mut fh, "").expect(1));
        findings.has("tls", verdict, parts);
        // If the certificate is accepted, the checks continue with a poll.
        assert_eq!(findings.all("poll").len(), usize::from(verdict != "bad"));
    };
    let good = Secure::start("localhost", 90);
    of(good.port, "localhost", &good.authority, "good", &["accepted"]);
    of(good.port, "localhost", &stranger(), "bad", &["does not trust", "SSL_CERT_FILE"]);
    of(good.port, "localhost", &successor(), "bad", &["another key", "renewed"]);
    of(good.port, "127.0.0.1", &good.authority, "bad", &["is for localhost, not for 127.0.0.1"]);
    of(good.port, "localhost", "/no/such/file", "bad", &["no authority at all", "ca-certificates"]);
    let old = Secure::start("localhost", -3);
    of(old.port, "localhost", &old.authority, "bad", &["expired 2 days ago", "renew"]);
    let both = Secure::self_signed_authority("localhost");
    of(both.port, "localhost", &both.authority, "bad", &["CA:TRUE", "CA:FALSE"]);
    let ending = Secure::start("localhost", 5);
    of(ending.port, "localhost", &ending.authority, "warning", &["two weeks"]);
    // Plain HTTP behind https://, and the other way round.
    let edge = edge();
    edge.on_accept(Some(Behaviour::garbage("HTTP/1.1 400 Bad Request\r\n\r\n")));
    let plain = edge.address().port();
    of(plain, "localhost", &good.authority, "bad", &["the TLS handshake failed", "http://"]);
    edge.on_accept(Some(Behaviour::new().close(Closing::Fin)));
    of(plain, "localhost", &good.authority, "bad", &["the TLS handshake failed", "http://"]);
    edge.on_accept(Some(Behaviour::silence()));
    let url = format!("https://{}", edge.address());
    let run = fh(&["doctor", &url, &edge.client_key(), "--json", "--timeout", "1.5"]).expect(1);
    Findings::of(run).has("tls", "bad", &["the TLS handshake failed: no answer within"]);
    let url = format!("http://localhost:{}", good.port);
    let run = fh(&["doctor", &url, &edge.client_key(), "--json"]).expect(1);
    Findings::of(run).has("poll", "bad", &["https://"]);
}
