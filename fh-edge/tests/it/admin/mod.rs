//! The admin API on a socket: what its page promises, and who may not.

mod asked;

use std::net::SocketAddr;
use std::time::Duration;

use fh_edge::origin::relay::{RelayKeys, RelayOptions};
use fh_edge::{AdminKey, Administration, Edge, EdgeHandle, Options};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::shop::{CLIENT_KEY, ENVIRONMENT, SERVER_KEY, serve, state};
use crate::waiting::ready;
use asked::{Answer, ask, next_event, send};

const KEY: &str = "an-admin-key-for-tests";
const PATIENCE: Duration = Duration::from_secs(20);

fn options() -> Options {
    let mut options = Options::default();
    options.admin_key = Some(AdminKey::new(KEY).unwrap());
    options
}

async fn shop() -> (SocketAddr, EdgeHandle) {
    serve(state(), options()).await
}

/// Asks with the key.
async fn admin(address: SocketAddr, request: &str) -> Answer {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    ask(address, &format!("{head}\nauthorization: Bearer {KEY}\n\n{body}")).await
}

async fn patch(address: SocketAddr, feature: &str, body: &Value) -> Answer {
    let path = format!("/admin/v1/features/dev/{feature}");
    admin(address, &format!("PATCH {path}\ncontent-type: application/json\n\n{body}")).await
}

/// Is `given` as the page shows it? `…` is anything, and a member of that name stands for more members.
fn fits(wanted: &Value, given: &Value) -> bool {
    match (wanted, given) {
        (Value::String(any), _) if any == "…" => true,
        (Value::Object(wanted), Value::Object(given)) => {
            let and_more = wanted.contains_key("…");
            let all = wanted.iter().filter(|(name, _)| *name != "…");
            let fit = all
                .clone()
                .all(|(name, value)| given.get(name).is_some_and(|given| fits(value, given)));
            fit && (and_more || all.count() == given.len())
        }
        (Value::Array(wanted), Value::Array(given)) => {
            wanted.len() == given.len() && wanted.iter().zip(given).all(|(w, g)| fits(w, g))
        }
        (wanted, given) => wanted == given,
    }
}

#[tokio::test]
async fn the_page_says_what_happens() {
    let page = include_str!("../../../../docs/admin-api.md");
    let blocks: Vec<&str> =
        page.split("```http\n").skip(1).map(|rest| rest.split_once("\n```").unwrap().0).collect();
    let (address, _edge) = shop().await;
    let mut examples = 0;
    for pair in blocks.chunks(2) {
        let [request, wanted] = pair else { panic!("an example without an answer: {pair:?}") };
        let answer = admin(address, request).await;
        let (head, body) = wanted.split_once("\n\n").unwrap();
        let mut head = head.lines();
        assert_eq!(head.next().unwrap(), answer.status.to_string(), "{request}\n{answer:#?}");
        for (name, value) in head.map(|line| line.split_once(": ").unwrap()) {
            let given = answer.header(&name.to_lowercase()).unwrap_or_default();
            assert!(value == "…" && !given.is_empty() || value == given, "{request}\n{answer:#?}");
        }
        let body: Value = serde_json::from_str(body).unwrap();
        assert!(fits(&body, &answer.json()), "{request}\n{body:#}\n{:#}", answer.json());
        examples += 1;
    }
    assert!(examples > 10);
}

#[tokio::test]
async fn without_a_key_there_is_no_admin_api() {
    let (address, _edge) = serve(state(), Options::default()).await;
    for path in ["/admin", "/admin/", "/admin/v1/state", "/admin/v1/events", "/admin/v1/nonsense"] {
        let answer = admin(address, &format!("GET {path}")).await;
        assert_eq!((answer.status, answer.body.as_str()), (404, ""), "{path}");
    }
}

