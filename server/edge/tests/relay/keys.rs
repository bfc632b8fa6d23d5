//! Keys and headers that change while a relay runs, as after a change of their file.

use fh_edge::origin::relay::{RelayError, RelayKeys, RelayOptions, UpstreamRole};
use fh_test_servers::featurehub::{Closing, ENVIRONMENT, FakeEdge, Feature, Route};

use crate::http::request;
use crate::stream::Stream;
use crate::support::{Relay, options, options_for, wait_until_async};

fn upstream() -> FakeEdge {
    let upstream = FakeEdge::start().unwrap();
    upstream.replace_all([Feature::string("COLOUR", "red")]);
    upstream
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_added_and_removed_without_a_restart() {
    let upstream = upstream();
    let (client, server) = (upstream.client_key(), upstream.server_key());
    let relay = Relay::ready(options(&upstream.url()).keys(RelayKeys::client(&client))).await;
    assert_eq!(relay.poll(&client).await.status, 200);
    assert_eq!(relay.poll(&server).await.status, 404);
    let mut stream = Stream::open(relay.address, &client, "").await;
    stream.until("features").await;

    // The other key of the pair is added: the stream ends with bye, and both keys share one connection.
    let pair = RelayKeys::pair(&client, &server);
    relay.handle.set_relay_keys(std::slice::from_ref(&pair)).unwrap();
    stream.until("bye").await;
    wait_until_async("the other key of the pair", || async {
        relay.poll(&server).await.status == 200
    })
    .await;
    assert_eq!(relay.handle.upstreams().len(), 1);

    // Invalid keys change nothing.
    let wrong = relay.handle.set_relay_keys(&[pair.clone(), RelayKeys::client(&client)]);
    assert!(matches!(wrong, Err(RelayError::Twice(2))), "{wrong:?}");
    assert!(matches!(relay.handle.set_relay_keys(&[]), Err(RelayError::NoKeys)));
    assert_eq!(relay.poll(&client).await.status, 200);

    // The client-evaluated key is removed, and is still served for five seconds. The server-evaluated key remains.
    let mut stream = Stream::open(relay.address, &client, "").await;
    stream.until("features").await;
    relay.handle.set_relay_keys(&[RelayKeys::server(&server)]).unwrap();
    assert_eq!(relay.poll(&client).await.status, 200);
    relay.handle.set_relay_keys(std::slice::from_ref(&pair)).unwrap();
    upstream.set_value("COLOUR", "blue");
    stream.until("feature").await;

    // Both keys are removed.
    let other = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac/other*key";
    relay.handle.set_relay_keys(&[RelayKeys::client(other)]).unwrap();
    assert_eq!(relay.poll(&client).await.status, 200);
    stream.until("failure").await;
    for key in [&client, &server] {
        wait_until_async("revoked", || async { relay.poll(key).await.status == 404 }).await;
    }
    assert_eq!(relay.handle.upstreams().len(), 1);
}

/// If one key of a pair is removed, the connection of the pair ends five seconds later. The other key continues on a connection of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_paired_key_is_removed_is_not_revoked() {
    let upstream = upstream();
    let (client, server) = (upstream.client_key(), upstream.server_key());
    let relay = Relay::ready(options_for(&upstream)).await;
    let mut of_server = Stream::open(relay.address, &server, "").await;
    of_server.until("features").await;
    relay.handle.set_relay_keys(&[RelayKeys::server(&*server)]).unwrap();
    of_server.until("bye").await;
    wait_until_async("revoked", || async { relay.poll(&client).await.status == 404 }).await;
    wait_until_async("served", || async { relay.poll(&server).await.status == 200 }).await;
}

/// A removed server-evaluated key stays valid for five seconds (D-104), also if its paired client-evaluated key remains.
#[tokio::test(flavor = "multi_thread")]
async fn a_removed_paired_key_is_revoked_after_the_delay() {
    let upstream = upstream();
    let (client, server) = (upstream.client_key(), upstream.server_key());
    let relay = Relay::ready(options_for(&upstream)).await;
    let mut of_server = Stream::open(relay.address, &server, "").await;
    of_server.until("features").await;
    relay.handle.set_relay_keys(&[RelayKeys::client(&*client)]).unwrap();
    assert_eq!(relay.poll(&server).await.status, 200);

    // The key comes back in time: its stream stays open.
    relay.handle.set_relay_keys(&[RelayKeys::pair(&*client, &*server)]).unwrap();
    upstream.set_value("COLOUR", "blue");
    assert_eq!(of_server.next().await.unwrap().name, "feature");
    assert_eq!(relay.handle.upstreams().len(), 1);

    relay.handle.set_relay_keys(&[RelayKeys::client(&*client)]).unwrap();
    upstream.set_value("COLOUR", "green");
    assert_eq!(of_server.next().await.unwrap().name, "feature");
    wait_until_async("revoked", || async {
        assert_eq!(relay.poll(&client).await.status, 200);
        relay.poll(&server).await.status == 404
    })
    .await;
    of_server.until("bye").await;
    assert_eq!(relay.handle.upstreams().len(), 1);
}

