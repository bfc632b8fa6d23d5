//! Metrics and status of upstream connections.

use fh_client::Problem;
use fh_edge::origin::relay::{RelayKeys, UpstreamRole, UpstreamState};
use fh_test_servers::featurehub::{FakeEdge, Feature};

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