#[tokio::test]
async fn nobody_without_the_key_learns_anything() {
    let (address, _edge) = shop().await;
    let paths = [
        "state",
        "environments",
        "features/dev",
        "features/dev/BANNER",
        "keys",
        "connections",
        "events",
        "evaluate",
        "nonsense",
    ];
    for path in paths {
        let answer =
            ask(address, &format!("GET /admin/v1/{path}\norigin: http://evil.example")).await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.json()["place"], "Authorization");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    for given in [
        "Bearer",
        "Bearer ",
        "Basic an-admin-key-for-tests",
        "an-admin-key-for-tests",
        "Bearer wrong",
    ] {
        let request = format!("PUT /admin/v1/state\nauthorization: {given}\nif-match: *\n\n{{}}");
        assert_eq!(ask(address, &request).await.status, 401, "{given}");
    }
    assert_eq!(admin(address, "GET /admin/v1/environments").await.json()["revision"], 0);
    // A browser may not even ask.
    let preflight =
        "OPTIONS /admin/v1/state\norigin: http://evil.example\naccess-control-request-method: PUT";
    let answer = ask(address, preflight).await;
    assert_eq!((answer.status, answer.header("access-control-allow-methods")), (401, None));
    let answer = admin(address, "GET /admin/v1/state\norigin: http://evil.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn guessing_is_slow() {
    let (address, _edge) = shop().await;
    let guess = |n: u32| async move {
        let request = format!("GET /admin/v1/environments\nauthorization: Bearer wrong-{n}");
        ask(address, &request).await
    };
    let mut refused = None;
    for n in 0..100 {
        let answer = guess(n).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.status, 401);
    }
    let refused = refused.expect("a hundred guesses were answered");
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    // The right one among them would not be told apart.
    assert_eq!(admin(address, "GET /admin/v1/environments").await.status, 429);
}

#[tokio::test]
async fn it_is_where_the_options_say() {
    let answers = |options: Options| async move {
        let edge = Edge::builder().state(state()).options(options).build().unwrap();
        let mut statuses = Vec::new();
        for router in [edge.router(), edge.monitor_router(), edge.admin_router()] {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
            statuses.push(admin(address, "GET /admin/v1/environments").await.status);
        }
        statuses
    };
    use fh_edge::Monitoring::{Apart, WithApi};
    let with = |administration, monitoring| {
        let mut options = options();
        (options.administration, options.monitoring) = (administration, monitoring);
        options
    };
    assert_eq!(answers(with(Administration::WithApi, Apart)).await, [200, 404, 200]);
    assert_eq!(answers(with(Administration::WithMonitoring, Apart)).await, [404, 200, 200]);
    assert_eq!(answers(with(Administration::WithMonitoring, WithApi)).await, [200, 200, 200]);
    assert_eq!(answers(with(Administration::Apart, Apart)).await, [404, 404, 200]);
    assert_eq!(answers(Options::default()).await, [404, 404, 404]);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_as_they_happen() {
    let (address, handle) = shop().await;
    let request = format!("GET /admin/v1/events\nauthorization: Bearer {KEY}");
    let response = send(address, &request).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut body, mut read) = (response.into_body(), String::new());
    let told = async {
        let first: Value =
            serde_json::from_str(&next_event(&mut body, &mut read, "environments").await).unwrap();
        assert_eq!(first["environments"][0]["name"], "dev");
        assert_eq!(
            patch(address, "BANNER", &json!({"value": "Sale!", "locked": false})).await.status,
            200
        );
        let change: Value =
            serde_json::from_str(&next_event(&mut body, &mut read, "features").await).unwrap();
        assert_eq!((&change["revision"], &change["environment"]), (&json!(1), &json!(ENVIRONMENT)));
        assert_eq!(change["features"].as_array().unwrap().len(), 1);
        assert_eq!(change["features"][0]["value"], "Sale!");
        assert_eq!(change["features"][0]["locked"], false);

        // What changed while nobody read is told at once, as it is in the end.
        let mut state = handle.state().await.unwrap();
        state.features.remove(0);
        state.environments[0].name = "development".into();
        handle.replace(state, None).await.unwrap();
        let environments: Value =
            serde_json::from_str(&next_event(&mut body, &mut read, "environments").await).unwrap();
        assert_eq!(environments["environments"][0]["name"], "development");
        let change: Value =
            serde_json::from_str(&next_event(&mut body, &mut read, "features").await).unwrap();
        assert_eq!(change["gone"], json!(["NEW_CHECKOUT"]));
        handle.say_bye(Duration::ZERO).await;
        next_event(&mut body, &mut read, "bye").await;
    };
    tokio::time::timeout(PATIENCE, told).await.expect("an event did not come");
}

