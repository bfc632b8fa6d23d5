//! Metrics for Prometheus.

use fh_edge::Options;

use crate::http::request;
use crate::shop::{CLIENT_KEY, ENVIRONMENT, WRITER_KEY, serve, state};

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_results_are_counted() {
    let (address, _) = serve(state(), Options::default()).await;
    let poll = format!("/features?apiKey={CLIENT_KEY}");
    let first = request(address, "GET", &poll, &[], "").await;
    let etag = first.header("etag").unwrap().to_string();
    request(address, "GET", &poll, &[("if-none-match", &etag)], "").await;
    request(address, "GET", "/features?apiKey=nonsense", &[], "").await;
    let nobodys = format!("/features/{ENVIRONMENT}/nobodys");
    assert!(request(address, "GET", &nobodys, &[], "").await.body.contains("event: failure"));
    let put = format!("/features/{WRITER_KEY}/BANNER");
    let json = [("content-type", "application/json")];
    assert_eq!(request(address, "PUT", &put, &json, r#"{"value":"x"}"#).await.status, 412);
    let text = request(address, "GET", "/metrics", &[], "").await.body;
    for line in [
        "edge_stat_hitsource_poll_total 3",
        "edge_stat_hitsource_eventsource_total 1",
        "edge_stat_hitsource_testsdk_total 1",
        "edge_stat_result_success_total 1",
        "edge_stat_result_no_change_total 1",
        "edge_stat_result_missed_total 2",
        "edge_stat_result_update_nonsense_total 1",
        "edge_get_inflight_requests 0",
        "edge_sse_active_connections 0",
        "edge_conn_length_poll_count 3",
        "response_4xx_total 2",
        "fh_edge_ready 1",
    ] {
        assert!(text.lines().any(|each| each == line), "{line} in\n{text}");
    }
    assert!(text.contains(
        "fh_edge_features{environment=\"71ed3c04-122b-4312-9ea8-06b2b8d6ceac\",name=\"dev\"} 3"
    ));
    let bytes =
        "fh_edge_answer_bytes{environment=\"71ed3c04-122b-4312-9ea8-06b2b8d6ceac\",name=\"dev\"} ";
    let bytes = text.lines().find_map(|line| line.strip_prefix(bytes)).unwrap();
    let poll = format!("/features?apiKey={CLIENT_KEY}");
    let poll = request(address, "GET", &poll, &[], "").await.body.len();
    // An answer also has the id of the environment.
    assert!((poll - 100..poll).contains(&bytes.parse().unwrap()), "{bytes} of {poll}");
    assert!(!text.contains("reader") && !text.contains("writer"), "a key in\n{text}");
}
