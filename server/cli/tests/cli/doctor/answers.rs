//! Findings about the answers of an Edge.

use super::*;

#[test]
fn all_is_well() {
    let edge = edge();
    // Each answer has its own time, because a clock that is five seconds late is a finding.
    edge.behave(Behaviour::choose(|_| {
        Behaviour::new().header("date", &httpdate_now()).then_healthy()
    }));
    let run = doctor(&edge, &[]).expect(0);
    assert_eq!(run.err, "");
    let lines: Vec<&str> = run.out.lines().collect();
    let has = |start: &str, part: &str| {
        assert!(
            lines.iter().any(|line| line.starts_with(start) && line.contains(part)),
            "{start} {part} {lines:#?}"
        );
    };
    has("✓ key      ", "client-evaluated");
    has("✓ connect  ", "accepts connections");
    has("· edge     ", "which is usual");
    has("✓ poll     ", "answered (HTTP/1.1, ");
    has("✓ payload  ", "2 features, and `fh lint` finds no problems");
    has("✓ etag     ", "304 in");
    has("✓ cache    ", "no cache");
    has("✓ clock    ", "agree");
    has("✓ stream   ", "2 features after");
    has("✓ cors     ", "https://app.example.com");
    assert_eq!(lines.last(), Some(&"all checks passed"));
    // The command sent no PUT.
    let seen = edge.recording();
    assert_eq!(seen.count(Route::Put), 0);
    assert!(seen.requests.len() < 12, "{}", seen.requests.len());
    doctor(&edge, &["--strict"]).expect(0);
    let document = doctor(&edge, &["--json"]).expect(0).json();
    assert_eq!((&document["bad"], &document["warnings"]), (&json!(0), &json!(0)));
    assert_eq!(document["url"], edge.url());
    assert!(document["seconds"].as_f64().unwrap() > 0.0);
    let findings = Findings(document);
    assert_eq!(findings.has("key", "good", &[])["data"]["environments"], json!([ENVIRONMENT]));
    assert_eq!(findings.has("payload", "good", &[])["data"]["features"], 2);
    assert_eq!(findings.has("stream", "good", &["ack after"])["data"]["features"], 2);
    assert_eq!(findings.has("poll", "good", &[])["data"]["status"], 200);
    assert!(findings.left_out().is_empty());
}