/// What is no news to a stream does not keep it from saying that it is alive.
#[tokio::test]
async fn streams_are_alive_whatever_goes_on() {
    let mut quick = options();
    quick.heartbeat = Duration::from_millis(100);
    let (address, handle) = serve(state(), quick).await;
    let request = format!("GET /admin/v1/events\nauthorization: Bearer {KEY}");
    let (mut body, mut read) = (send(address, &request).await.into_body(), String::new());
    let alive = async {
        next_event(&mut body, &mut read, "environments").await;
        while !read.contains(": still here\n\n") {
            let frame = body.frame().await.unwrap().unwrap();
            read.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
        assert!(!read.contains("event:"), "{read}");
    };
    let nothing_new = async {
        loop {
            let same = handle.state().await.unwrap();
            handle.replace(same, None).await.unwrap();
        }
    };
    let both = async {
        tokio::select! {
            () = alive => {}
            () = nothing_new => {}
        }
    };
    tokio::time::timeout(PATIENCE, both).await.expect("it said nothing");
}

#[tokio::test]
async fn streams_of_events_are_few() {
    let (address, _edge) = shop().await;
    let request = format!("GET /admin/v1/events\nauthorization: Bearer {KEY}");
    let mut open = Vec::new();
    let refused = loop {
        let response = send(address, &request).await;
        if response.status() != 200 {
            break response.status().as_u16();
        }
        open.push(response);
        assert!(open.len() < 1000);
    };
    assert_eq!((refused, open.len()), (429, 64));
    drop(open);
    let again = async {
        while send(address, &request).await.status() != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, again).await.expect("places did not become free");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_connected_and_what_is_not_told() {
    let (address, _edge) = shop().await;
    let url = format!("http://{address}");
    let one = fh_client::Client::builder(&url, CLIENT_KEY).start().unwrap();
    ready(&one).await;
    let other = fh_client::Client::builder(&url, SERVER_KEY).start().unwrap();
    let context = fh_client::Attributes::builder().user_key("a-secret-name").build();
    other.set_context(context).await.unwrap();
    let mut connections = String::new();
    let both = async {
        // Streams open when they want to: the values may be there before.
        while !(connections.contains("\"client\"") && connections.contains("\"attributes\":1")) {
            tokio::task::yield_now().await;
            connections = admin(address, "GET /admin/v1/connections?environment=dev").await.body;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, both).await;
    assert!(waited.is_ok(), "{connections}");
    assert!(!connections.contains("a-secret-name") && !connections.contains("reader*"));
    let json: Value = serde_json::from_str(&connections).unwrap();
    assert!(json["count"].as_u64().unwrap() >= 2);
    for connection in json["connections"].as_array().unwrap() {
        assert_eq!(
            (&connection["account"], &connection["environment"]),
            (&json!("reader"), &json!(ENVIRONMENT))
        );
        assert!(connection["since"].as_str().unwrap().starts_with("20"));
    }
    let few = admin(address, "GET /admin/v1/connections?limit=1").await.json();
    assert_eq!(few["connections"].as_array().unwrap().len(), 1);
    assert_eq!(admin(address, "GET /admin/v1/connections?limit=many").await.status, 400);
    assert_eq!(admin(address, "GET /admin/v1/connections?environment=x").await.status, 404);
    let streams = admin(address, "GET /admin/v1/environments").await.json();
    assert!(streams["environments"][0]["streams"].as_u64().unwrap() >= 2);
}

#[tokio::test]
async fn bad_requests_are_answered_with_the_place() {
    let (address, _edge) = shop().await;
    let json = "content-type: application/json";
    let rows = [
        ("PATCH /admin/v1/features/dev/BANNER", json, "{", 400, "line 1, column 1"),
        ("PATCH /admin/v1/features/dev/BANNER", json, r#"{"valeu":1}"#, 400, "line 1, column 8"),
        (
            "PATCH /admin/v1/features/dev/BANNER",
            json,
            r#"{"locked":"yes"}"#,
            400,
            "line 1, column 15",
        ),
        (
            "PATCH /admin/v1/features/dev/BANNER",
            json,
            r#"{"strategies":[1]}"#,
            422,
            "strategies[0]",
        ),
        (
            "PATCH /admin/v1/features/dev/BANNER",
            json,
            r#"{"value":"half \ud83d"}"#,
            400,
            "line 1, column 23",
        ),
        (
            "PATCH /admin/v1/features/dev/BANNER",
            json,
            r#"{"strategies":[{"id":"\ud83d","value":"x"}]}"#,
            400,
            "line 1, column 43",
        ),
        (
            "PUT /admin/v1/state",
            "if-match: *\ncontent-type: application/json",
            r#"{"environments":[{"name":"\udc22"}]}"#,
            400,
            "line 1, column 26",
        ),
        ("PATCH /admin/v1/features/dev/BANNER", "accept: */*", "{}", 415, "Content-Type"),
        ("PATCH /admin/v1/features/dev/NOPE", json, "{}", 404, ""),
        ("PATCH /admin/v1/features/prod/BANNER", json, "{}", 404, ""),
        ("GET /admin/v1/features/%ff", json, "", 400, "path"),
        ("DELETE /admin/v1/state", json, "", 405, ""),
        ("PUT /admin/v1/state", json, "{}", 428, "If-Match"),
        ("PUT /admin/v1/state", "if-match: \"x\"", "{}", 412, "If-Match"),
        // No number that was never given out stands for any.
        ("PUT /admin/v1/state", "if-match: \"-1\"", "{}", 412, "If-Match"),
        (
            "PATCH /admin/v1/features/dev/BANNER",
            "if-match: \"-1\"\ncontent-type: application/json",
            r#"{"value":"x"}"#,
            412,
            "If-Match",
        ),
        (
            "PUT /admin/v1/state",
            "if-match: *\ncontent-type: application/json",
            r#"{"x":1}"#,
            400,
            "x (line 1, column 2)",
        ),
        ("POST /admin/v1/evaluate", json, r#"{"environment":"dev","context":[]}"#, 400, "context"),
        ("POST /admin/v1/evaluate", json, r#"{"environment":"dev","profile":"x"}"#, 400, "profile"),
        ("POST /admin/v1/evaluate", json, r#"{"environment":"dev","now":"noon"}"#, 400, "now"),
        (
            "POST /admin/v1/evaluate",
            json,
            r#"{"environment":"dev","features":["NOPE"]}"#,
            404,
            "features",
        ),
        (
            "POST /admin/v1/rollout",
            json,
            r#"{"environment":"dev","feature":"NOPE"}"#,
            404,
            "feature",
        ),
        (
            "POST /admin/v1/rollout",
            json,
            r#"{"environment":"dev","feature":"BANNER","people":0}"#,
            400,
            "people",
        ),
        (
            "POST /admin/v1/rollout",
            json,
            r#"{"environment":"dev","feature":"BANNER","people":1000000}"#,
            400,
            "people",
        ),
        (
            "POST /admin/v1/rollout",
            json,
            r#"{"environment":"dev","feature":"BANNER","context":{"userkey":"x"}}"#,
            400,
            "context",
        ),
    ];
    for (request, header, body, status, place) in rows {
        let answer = admin(address, &format!("{request}\n{header}\n\n{body}")).await;
        let error = answer.json();
        assert!(!error["error"].as_str().unwrap().is_empty(), "{request} {body}");
        let given = (answer.status, error["place"].as_str().unwrap_or_default());
        assert_eq!(given, (status, place), "{request} {body}: {error}");
    }
    let long = format!(r#"{{"value":"{}"}}"#, "x".repeat(2 << 20));
    let request = format!("PATCH /admin/v1/features/dev/BANNER\n{json}\n\n{long}");
    assert_eq!(admin(address, &request).await.status, 413);
    // Nothing of that changed anything.
    assert_eq!(admin(address, "GET /admin/v1/environments").await.json()["revision"], 0);
}

#[tokio::test]
async fn who_looked_first_is_told_of_who_was_faster() {
    let (address, _edge) = shop().await;
    let seen = admin(address, "GET /admin/v1/features/dev/BANNER").await;
    let tag = seen.header("etag").unwrap().to_string();
    assert_eq!(patch(address, "BANNER", &json!({"value": "first"})).await.status, 200);
    let conditional = |tag: &str, body: &str| {
        format!(
            "PATCH /admin/v1/features/dev/BANNER\ncontent-type: application/json\nif-match: {tag}\n\n{body}"
        )
    };
    let late = admin(address, &conditional(&tag, r#"{"value":"second"}"#)).await;
    assert_eq!(late.status, 412);
    let now = late.header("etag").unwrap().to_string();
    assert_ne!(now, tag);
    let again = admin(address, &conditional(&now, r#"{"value":null,"retired":true}"#)).await;
    assert_eq!(again.status, 200);
    assert_eq!((&again.json()["value"], &again.json()["retired"]), (&Value::Null, &json!(true)));
    // What is so already changes nothing, and no version.
    let same = admin(address, &conditional("*", r#"{"retired":true}"#)).await;
    assert_eq!(same.header("etag"), again.header("etag"));
}

#[tokio::test]
async fn environments_of_one_name_go_by_id() {
    let mut state = state();
    let mut twin = state.environments[0].clone();
    twin.id = "5f0c3c1e-0b0e-4b55-a1c9-5d3ff43c3d1a".parse().unwrap();
    state.environments.push(twin);
    let (address, _edge) = serve(state, options()).await;
    assert_eq!(admin(address, "GET /admin/v1/features/dev").await.status, 409);
    let by_id = format!("GET /admin/v1/features/{}", ENVIRONMENT.to_uppercase());
    assert_eq!(admin(address, &by_id).await.json()["environment"], ENVIRONMENT);
}

#[tokio::test]
async fn a_state_comes_back_as_it_was_and_may_be_yaml() {
    let (address, _edge) = shop().await;
    let written = admin(address, "GET /admin/v1/state").await;
    let put = |kind: &str, body: &str| {
        format!("PUT /admin/v1/state\nif-match: *\ncontent-type: {kind}\n\n{body}")
    };
    // Read as a file, a state gets the ids that were left out. After that it stays as it is.
    assert_eq!(admin(address, &put("application/json", &written.body)).await.status, 200);
    let before = admin(address, "GET /admin/v1/state").await;
    let answer = admin(address, &put("application/json", &before.body)).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"revision": 2})));
    let (mut before, mut after) =
        (before.json(), admin(address, "GET /admin/v1/state").await.json());
    assert_eq!((before["revision"].take(), after["revision"].take()), (json!(1), json!(2)));
    assert_eq!(before, after);

    let yaml = "features: [{key: LIMIT, type: NUMBER}]\nenvironments: [{name: dev, values: {LIMIT: 7.50}}]";
    let answer = admin(address, &put("application/yaml; charset=utf-8", yaml)).await.json();
    assert_eq!(answer["revision"], 3);
    assert!(answer["warnings"][0]["error"].as_str().unwrap().contains("no accounts"), "{answer}");
    let value = admin(address, "GET /admin/v1/features/dev/LIMIT").await;
    assert!(value.body.contains("\"value\":7.50,"), "{}", value.body);

    assert!(std::env::var("PATH").is_ok());
    let prying = "environments: [{name: dev}]\naccounts: [{name: x, clientKey: '${PATH}*', permissions: {dev: [READ], no: [READ]}}]";
    let refused = admin(address, &put("text/yaml", prying)).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.json()["place"].as_str().unwrap().starts_with("accounts[0]"),
        "{}",
        refused.body
    );
    assert_eq!(refused.json()["further"].as_array().unwrap().len(), 1, "{}", refused.body);
    let unknown = admin(address, &put("text/plain", yaml)).await;
    assert_eq!((unknown.status, &unknown.json()["place"]), (415, &json!("Content-Type")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_relayed_is_changed_elsewhere() {
    let (upstream, _edge) = serve(state(), Options::default()).await;
    let keys = RelayKeys::pair(CLIENT_KEY, SERVER_KEY);
    let relay = RelayOptions::new(format!("http://{upstream}")).keys(keys);
    let edge = Edge::builder().relay(relay).options(options()).build().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = edge.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let ready = async {
        while ask(address, "GET /health/readiness").await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.expect("the relay was not ready");
    assert_eq!(admin(address, "GET /admin/v1/environments").await.json()["relayed"], true);
    let json = "content-type: application/json";
    for request in [
        format!("PATCH /admin/v1/features/{ENVIRONMENT}/BANNER\n{json}\n\n{{\"value\":\"x\"}}"),
        format!("PUT /admin/v1/state\nif-match: *\n{json}\n\n{{\"features\":[]}}"),
        "GET /admin/v1/state".to_string(),
        "GET /admin/v1/keys".to_string(),
    ] {
        let refused = admin(address, &request).await;
        assert_eq!(refused.status, 409, "{request}");
        assert!(refused.json()["error"].as_str().unwrap().contains("relays another one"));
    }
    let question = format!(
        r#"{{"environment":"{ENVIRONMENT}","features":["NEW_CHECKOUT"],"context":{{"country":"new_zealand"}}}}"#
    );
    let answer = admin(address, &format!("POST /admin/v1/evaluate\n{json}\n\n{question}")).await;
    assert_eq!(answer.json()["features"][0]["value"], true, "{}", answer.body);
}
