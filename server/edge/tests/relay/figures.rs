//! Metrics and status of upstream connections.

use fh_client::Problem;
use fh_edge::origin::relay::{RelayKeys, UpstreamRole, UpstreamState};
use fh_edge::{Edge, Options};
use fh_test_servers::featurehub::{FakeEdge, Feature};
use serde_json::json;

use crate::support::{Relay, options, wait_until_async};

#[tokio::test(flavor = "multi_thread")]
async fn metrics_and_status() {
    let upstream = FakeEdge::start().unwrap();
    upstream.set_feature(Feature::string("COLOUR", "red"));
    let keys = options(&upstream.url())
        .keys(RelayKeys::client(upstream.client_key()).named("web"))
        .keys(RelayKeys::server(upstream.server_key()).named("app"));
    let relay = Relay::ready(keys).await;
    assert_eq!(relay.poll_for(&upstream.server_key(), "userkey=fred").await.status, 200);
    let id = "environment=\"71ed3c04-122b-4312-9ea8-06b2b8d6ceac\",name=\"web\"";
    let text = relay.get("/metrics").await.body;
    for line in [
        "fh_edge_ready 1".to_string(),
        format!("fh_edge_upstream_serving{{{id}}} 1"),
        format!("fh_edge_upstream_connected{{{id}}} 1"),
        format!("fh_edge_upstream_stale{{{id}}} 0"),
        format!("fh_edge_upstream_requests{{{id}}} 1"),
        "fh_edge_upstream_contexts{state=\"serving\"} 1".to_string(),
        format!("fh_edge_features{{{id}}} 1"),
    ] {
        assert!(text.lines().any(|each| each == line), "{line} in\n{text}");
    }
    for start in ["contact_age", "data_age"] {
        assert!(text.contains(&format!("fh_edge_upstream_{start}_seconds{{{id}}} ")), "{text}");
    }
    assert!(!text.contains("fh_edge_upstream_problem{"));
    let status = relay.handle.upstreams();
    assert_eq!((status[0].role, status[0].state), (UpstreamRole::Keys, UpstreamState::Serving));
    let client = status[0].client.as_ref().unwrap();
    assert!(
        client.problem.is_none() && client.since_contact.is_some() && client.data_age.is_some()
    );
    assert_eq!((status[1].role, status[1].attributes), (UpstreamRole::Context, 1));

    upstream.kill();
    let look = || async {
        matches!(
            relay.handle.upstreams()[0].client.as_ref().unwrap().problem,
            Some(Problem::Unreachable(_))
        )
    };
    wait_until_async("unreachable", look).await;
    let text = relay.get("/metrics").await.body;
    for line in [
        format!("fh_edge_upstream_serving{{{id}}} 1"),
        format!("fh_edge_upstream_connected{{{id}}} 0"),
        format!("fh_edge_upstream_problem{{{id},problem=\"unreachable\"}} 1"),
        "fh_edge_ready 1".to_string(),
    ] {
        assert!(text.lines().any(|each| each == line), "{line} in\n{text}");
    }
}

/// As without a relay, the answers of all environments share one limit, so those of one environment evict those of another.
#[tokio::test(flavor = "multi_thread")]
async fn environments_share_the_memory_for_answers() {
    let ids = ["71ed3c04-122b-4312-9ea8-06b2b8d6cea1", "71ed3c04-122b-4312-9ea8-06b2b8d6cea2"];
    let rule = json!({"fieldName": "a", "type": "STRING", "conditional": "INCLUDES", "values": ["needle"]});
    let value = json!({"value": false, "version": 1, "strategies": [{"id": "s", "value": true, "attributes": [rule]}]});
    let environments =
        ids.map(|id| json!({"id": id, "name": id, "values": {"FOUND": value.clone()}}));
    let accounts = ids.map(|id| {
        json!({"name": id, "clientKey": [format!("client*{id}")], "serverKey": [format!("server-{id}")],
            "permissions": {id: ["READ"]}})
    });
    let state = json!({
        "features": [{"id": "9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b", "key": "FOUND", "type": "BOOLEAN"}],
        "environments": environments, "accounts": accounts
    });
    let upstream = Edge::builder().state(serde_json::from_value(state).unwrap()).build().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, router) = (listener.local_addr().unwrap(), upstream.router());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let server_key = |id: &str| format!("{id}/server-{id}");
    let relayed = ids.iter().fold(options(&format!("http://{address}")), |relayed, id| {
        relayed.keys(RelayKeys::pair(format!("{id}/client*{id}"), server_key(id)))
    });
    let mut options = Options::default();
    options.evaluation_budget = 3000;
    options.answer_cache = 100_000;
    let relay = Relay::start_with(relayed, options).await;
    relay.until_ready().await;
    for id in [ids[0], ids[1], ids[0]] {
        // Each evaluation takes more than a tenth of the budget, so it is counted unless its answer is cached. Each answer takes more than
        // 500 bytes.
        for user in 0..100 {
            let context = format!("a={user}{}", "x".repeat(100));
            assert_eq!(relay.poll_for(&server_key(id), &context).await.status, 200);
        }
    }
    let text = relay.get("/metrics").await.body;
    let mut moved = text.lines().filter_map(|line| {
        line.strip_prefix("fh_edge_evaluations_moved_total ")?.parse::<u32>().ok()
    });
    assert!(moved.next().is_some_and(|moved| moved > 250), "{text}");
}
