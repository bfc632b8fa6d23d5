//! An upstream Edge that is unreachable, slow or faulty. Clients keep their features, and get later changes when it recovers.

use std::time::Duration;

use fh_client::{Connection, Problem};
use fh_edge::Options;
use fh_edge::origin::relay::{RelayLimits, UpstreamState};
use fh_test::Folder;
use fh_test::Log;
use fh_test_servers::featurehub::{Behaviour, Closing, FakeEdge, Feature, Route};
use serde_json::json;

use crate::stream::Stream;
use crate::support::{Relay, options_for, seen, sees, wait_until_async};

fn upstream() -> FakeEdge {
    let upstream = FakeEdge::start().unwrap();
    upstream.replace_all([Feature::string("COLOUR", "red"), Feature::boolean("FLAG", true)]);
    upstream
}

/// Waits until a condition on the problem of the upstream connection holds.
async fn until_problem(relay: &Relay, holds: impl Fn(Option<&Problem>) -> bool) {
    let look = || async {
        let status = relay.upstream().client.unwrap();
        holds(status.problem.as_ref())
    };
    wait_until_async("the upstream's status", look).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_wait_for_the_first_list() {
    let upstream = upstream();
    upstream.refuse();
    let mut beating = Options::default();
    beating.heartbeat = Duration::from_millis(20);
    let relay = Relay::start_with(options_for(&upstream), beating).await;
    let (client_key, server_key) = (upstream.client_key(), upstream.server_key());
    let mut stream = Stream::open(relay.address, &client_key, "").await;
    let mut server = Stream::open(relay.address, &server_key, "").await;
    for stream in [&mut stream, &mut server] {
        for data in [r#"{"status":"discover"}"#, "\"❤️\"", "\"❤️\""] {
            let event = stream.any().await.unwrap();
            assert_eq!((event.name.as_str(), event.data.as_str()), ("ack", data));
        }
    }
    for key in [&client_key, &server_key] {
        assert_eq!(relay.poll(key).await.status, 503);
    }
    assert_eq!(relay.get("/health/readiness").await.status, 503);
    assert_eq!(relay.get("/health/liveness").await.status, 200);
    assert_eq!(relay.upstream().state, UpstreamState::Waiting);
    until_problem(&relay, |problem| matches!(problem, Some(Problem::Unreachable(_)))).await;

    upstream.listen_again().unwrap();
    for stream in [&mut stream, &mut server] {
        assert_eq!(stream.until("features").await.json()[0]["value"], "red");
    }
    assert_eq!(relay.poll(&client_key).await.status, 200);
    assert_eq!(relay.get("/health/readiness").await.status, 200);
    assert_eq!(relay.upstream().state, UpstreamState::Serving);
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_is_killed_and_restarted() {
    let upstream = upstream();
    let relay = Relay::ready(options_for(&upstream)).await;
    let client = relay.client(&upstream.client_key()).await;
    let mut stream = Stream::open(relay.address, &upstream.server_key(), "").await;
    stream.until("features").await;
    upstream.kill();
    until_problem(&relay, |problem| problem.is_some()).await;
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    // A new client gets the same features.
    assert_eq!(relay.client(&upstream.client_key()).await.string("COLOUR").as_deref(), Some("red"));
    assert_eq!(relay.poll(&upstream.server_key()).await.status, 200);
    assert_eq!(relay.get("/health/readiness").await.status, 200);
    upstream.set_value("COLOUR", "blue");
    upstream.listen_again().unwrap();
    sees(&client, |client| client.string("COLOUR").as_deref() == Some("blue")).await;
    assert_eq!(stream.next().await.unwrap().json()["value"], "blue");
    assert_eq!(client.status().requests, 1, "its own stream was never cut");
    until_problem(&relay, |problem| problem.is_none()).await;
}

/// The limit for the head of an answer, so that silence does not last.
const BRIEF: Duration = Duration::from_millis(300);

/// Whatever the upstream Edge answers: values stay, the status shows a problem, and later changes arrive afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_fault() {
    let page =
        || Behaviour::status(200).header("content-type", "text/html").body("<h1>Log in</h1>");
    let sse = |data: &str| Behaviour::sse().ack().event("features", data).hang();
    let wrong: Vec<(&str, Behaviour, Behaviour)> = vec![
        ("500", Behaviour::status(500), Behaviour::status(500)),
        ("503", Behaviour::status(503), Behaviour::status(503)),
        ("unknown", Behaviour::status(404), Behaviour::status(404)),
        ("refused", Behaviour::status(401), Behaviour::status(401)),
        ("login page", page(), page()),
        ("no environment", Behaviour::status(501), Behaviour::status(200).json(&json!([]))),
        ("broken JSON", sse("[{\"id\":"), Behaviour::status(200).body("[{")),
        ("no list", sse("{}"), Behaviour::status(200).json(&json!({"id": "x"}))),
        ("failure", Behaviour::sse().ack().failure().close(Closing::Fin), Behaviour::status(404)),
        ("garbage", Behaviour::garbage("\0\u{1}\r\n\r\n"), Behaviour::garbage("\0")),
        ("silence", Behaviour::silence(), Behaviour::silence()),
        ("half a head", Behaviour::half_head(), Behaviour::half_head()),
        ("empty", Behaviour::status(204), Behaviour::status(200)),
        (
            "cut",
            Behaviour::sse().body("event: features\ndata: [{").close(Closing::Rst),
            Behaviour::half_head(),
        ),
    ];
    let upstream = upstream();
    let relay = options_for(&upstream).configure(|config| config.limits.head = BRIEF);
    let relay = Relay::ready(relay).await;
    let client = relay.client(&upstream.client_key()).await;
    let mut stream = Stream::open(relay.address, &upstream.server_key(), "").await;
    stream.until("features").await;
    for (round, (name, streams, polls)) in wrong.into_iter().enumerate() {
        let body = relay.poll(&upstream.client_key()).await.body;
        upstream.behave_on(Route::Stream, streams);
        upstream.behave_on(Route::Poll, polls);
        upstream.close_connections(Closing::Rst);
        // Waits for two attempts, because the first problem may be that of the cut connection.
        let before = relay.upstream().client.unwrap().requests;
        let look = || async { relay.upstream().client.unwrap().requests >= before + 2 };
        wait_until_async(name, look).await;
        until_problem(&relay, |problem| problem.is_some()).await;
        assert_eq!(relay.poll(&upstream.client_key()).await.body, body, "{name}");
        assert_eq!(relay.upstream().state, UpstreamState::Serving, "{name}");
        assert_eq!(relay.get("/health/readiness").await.status, 200, "{name}");
        let late = relay.client(&upstream.client_key()).await;
        assert_eq!(late.string("COLOUR").as_deref(), Some("red"), "{name}");

        upstream.behave(Behaviour::healthy());
        upstream.set_value("ROUND", round);
        upstream.close_connections(Closing::Rst);
        sees(&client, |client| client.number("ROUND") == Some(round as f64)).await;
        let event = stream.next().await.unwrap();
        assert_eq!((event.name.as_str(), &event.json()["value"]), ("feature", &json!(round)));
    }
    assert_eq!(client.status().requests, 1, "no client was cut");
}

/// A cache between the two Edges may confuse keys.
#[tokio::test(flavor = "multi_thread")]
async fn features_of_another_environment_are_refused() {
    const OTHER: &str = "99999999-122b-4312-9ea8-06b2b8d6ceac";
    let (log, upstream) = (Log::capture(), upstream());
    let relay = Relay::ready(options_for(&upstream)).await;
    let client = relay.client(&upstream.client_key()).await;
    let body = relay.poll(&upstream.client_key()).await.body;
    let foreign = |key: &str| {
        json!({"id": "99999999-0000-4000-8000-000000000000", "key": key, "version": 99, "type": "STRING",
            "value": "not ours", "environmentId": OTHER})
    };
    upstream.push_event("feature", &foreign("COLOUR").to_string());
    upstream.push_event("features", &json!([foreign("SECRET")]).to_string());
    until_problem(&relay, |problem| problem == Some(&Problem::NoEnvironments)).await;
    // The same for polls.
    let other = json!([{"id": OTHER, "features": [foreign("COLOUR"), foreign("SECRET")]}]);
    upstream.behave_on(Route::Stream, Behaviour::status(501));
    upstream.behave_on(Route::Poll, Behaviour::status(200).json(&other));
    let refused = || relay.upstream().client.unwrap().foreign_features;
    wait_until_async("refused", || async { refused() >= 4 }).await;
    assert_eq!(relay.poll(&upstream.client_key()).await.body, body);
    assert_eq!(relay.upstream().state, UpstreamState::Serving);
    let text = relay.get("/metrics").await.body;
    let figure = text.lines().find(|line| line.starts_with("fh_edge_upstream_foreign_features{"));
    let count: u64 = figure.unwrap().rsplit_once(' ').unwrap().1.parse().unwrap();
    assert!(count >= 4, "{text}");
    let text = log.text();
    for line in [
        "features in a list or event of another environment: 1",
        "environments that no API key of the client may read: 1",
    ] {
        assert!(text.contains(line), "{text}");
    }
    upstream.behave(Behaviour::healthy());
    upstream.set_value("COLOUR", "blue");
    sees(&client, |client| client.string("COLOUR").as_deref() == Some("blue")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_arrives_slowly_is_served_when_complete() {
    let upstream = upstream();
    let slowly = Behaviour::sse()
        .ack()
        .drip(1, Duration::from_millis(1))
        .features()
        .wait_for_signal("go")
        .live();
    upstream.behave_on(Route::Stream, slowly);
    let relay = Relay::start(options_for(&upstream)).await;
    let mut stream = Stream::open(relay.address, &upstream.client_key(), "").await;
    let polled = async {
        let mut reply = relay.poll(&upstream.client_key()).await;
        wait_until_async("a complete list", async || {
            reply = relay.poll(&upstream.client_key()).await;
            reply.status != 503
        })
        .await;
        reply
    };
    let (polled, streamed) = tokio::join!(polled, stream.until("features"));
    assert_eq!((polled.status, &polled.json()[0]["features"]), (200, &streamed.json()));
    assert_eq!(streamed.json().as_array().unwrap().len(), 2);
    upstream.set_value("COLOUR", "blue");
    upstream.signal("go");
    assert_eq!(stream.next().await.unwrap().json()["value"], "blue");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_at_first_contact() {
    let upstream = upstream();
    upstream.behave(Behaviour::status(404));
    let relay = Relay::start(options_for(&upstream)).await;
    let mut waiting = Stream::open(relay.address, &upstream.client_key(), "").await;
    assert_eq!(
        waiting.until("failure").await.json()["status"],
        "Unrecognized API key. Please stop requesting."
    );
    assert_eq!(waiting.any().await, None);
    assert_eq!(relay.upstream().state, UpstreamState::Refused);
    assert_eq!(relay.upstream().client.unwrap().problem, Some(Problem::NotFound));
    for key in [upstream.client_key(), upstream.server_key()] {
        assert_eq!(relay.poll(&key).await.status, 404);
        assert_eq!(
            Stream::open(relay.address, &key, "").await.next().await.unwrap().name,
            "failure"
        );
    }
    // Readiness does not wait for a refused key.
    assert_eq!(relay.get("/health/readiness").await.status, 200);
    // The key is created upstream: it is served without a restart.
    upstream.behave(Behaviour::healthy());
    wait_until_async("served", || async { relay.poll(&upstream.client_key()).await.status == 200 })
        .await;
    assert_eq!(relay.upstream().state, UpstreamState::Serving);
    // An accepted key stays valid after a single refusal.
    upstream.behave_on(Route::Stream, Behaviour::sse().ack().failure().close(Closing::Fin));
    upstream.end_streams();
    until_problem(&relay, |problem| matches!(problem, Some(Problem::Failure(_)))).await;
    assert_eq!(relay.poll(&upstream.server_key()).await.status, 200);
    assert_eq!(
        Stream::open(relay.address, &upstream.client_key(), "").await.next().await.unwrap().name,
        "features"
    );
}

/// Failures of the upstream Edge that say nothing about the key do not make the key unknown.
#[tokio::test(flavor = "multi_thread")]
async fn failures_are_not_refusals() {
    for trouble in [
        Behaviour::status(500),
        Behaviour::status(400),
        // An Edge never sends these statuses to readers, so they come from a proxy or a firewall.
        Behaviour::status(401),
        Behaviour::status(403).header("content-type", "text/html").body("Blocked"),
        Behaviour::status(200).header("content-type", "text/html").body("Log in"),
        Behaviour::sse().ack().event("features", "7").hang(),
    ] {
        let upstream = upstream();
        upstream.behave(trouble);
        let relay = Relay::start(options_for(&upstream)).await;
        until_problem(&relay, |problem| problem.is_some()).await;
        assert_eq!(relay.poll(&upstream.client_key()).await.status, 503);
        assert_eq!(relay.get("/health/readiness").await.status, 503);
    }
}

/// A relay retries sooner than a client, because a proxy in front of the upstream Edge may have given the answer for a short time only.
#[tokio::test(flavor = "multi_thread")]
async fn status_400_at_first_contact() {
    let upstream = upstream();
    upstream.behave(Behaviour::status(400));
    let mut limits = RelayLimits::default();
    (limits.refused_for, limits.first_answer) =
        (Duration::from_millis(100), Duration::from_millis(20));
    let lone = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/lone-key";
    let keys = fh_edge::origin::relay::RelayKeys::server(lone);
    let relay = Relay::start(options_for(&upstream).keys(keys).limits(limits)).await;
    let mut streams = Vec::new();
    for key in [upstream.client_key(), upstream.server_key(), lone.to_string()] {
        streams.push(Stream::open(relay.address, &key, "").await);
    }
    seen(&upstream, |recording| recording.count(Route::Stream) >= 4);
    assert_eq!(relay.poll(&upstream.client_key()).await.status, 503);
    assert_eq!(relay.poll(lone).await.status, 503);
    upstream.behave(Behaviour::healthy());
    for stream in &mut streams {
        assert_eq!(stream.until("features").await.json()[0]["value"], "red");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_while_upstream_is_unreachable() {
    let folder = Folder::new();
    let upstream = upstream();
    let options = || options_for(&upstream).snapshot_folder(folder.file("deep"));
    let relay = Relay::ready(options()).await;
    let mut stream = Stream::open(relay.address, &upstream.client_key(), "").await;
    stream.until("features").await;
    // Files are not written after each change. The latest state is written at the shutdown.
    upstream.set_value("FLAG", false);
    assert_eq!(stream.next().await.unwrap().json()["value"], false);
    let body = relay.poll(&upstream.client_key()).await.body;
    upstream.kill();
    relay.handle.say_bye(Duration::ZERO).await;

    let relay = Relay::ready(options()).await;
    assert_eq!(relay.poll(&upstream.client_key()).await.body, body);
    assert_eq!(relay.feature(&upstream.server_key(), "", "COLOUR").await.unwrap()["value"], "red");
    let client = relay.client(&upstream.client_key()).await;
    let status = relay.upstream();
    assert_eq!(status.state, UpstreamState::Serving);
    assert!(status.client.unwrap().data_age.is_some());
    // The features are served even if the upstream Edge then answers 404, which may be an outage (edge-protocol 2.5).
    upstream.behave(Behaviour::status(404));
    upstream.listen_again().unwrap();
    until_problem(&relay, |problem| problem == Some(&Problem::NotFound)).await;
    assert_eq!(relay.poll(&upstream.client_key()).await.body, body);
    upstream.set_value("COLOUR", "blue");
    upstream.behave(Behaviour::healthy());
    sees(&client, |client| client.string("COLOUR").as_deref() == Some("blue")).await;
    // Another key does not get the features of the folder.
    relay.handle.say_bye(Duration::ZERO).await;
    let other = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/other*key";
    upstream.refuse();
    upstream.close_connections(Closing::Fin);
    let keys = fh_edge::origin::relay::RelayKeys::client(other);
    let relay = Relay::start(
        crate::support::options(&upstream.url()).keys(keys).snapshot_folder(folder.file("deep")),
    )
    .await;
    until_problem(&relay, |problem| problem.is_some()).await;
    assert_eq!(relay.poll(other).await.status, 503);
    let files: Vec<String> = std::fs::read_dir(folder.file("deep"))
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert!(!files.is_empty() && files.iter().all(|text| !text.contains("SideSecret")));
}

/// A file that cannot be read counts as missing, and is written again.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_snapshot() {
    let log = Log::capture();
    let folder = Folder::new();
    let upstream = upstream();
    let options = || options_for(&upstream).snapshot_folder(folder.path());
    let relay = Relay::ready(options()).await;
    relay.handle.say_bye(Duration::ZERO).await;
    let files = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
    let snapshots = files.filter(|file| file.extension().is_some_and(|kind| kind == "json"));
    let [file] = <[_; 1]>::try_from(snapshots.collect::<Vec<_>>()).unwrap();
    let whole = std::fs::read_to_string(&file).unwrap();
    for damage in [whole.get(..whole.len() / 2).unwrap(), "", "[]", "\0"] {
        std::fs::write(&file, damage).unwrap();
        upstream.refuse();
        let relay = Relay::start(options()).await;
        until_problem(&relay, |problem| problem.is_some()).await;
        assert_eq!(relay.poll(&upstream.client_key()).await.status, 503, "{damage}");
        upstream.listen_again().unwrap();
        relay.until_ready().await;
        relay.handle.say_bye(Duration::ZERO).await;
        let made = std::fs::read_to_string(&file).unwrap();
        assert!(made.contains("COLOUR"), "{made}");
    }
    let text = log.text();
    let told = text.lines().filter(|line| {
        line.contains("snapshot was not used: the file cannot be read")
            && line.contains(&upstream.url())
    });
    assert_eq!(told.count(), 4, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_is_passed_on_and_checked_again() {
    let upstream = upstream();
    let stale = Behaviour::sse().ack().features().config(&json!({"edge.stale": true})).hang();
    upstream.behave_on(Route::Stream, stale);
    let mut limits = RelayLimits::default();
    limits.stale_for = Duration::ZERO;
    let relay = Relay::ready(options_for(&upstream)).await;
    let look = || async { relay.poll(&upstream.client_key()).await.status == 236 };
    wait_until_async("stale", look).await;
    let mut stream = Stream::open(relay.address, &upstream.client_key(), "").await;
    assert_eq!(stream.until("features").await.json().as_array().unwrap().len(), 2);
    assert_eq!(stream.next().await.unwrap().json(), json!({"edge.stale": true}));
    assert_eq!(relay.upstream().client.unwrap().connection, Connection::Halted);
    assert_eq!(upstream.recording().count(Route::Stream), 1, "no request within ten minutes");

    let relay = Relay::ready(options_for(&upstream).limits(limits)).await;
    let look = || async { relay.poll(&upstream.client_key()).await.status == 236 };
    wait_until_async("stale", look).await;
    upstream.behave(Behaviour::healthy());
    // A request that was in progress before is still answered with stale, so the test polls again.
    let look = || async {
        let is_fresh = relay.poll(&upstream.client_key()).await.status == 200;
        is_fresh && upstream.recording().live_streams() == 1
    };
    wait_until_async("in use again", look).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_share_one_connection() {
    let upstream = upstream();
    let relay = Relay::ready(options_for(&upstream)).await;
    let keys = [upstream.client_key(), upstream.server_key()];
    let mut streams = Vec::new();
    for number in 0..200 {
        let context = format!("userkey=user-{number}");
        let mut stream = Stream::open(relay.address, &keys[number % 2], &context).await;
        stream.until("features").await;
        streams.push(stream);
    }
    assert_eq!(relay.handle.streams(), 200);
    upstream.set_value("COLOUR", "blue");
    for stream in &mut streams {
        assert_eq!(stream.next().await.unwrap().json()["value"], "blue");
    }
    let recording = upstream.recording();
    assert_eq!((recording.open_connections(), recording.live_streams()), (1, 1));
    assert_eq!((recording.connections.len(), recording.requests.len()), (1, 1));
}