/// By default, clients refuse answers above 16 MiB.
#[test]
fn an_answer_that_is_too_large_for_clients() {
    let edge = edge();
    let of_size = |bytes: usize, content_type: &str| {
        let body = format!(r#"[{{"id":"{ENVIRONMENT}","features":[]}}]{}"#, " ".repeat(bytes));
        let poll = Behaviour::status(200).header("content-type", content_type).body(body);
        edge.behave_on(Route::Poll, poll);
        Findings::of(doctor(&edge, &["--json", "--timeout", "60"]))
    };
    let json = "application/json";
    of_size(13 << 20, json).has("payload", "warning", &["13.0 MiB", "`limits.bytes`", "shorten"]);
    let parts = ["larger than 16 MiB", "clients refuse", "`limits.bytes`"];
    of_size(17 << 20, json).has("poll", "bad", &parts);
    let parts = ["larger than 16 MiB", "that of an Edge"];
    of_size(17 << 20, "text/html").has("poll", "bad", &parts);
}

fn httpdate_now() -> String {
    httpdate::fmt_http_date(std::time::SystemTime::now())
}

#[test]
fn an_edge_that_says_who_it_is() {
    let info = |name: &str| {
        let document = json!({"name": name, "version": "1.10.1"});
        Behaviour::choose(move |request| match &*request.path {
            "/info/version" => Behaviour::status(200).json(&document),
            _ => Behaviour::healthy(),
        })
    };
    found(Route::Other, info("edge-full"), "edge", "good", &["edge-full 1.10.1"]);
    found(
        Route::Other,
        info("management-repository"),
        "edge",
        "bad",
        &["no Edge", "URL of the Edge"],
    );
    let health = |status| {
        Behaviour::choose(move |request| match &*request.path {
            "/health/liveness" => Behaviour::status(status),
            _ => Behaviour::healthy(),
        })
    };
    found(Route::Other, health(200), "edge", "good", &["is healthy"]);
    found(Route::Other, health(500), "edge", "warning", &["is not healthy"]);
    // A missing answer about health is only a note.
    found(
        Route::Other,
        Behaviour::new().close(Closing::Rst),
        "edge",
        "note",
        &["the request for the Edge's version"],
    );
}

#[test]
fn what_a_status_means() {
    let of =
        |behaviour: Behaviour, parts: &[&str]| found(Route::Poll, behaviour, "poll", "bad", parts);
    of(
        Behaviour::status(400).body("no such parameter\nmore"),
        &["rejected", "no such parameter", "copy the key"],
    );
    of(
        Behaviour::status(401).header("www-authenticate", "Basic realm=\"x\""),
        &["status 401", "Basic", "gateway"],
    );
    of(Behaviour::status(403), &["status 403", "gateway"]);
    of(Behaviour::status(429).header("retry-after", "30"), &["too many", "Retry-After: 30"]);
    of(Behaviour::status(500).body("boom"), &["the Edge failed", "boom", "log"]);
    of(Behaviour::status(502), &["cannot reach the Edge"]);
    of(Behaviour::status(503), &["no data now", "Dacha"]);
    of(Behaviour::status(418), &["status 418", "rarely"]);
    of(Behaviour::status(200).body("{}"), &["not what an Edge sends"]);
    of(Behaviour::status(200).body("<html>Sign in"), &["web page", "login"]);
    of(Behaviour::garbage("\u{1}\u{2} no HTTP"), &["the answer cannot be read", "https://"]);
    of(
        Behaviour::redirect(302, RedirectTo::Itself),
        &["redirects more than 5 times in a row (status 302)", "loop"],
    );
    of(Behaviour::status(302), &["names no valid URL", "Location"]);
    of(Behaviour::status(304), &["status 304", "rarely"]);
    let elsewhere = RedirectTo::Origin("https://login.example:8443".to_string());
    // The key, which is part of the redirect's target, is not shown.
    of(
        Behaviour::redirect(302, elsewhere),
        &["https://login.example:8443 (status 302)", "login page"],
    );
    found(
        Route::Poll,
        Behaviour::new().healthy_with_status(236),
        "poll",
        "warning",
        &["stale", "dashboard"],
    );
}

/// Clients follow redirects within an origin (D-82), so such a deployment works.
#[test]
fn redirects_within_the_origin_are_followed() {
    let edge = edge();
    let url = edge.url();
    for prefix in ["/moved".to_string(), format!("{url}/moved")] {
        let moved = Behaviour::choose(move |request| match request.path.strip_prefix("/moved") {
            Some(_) => Behaviour::healthy(),
            None => Behaviour::redirect(307, RedirectTo::Prefix(prefix.clone())),
        });
        edge.behave_on(Route::Poll, moved.clone());
        edge.behave_on(Route::Stream, moved);
        let findings = Findings::of(doctor(&edge, &["--json"]).expect(0));
        findings.has("poll", "good", &["answered"]);
        findings.has("poll", "note", &["1 redirect", "follow", "use the URL"]);
        findings.has("etag", "good", &["304"]);
        findings.has("stream", "good", &["2 features"]);
        assert!(findings.left_out().is_empty());
    }
    // A login page at the same origin is not an Edge.
    let page = Behaviour::status(200).header("content-type", "text/html").body("<!doctype html>");
    let login = Behaviour::choose(move |request| match &*request.path {
        "/login" => page.clone(),
        _ => Behaviour::redirect(302, RedirectTo::Exactly("/login".to_string())),
    });
    edge.behave(login);
    let findings = Findings::of(doctor(&edge, &["--json"]).expect(1));
    findings.has("poll", "bad", &["web page", "login"]);
}

#[test]
fn a_key_that_is_not_known_and_a_path_that_is_not() {
    let edge = edge();
    edge.only_allowed_keys();
    let findings = Findings::of(doctor(&edge, &["--json"]).expect(1));
    findings.has("poll", "bad", &["does not know the key", "service account"]);
    assert!(findings.left_out().contains(&"stream"));
    edge.behave(Behaviour::status(404));
    Findings::of(doctor(&edge, &["--json"]).expect(1)).has(
        "poll",
        "bad",
        &["no Edge at this path"],
    );
    let run = of_key(&edge, &format!("env/{SECRET}*"), &["--json"]).expect(1);
    Findings::of(run).has("key", "bad", &["no UUID", "copy the key"]);
    let old = format!("default/{}", edge.client_key());
    Findings::of(of_key(&edge, &old, &["--json"])).has("key", "note", &["old form"]);
}

/// A server may repeat parts of a request in its answer.
#[test]
fn a_key_that_is_repeated_is_not_shown() {
    let edge = edge();
    let repeating = Behaviour::choose(|request| {
        let said = format!("what is {}?", request.target);
        Behaviour::status(400).header("x-served-by", &said).body(said)
    });
    edge.behave_on(Route::Poll, repeating);
    for others in [&[][..], &["--json"]] {
        let run = doctor(&edge, others).expect(1);
        assert!(
            run.out.contains("what is /features?apiKey=") && run.out.contains("***"),
            "{}",
            run.out
        );
    }
    edge.behave_on(Route::Poll, Behaviour::healthy());
    let failing = Behaviour::choose(|request| {
        Behaviour::sse().event("failure", &json!({"status": request.target}).to_string())
    });
    edge.behave_on(Route::Stream, failing);
    let run = doctor(&edge, &["--json"]).expect(1);
    Findings::of(run).has("stream", "bad", &["refuses the stream: /features/71ed3c04", "***"]);
    // A long text of a server is cut, here within the key.
    let long_winded = Behaviour::choose(|request| {
        Behaviour::status(400).body(format!("{} {}", "so ".repeat(10), request.target))
    });
    edge.behave_on(Route::Poll, long_winded);
    let run = doctor(&edge, &["--json"]).expect(1);
    Findings::of(run).has("poll", "bad", &["so  /features?apiKey=", "***…"]);
}

#[test]
fn etags_and_what_proxies_make_of_them() {
    let of = |behaviour: Behaviour, verdict: &str, parts: &[&str]| {
        found(Route::Poll, behaviour, "etag", verdict, parts);
    };
    of(Behaviour::status(200).environments(), "warning", &["no etag"]);
    let weak = Behaviour::status(200).header("etag", "W/\"1\"").environments();
    of(weak, "warning", &["full response again", "W/", "compresses"]);
    let deaf = Behaviour::status(200).header("etag", "\"1\"").environments();
    of(deaf, "warning", &["full response again", "if-none-match"]);
    let angry = Behaviour::choose(|request| match request.header("if-none-match") {
        Some(_) => Behaviour::status(412),
        None => Behaviour::healthy(),
    });
    of(angry, "bad", &["status 412"]);
    // A change of a feature between the two polls is no fault.
    let edge = edge();
    let busy = Behaviour::choose(|request| match request.header("if-none-match") {
        Some(_) => Behaviour::new()
            .call(|edge| {
                edge.set_value("BANNER", "new");
                edge.behave_on(Route::Poll, Behaviour::healthy());
            })
            .then_healthy(),
        None => Behaviour::healthy(),
    });
    edge.behave_on(Route::Poll, busy);
    Findings::of(doctor(&edge, &["--json"]).expect(0)).has("etag", "good", &["304"]);
}

#[test]
fn caches_compression_and_clocks() {
    let with = |name: &str, value: &str| Behaviour::new().header(name, value).then_healthy();
    let of = |name: &str, value: &str, check: &str, verdict: &str, parts: &[&str]| {
        found(Route::Poll, with(name, value), check, verdict, parts);
    };
    of("cache-control", "public, max-age=30", "cache", "note", &["every 30 s"]);
    of("cache-control", "max-age=86400", "cache", "warning", &["every 86400 s", "late"]);
    of("cache-control", "no-store, max-age=0", "cache", "good", &["no cache"]);
    of("age", "17", "cache", "warning", &["17 s old", "purge"]);
    of("x-served-by", "cache-akl", "cache", "note", &["x-served-by"]);
    of("content-encoding", "gzip", "gzip", "good", &["compressed to"]);
    of("content-encoding", "br", "gzip", "warning", &["not requested"]);
    let date = |offset: i64| {
        let now = std::time::SystemTime::now();
        let distance = Duration::from_secs(offset.unsigned_abs());
        httpdate::fmt_http_date(if offset < 0 { now - distance } else { now + distance })
    };
    of("date", &date(-3600), "clock", "warning", &["s ahead of", "NTP"]);
    of("date", &date(3600), "clock", "warning", &["s behind", "NTP"]);
    let fastly = Behaviour::choose(|request| match request.query_value("contextSha") {
        Some(_) => Behaviour::healthy(),
        None => Behaviour::status(400).body("your SDK is too old"),
    });
    found(Route::Poll, fastly, "cache", "note", &["without contextSha are refused"]);
}

#[test]
fn what_the_answer_holds() {
    let edge = edge();
    let of = |verdict: &str, parts: &[&str]| {
        let run = doctor(&edge, &["--json"]).expect(i32::from(verdict == "bad"));
        Findings::of(run).has("payload", verdict, parts);
    };
    let rule = |values: Value| {
        json!([{"id": "s", "value": true, "attributes": [
            {"fieldName": "name", "type": "STRING", "conditional": "REGEX", "values": values}]}])
    };
    edge.set_feature(Feature::boolean("ODD", false).strategies(rule(json!(["("]))));
    of("bad", &["3 features", "1 part", "cannot be used", "fh lint"]);
    edge.set_feature(Feature::boolean("ODD", false).strategies(rule(json!([]))));
    of("warning", &["1 warning", "fh lint"]);
    edge.replace_all([]);
    of("note", &["no features", "filter"]);
    edge.behave_on(Route::Poll, Behaviour::status(200).json(&json!([])));
    of("bad", &["no environment"]);
    let other = json!([{"id": "0e1b7a3c-122b-4312-9ea8-06b2b8d6ceac", "features": []}]);
    edge.behave_on(Route::Poll, Behaviour::status(200).json(&other));
    of("bad", &["no feature of environment 71ed3c04"]);
}

#[test]
fn several_keys() {
    let edge = edge();
    let (other, unknown) =
        ("0e1b7a3c-122b-4312-9ea8-06b2b8d6ceac", "1e1b7a3c-122b-4312-9ea8-06b2b8d6ceac");
    edge.environment(other).set_feature(Feature::boolean("ELSEWHERE", true));
    let (url, first) = (edge.url(), edge.client_key());
    let ask = |second: &str| {
        let second = format!("{second}/another{SECRET}*");
        let args = [
            "doctor",
            "--url",
            &url,
            "--api-key",
            &first,
            "--api-key",
            &second,
            "--listen",
            "0",
            "--json",
        ];
        Findings::of(fh(&args).expect(0))
    };
    let findings = ask(other);
    let data = &findings.has("payload", "good", &["3 features"])["data"]["environments"];
    assert_eq!(data, &json!([{"id": ENVIRONMENT, "features": 2}, {"id": other, "features": 1}]));
    // The stream is opened with the first key, and has the same features as that key's environment.
    findings.has("stream", "good", &["2 features"]);
    assert_eq!(findings.all("stream").len(), 2);
    ask(unknown).has("payload", "warning", &["has no features", "is unknown"]);
    // The stream is compared with its own environment, whatever the order of environments in the answer.
    let features = |count: usize| -> Vec<Value> {
        let all = (0..count)
            .map(|n| json!({"id": n, "key": n.to_string(), "type": "BOOLEAN", "value": true}));
        all.collect()
    };
    let turned = json!([{"id": other, "features": features(1)},
        {"id": ENVIRONMENT, "features": features(2)}]);
    edge.behave_on(Route::Poll, Behaviour::status(200).json(&turned));
    assert_eq!(ask(other).all("stream").len(), 2);
}

#[test]
fn the_context_of_a_server_key() {
    let edge = edge();
    let of = |others: &[&str], verdict: &str, parts: &[&str]| {
        let others: Vec<&str> = others.iter().copied().chain(["--json"]).collect();
        let run = of_key(&edge, &edge.server_key(), &others).expect(0);
        Findings::of(run).has("context", verdict, parts);
    };
    of(&[], "good", &["a made-up context reaches", "changes no value"]);
    edge.evaluate_with(|context, mut features| {
        if context.contains_key("userkey") {
            features[0]["value"] = json!("theirs");
        }
        features
    });
    of(&["-c", "userkey=fred"], "good", &["the context has an effect", "values differ"]);
    // The request of the stream has the context, too.
    let sent = || edge.recording().of(Route::Stream).last().unwrap().request.context();
    assert_eq!(sent()["userkey"], ["fred"]);
    of(&["-c", "country=fiji"], "good", &["changes no value"]);
    assert_eq!(sent()["country"], ["fiji"]);
    // A proxy drops the header.
    let deaf = Behaviour::status(200).header("etag", "\"1\"").environments();
    edge.evaluate_with(|_, features| features);
    edge.behave_on(Route::Poll, deaf);
    of(&["-c", "userkey=fred"], "warning", &["no visible difference", "x-featurehub"]);
    // With a client-evaluated key, the context is not checked, because the Edge does not evaluate.
    let run = doctor(&edge, &["--json", "-c", "userkey=fred"]);
    assert!(Findings::of(run).all("context").is_empty());
}

#[test]
fn changing_is_tried_only_if_asked_for() {
    let edge = edge();
    let of = |key: &str, feature: &str, verdict: &str, parts: &[&str]| {
        let run = of_key(&edge, key, &["--json", "--try-set", feature]);
        Findings::of(run.expect(i32::from(verdict == "bad"))).has("update", verdict, parts);
    };
    let before = edge.feature("BANNER");
    of(&edge.client_key(), "BANNER", "good", &["has permission", "the value of BANNER"]);
    of(&edge.server_key(), "BANNER", "good", &["has permission", "the lock of BANNER"]);
    edge.allow(&edge.client_key(), &[Permission::Read]);
    of(&edge.client_key(), "BANNER", "warning", &["no permission for this update", "key of tests"]);
    of(&edge.client_key(), "BANER", "bad", &["no feature BANER"]);
    assert_eq!(edge.feature("BANNER"), before);
    edge.any_key();
    edge.allow(&edge.client_key(), &Permission::ALL);
    edge.lock("BANNER");
    let before = edge.feature("BANNER");
    of(&edge.client_key(), "BANNER", "good", &["has permission", "the lock of BANNER"]);
    assert_eq!(edge.feature("BANNER"), before);
}

/// The features and the answer to the update have arrived in time, or the finding says that they have not.
#[test]
fn an_update_that_cannot_be_tried_in_time() {
    let edge = edge();
    let ask = |timeout: &str| {
        let began = std::time::Instant::now();
        let run = doctor(&edge, &["--json", "--try-set", "BANNER", "--timeout", timeout]);
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
        Findings::of(run)
    };
    edge.behave_on(Route::Put, Behaviour::silence());
    ask("2").has("update", "warning", &["--timeout", "before the answer", "fh set"]);
    // Only the client that reads the feature sends the header x-sdk.
    let refused = Behaviour::choose(|request| match request.header("x-sdk") {
        Some(_) => Behaviour::status(404),
        None => Behaviour::healthy(),
    });
    edge.behave_on(Route::Poll, refused);
    let findings = ask("20");
    let update = findings.has("update", "bad", &["BANNER", "404", "API key"]);
    assert!(!update.to_string().contains("spelling"), "{update}");
    let silent = Behaviour::choose(|request| match request.header("x-sdk") {
        Some(_) => Behaviour::silence(),
        None => Behaviour::healthy(),
    });
    edge.behave_on(Route::Poll, silent);
    ask("2").has("update", "bad", &["BANNER", "no features"]);
}