/// New headers are sent with every later request upstream: by running clients, by later clients, and with changes.
#[tokio::test(flavor = "multi_thread")]
async fn headers_change_without_a_restart() {
    let upstream = FakeEdge::start().unwrap();
    upstream.set_feature(Feature::string("COLOUR", "red"));
    let lone = format!("{ENVIRONMENT}/lone-server-key");
    let told = options_for(&upstream).keys(RelayKeys::server(&*lone)).header("x-token", "one");
    let relay = Relay::ready(told).await;
    relay.poll_for(&lone, "userkey=fred").await;
    let headers = |token: &str| vec![("x-token".to_string(), token.to_string())];
    let tokens = |from: usize| {
        let seen = upstream.recording();
        let requests = seen.requests.iter().skip(from);
        let tokens = requests.map(|seen| {
            (seen.request.route, seen.request.header("x-token").unwrap_or_default().to_string())
        });
        tokens.collect::<Vec<_>>()
    };
    assert!(tokens(0).iter().all(|(_, token)| token == "one"), "{:?}", tokens(0));
    // A header that cannot be sent changes nothing.
    let wrong = relay.handle.set_relay_headers(&headers("two\n")).unwrap_err().to_string();
    assert!(wrong.contains("x-token") && !wrong.contains("two"), "{wrong}");
    relay.handle.set_relay_headers(&headers("three")).unwrap();
    assert_eq!(relay.feature(&upstream.client_key(), "", "COLOUR").await.unwrap()["value"], "red");
    let before = tokens(0).len();
    upstream.close_connections(Closing::Rst);
    relay.poll_for(&lone, "userkey=sue").await;
    let json = [("content-type", "application/json")];
    let path = format!("/features/{}/COLOUR", upstream.client_key());
    request(relay.address, "PUT", &path, &json, r#"{"value":"blue"}"#).await;
    let streams = |tokens: &[(Route, String)]| {
        tokens.iter().filter(|(route, _)| *route == Route::Stream).count()
    };
    // The streams of the pair, of the first context and of the second one.
    wait_until_async("three streams", || async { streams(&tokens(before)) >= 3 }).await;
    let after = tokens(before);
    assert!(after.iter().any(|(route, _)| *route == Route::Put), "{after:?}");
    assert!(after.iter().all(|(_, token)| token == "three"), "{after:?}");
}

/// New names of keys apply at once. The upstream connections and the streams of clients continue.
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_renamed_without_a_new_connection() {
    let upstream = upstream();
    let (client, server) = (upstream.client_key(), upstream.server_key());
    let lone = format!("{ENVIRONMENT}/lone-server-key");
    let named = |pair: &str, alone: &str| {
        [RelayKeys::pair(&client, &server).named(pair), RelayKeys::server(&*lone).named(alone)]
    };
    let told = named("one", "two").into_iter().fold(options(&upstream.url()), RelayOptions::keys);
    let relay = Relay::ready(told).await;
    let mut streams = Vec::new();
    for key in [&client, &server, &lone] {
        let mut stream = Stream::open(relay.address, key, "userkey=fred").await;
        stream.until("features").await;
        streams.push(stream);
    }
    let names = || {
        let all = relay.handle.upstreams();
        let name = |role| all.iter().find(|each| each.role == role).unwrap().name.to_string();
        (name(UpstreamRole::Keys), name(UpstreamRole::Context))
    };
    assert_eq!(names(), ("one".to_string(), "two".to_string()));
    let requests = upstream.recording().requests.len();

    relay.handle.set_relay_keys(&named("two", "one")).unwrap();
    assert_eq!(names(), ("two".to_string(), "one".to_string()));
    let metrics = relay.get("/metrics").await.body;
    for metric in ["fh_edge_upstream_serving{", "fh_edge_features{"] {
        let mut lines = metrics.lines().filter(|line| line.starts_with(metric));
        assert!(lines.next().is_some_and(|line| line.contains("name=\"two\"")), "{metrics}");
        assert_eq!(lines.next(), None);
    }
    // A key that is removed keeps its connection for five seconds, also if it comes back with another name.
    relay.handle.set_relay_keys(&named("two", "one")[1..]).unwrap();
    relay.handle.set_relay_keys(&named("three", "four")).unwrap();
    assert_eq!(names(), ("three".to_string(), "four".to_string()));

    upstream.set_value("COLOUR", "blue");
    for stream in &mut streams {
        assert_eq!(stream.next().await.unwrap().name, "feature");
    }
    assert_eq!(upstream.recording().requests.len(), requests);
    for key in [&client, &server, &lone] {
        assert_eq!(relay.feature(key, "userkey=fred", "COLOUR").await.unwrap()["value"], "blue");
    }
    assert_eq!(names(), ("three".to_string(), "four".to_string()));
}
